"""What a feed must and should be: the documented rules of the W3C Feed Validation Service, applied.

Sources: RFC 4287 (Atom) 4.1–4.2, RSS 2.0 (rssboard.org), the RSS Advisory Board's best practices, and the
validator's catalogue of errors and warnings (validator.w3.org/feed/docs): the schema of each format in
`schemas/`, required elements, dates that can be, absolute ids and links, self link, no duplicate ids, guid
rules, no relative or dangerous content, well-formed UTF-8 without control characters.
"""

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lxml import etree, html

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
RFC822 = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d ([+-]\d{4}|GMT)")
SCHEMAS = Path(__file__).parent / "schemas"
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
DANGEROUS = {"script", "style", "iframe", "object", "embed", "form", "input", "meta", "link", "base"}


def atom_faults(content: bytes, address: str) -> list[str]:
    """Everything wrong with an Atom feed that was read at `address`."""
    root = _parsed(content)
    if root.tag != f"{ATOM}feed":
        return [f"root is {root.tag}"]
    faults = [*_of_schema(root, "atom"), *_characters(content)]
    faults += [*_required(root, "feed"), *_links(root, address)]
    entries = root.findall(f"{ATOM}entry")
    for entry in entries:
        faults += _entry_faults(entry, root)
    for path in (f"{ATOM}author", f"{ATOM}entry/{ATOM}author"):
        faults += ["an author has no name" for a in root.findall(path) if not a.findtext(f"{ATOM}name")]
    faults += ["a category has no term" for c in root.iter(f"{ATOM}category") if not c.get("term")]
    ids = [e.findtext(f"{ATOM}id") for e in [root, *entries]]
    return faults + (["two ids are the same"] if len(ids) != len(set(ids)) else [])


def _entry_faults(entry: Any, root: Any) -> list[str]:
    faults = _required(entry, "entry")
    alternate = [link for link in entry.findall(f"{ATOM}link") if link.get("rel", "alternate") == "alternate"]
    if len(alternate) != 1 or not _absolute(alternate[0].get("href")):
        faults.append("an entry needs one absolute alternate link")
    published, updated = (entry.findtext(f"{ATOM}{name}") or "" for name in ("published", "updated"))
    both = RFC3339.fullmatch(published) and RFC3339.fullmatch(updated)
    if both and datetime.fromisoformat(published) > datetime.fromisoformat(updated):
        faults.append("an entry was updated before it was published")
    if entry.find(f"{ATOM}author") is None and root.find(f"{ATOM}author") is None:
        faults.append("nobody is the author of an entry")
    body = entry.find(f"{ATOM}content")
    return faults + (_content(body.text or "") if body is not None else ["an entry has no content"])


def _required(element: Any, name: str) -> list[str]:
    faults = []
    for part in ("id", "title", "updated"):
        if (
            len(element.findall(f"{ATOM}{part}")) != 1
            or not (element.findtext(f"{ATOM}{part}") or "").strip()
        ):
            faults.append(f"{name} needs one {part}")
    if not re.fullmatch(
        r"(urn:uuid:[0-9a-f-]{36}|https?://\S+|tag:\S+)", element.findtext(f"{ATOM}id") or ""
    ):
        faults.append(f"{name}: the id is no full URI")
    for date in [*element.findall(f"{ATOM}updated"), *element.findall(f"{ATOM}published")]:
        if not RFC3339.fullmatch(date.text or ""):
            faults.append(f"{name}: {date.text} is no RFC 3339 date")
        elif not _plausible(datetime.fromisoformat(date.text or "")):
            faults.append(f"{name}: {date.text} cannot be")
    return faults


def _links(root: Any, address: str) -> list[str]:
    own = [link for link in root.findall(f"{ATOM}link") if link.get("rel") == "self"]
    if [link.get("href") for link in own] != [address]:
        return [f"the self link is not {address}"]
    wrong = [link for link in root.findall(f"{ATOM}link") if not _absolute(link.get("href"))]
    same = {(link.get("rel"), link.get("type"), link.get("hreflang")) for link in root.findall(f"{ATOM}link")}
    doubled = len(same) != len(root.findall(f"{ATOM}link"))
    return (["a link is not absolute"] if wrong else []) + (["two alternates of one type"] if doubled else [])


