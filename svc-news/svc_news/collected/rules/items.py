"""Items of a feed as they are kept: one key each, plain words, a link that is safe to follow."""

import hashlib
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from urllib.parse import urljoin, urlsplit

from svc_news.collected.rules.dates import read_moment
from svc_news.collected.rules.encoding import decode
from svc_news.collected.rules.entry import Document, Entry, Unreadable
from svc_news.collected.rules.json_feed import read_json
from svc_news.collected.rules.texts import LONGEST_EXCERPT, LONGEST_TITLE, cut, plain
from svc_news.collected.rules.xml import read_xml

MOST_ITEMS = 200
_LONGEST_LINK = 2_000
_MADE_TITLE = 80


@dataclass(frozen=True, slots=True)
class Item:
    """`published_at` is None where the feed gives no date that can be: then first sight counts."""

    key: str
    title: str
    excerpt: str
    link: str
    published_at: datetime | None

    @property
    def digest(self) -> str:
        """What a change is known by; the date is not in it, for many feeds say "now" each time."""
        return hashlib.sha256("\x00".join((self.title, self.excerpt, self.link)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest items, newest first, and how many entries there were in all."""

    items: tuple[Item, ...]
    entries: int


def read_feed(body: bytes, charset: str | None, url: str, zone: tzinfo, now: datetime) -> Reading:
    """RSS, Atom or JSON Feed, at most the 200 newest items; Unreadable if the bytes are none of these.

    `charset` is what HTTP said; `url` what relative links belong to; `zone` that of dates without one.
    Entries without words or a link to follow are left out. Takes up to a second: not for the event loop.
    """
    text = decode(body, charset)
    head = text.lstrip("\ufeff \t\r\n")[:1]
    if head not in ("<", "{"):
        raise Unreadable("not_a_feed" if head else "empty")
    document = read_xml(text) if head == "<" else read_json(text)
    often = Counter(guid for guid, _ in {(entry.guid, entry.link) for entry in document.entries})
    repeated = {guid for guid, links in often.items() if links > 1}
    found: dict[str, Item] = {}
    for item in _newest_first(document, repeated, url, zone, now):
        found.setdefault(item.key, item)
        if len(found) == MOST_ITEMS:
            break
    return Reading(tuple(found.values()), len(document.entries))


def _newest_first(
    document: Document, repeated: Container[str], url: str, zone: tzinfo, now: datetime
) -> Iterator[Item]:
    """Entries without a date stand where they would if they were new: feeds begin with the newest."""
    dates = [read_moment(entry.date, zone, now) if entry.date else None for entry in document.entries]
    order = sorted(range(len(dates)), key=lambda n: dates[n] or now, reverse=True)
    home = safe_link(document.home, url)
    for n in order:
        entry = document.entries[n]
        link = _link(entry, home, url)
        excerpt = plain(entry.summary, LONGEST_EXCERPT) or plain(entry.content, LONGEST_EXCERPT)
        title = plain(entry.title, LONGEST_TITLE) or cut(excerpt, _MADE_TITLE)
        if link and title:
            key = _key(entry, link if link != home else "", title, repeated)
            yield Item(key, title, "" if excerpt == title else excerpt, link, dates[n])


def safe_link(link: str, base: str) -> str:
    """The absolute http(s) address, or nothing: no script, no data, no name or password, nothing unseen."""
    try:
        parts = urlsplit(urljoin(base, link.strip())) if link.strip() else None
        usable = parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return ""
    if parts is None or not usable or "@" in parts.netloc:
        return ""
    whole = parts.geturl().replace(" ", "%20")
    return whole if len(whole) <= _LONGEST_LINK and whole.isprintable() else ""


def _link(entry: Entry, home: str, url: str) -> str:
    """Its own link, or a guid that is one, or the feed's home page: an item always leads to its source."""
    base = entry.base or home or url
    own = safe_link(entry.link, urljoin(url, base))
    return own or (safe_link(entry.guid, url) if _is_address(entry.guid) else "") or home


def _is_address(guid: str) -> bool:
    return guid.startswith(("http://", "https://"))


def _key(entry: Entry, link: str, title: str, repeated: Container[str]) -> str:
    """By its guid; without one (or with one that others have too) by its link, else by title and date."""
    if entry.guid and entry.guid not in repeated:
        kind, value = "guid", entry.guid
    elif link:
        kind, value = "link", link
    else:
        kind, value = "text", f"{title}\x00{entry.date}"
    return hashlib.sha256(f"{kind}\x00{value}".encode("utf-8", "replace")).hexdigest()