def rss_faults(content: bytes, address: str) -> list[str]:
    """Everything wrong with an RSS 2.0 feed that was read at `address`."""
    root = _parsed(content)
    channels = root.findall("channel")
    if root.tag != "rss" or root.get("version") != "2.0" or len(channels) != 1:
        return ["no RSS 2.0 with one channel"]
    (channel,) = channels
    faults = [*_of_schema(root, "rss"), *_characters(content)]
    faults += [
        f"channel needs {part}" for part in ("title", "link", "description") if not channel.findtext(part)
    ]
    own = [link.get("href") for link in channel.findall(f"{ATOM}link") if link.get("rel") == "self"]
    faults += [] if own == [address] else [f"the self link is not {address}"]
    if not re.fullmatch(r"[a-z]{2}(-[A-Za-z]{2})?", channel.findtext("language") or ""):
        faults.append("the language has no ISO code")
    items = channel.findall("item")
    for item in items:
        faults += _item_faults(item)
    guids = [item.findtext("guid") for item in items]
    faults += ["two guids are the same"] if len(guids) != len(set(guids)) else []
    dates = [*channel.findall("pubDate"), *channel.findall("lastBuildDate"), *channel.findall("item/pubDate")]
    return faults + [f"{d.text} is no RFC 822 date" for d in dates if not _rfc822(d.text or "")]


def _item_faults(item: Any) -> list[str]:
    faults = [f"an item has {len(item.findall(p))} {p}" for p in ("title", "guid", "pubDate", "link")
              if len(item.findall(p)) != 1]  # fmt: skip
    guid, link = item.find("guid"), item.findtext("link")
    if guid is not None and guid.get("isPermaLink") != "false" and not _absolute(guid.text):
        faults.append("a guid that is a permalink must be an address")
    if not _absolute(link):
        faults.append("an item's link is not absolute")
    if not item.findtext("title") and not item.findtext("description"):
        faults.append("an item needs a title or a description")
    if re.search(r"<[a-z]", item.findtext("title") or ""):
        faults.append("a title contains HTML")
    return faults + _content(item.findtext(CONTENT) or "")


def json_faults(content: bytes, address: str) -> list[str]:
    """Everything wrong with a JSON Feed 1.1 that was read at `address` (jsonfeed.org/version/1.1)."""
    feed = json.loads(content.decode("utf-8"))
    faults = _characters(content)
    faults += [] if feed.get("version") == "https://jsonfeed.org/version/1.1" else ["version"]
    faults += [] if feed.get("feed_url") == address else ["feed_url"]
    faults += [f"{name} is missing" for name in ("title", "items") if name not in feed]
    for item in feed["items"]:
        faults += [] if isinstance(item.get("id"), str) and item["id"] else ["an item has no id"]
        faults += [] if "content_html" in item or "content_text" in item else ["an item has no content"]
        faults += [
            f"{u} is not absolute" for u in (item.get("url"), item.get("image")) if u and not _absolute(u)
        ]
        faults += [
            f"{item[name]} is no date"
            for name in ("date_published", "date_modified")
            if name in item and not RFC3339.fullmatch(item[name])
        ]
        faults += _content(item.get("content_html", ""))
    ids = [item.get("id") for item in feed["items"]]
    return faults + (["two ids are the same"] if len(ids) != len(set(ids)) else [])


def _content(text: str) -> list[str]:
    if not text.strip():
        return ["empty content"]
    faults = []
    for element in html.fragment_fromstring(text, create_parent="div").iter():
        if element.tag in DANGEROUS:
            faults.append(f"<{element.tag}> in content")
        faults += [
            f"{name}= in content" for name in element.attrib if name.startswith("on") or name == "style"
        ]
        if element.get("src") is not None and not _absolute(element.get("src")):
            faults.append("relative picture")
        if element.tag == "img" and not (element.get("alt") or "").strip():
            faults.append("a picture without words")
        href = element.get("href")
        faults += (
            []
            if href is None or _absolute(href) or href.startswith(("mailto:", "tel:", "geo:"))
            else ["relative link"]
        )
    return faults


def _absolute(address: str | None) -> bool:
    parts = urlsplit(address or "")
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _rfc822(text: str) -> bool:
    """Of the right form, a day that is of that weekday, and a moment that can be."""
    if not RFC822.fullmatch(text):
        return False
    moment = parsedate_to_datetime(text)
    return _plausible(moment) and moment.strftime("%a") == text[:3]


def _plausible(moment: datetime) -> bool:
    """The validator's ImplausibleDate; of these tests it is never later than 2026."""
    return datetime(1970, 1, 1, tzinfo=UTC) <= moment < datetime(2027, 1, 1, tzinfo=UTC)


def _parsed(content: bytes) -> Any:
    return etree.fromstring(content, etree.XMLParser(resolve_entities=False))


def _of_schema(root: Any, name: str) -> list[str]:
    """What the schema of the format finds."""
    schema = etree.RelaxNG(etree.parse(SCHEMAS / f"{name}.rng"))
    schema.validate(root)
    return [f"schema: {error.message}" for error in schema.error_log]


def _characters(content: bytes) -> list[str]:
    """UTF-8, and nothing that a reader shows as a box; UnicodeDecodeError for anything else."""
    text = content.decode("utf-8")
    found = UNSEEN.search(text)
    return [f"U+{ord(found[0]):04X} in the feed"] if found else []


__all__ = ["ATOM", "atom_faults", "json_faults", "rss_faults"]
