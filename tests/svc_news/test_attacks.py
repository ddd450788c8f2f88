"""An author who means no good: what she writes must stay text wherever it is read."""

import json
import re
from html.parser import HTMLParser
from time import perf_counter
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

from svc_news.collected.rules.texts import plain
from svc_news.collected.rules.xml import read_xml
from svc_news.markup.rules import to_html
from tests.svc_news.newsroom import Newsroom, article, event

INJECTIONS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<style>*{display:none}</style>",
    "<iframe src=javascript:alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<p onclick=alert(1)>demo",
    "<table><td><math><mtext><mglyph><style><img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox(1))",
    "[x](//jahat.example/a)",
    "[x](\\\\jahat.example)",
    "[x](file:///etc/passwd)",
    '[x](https://jahat.example/" onmouseover="alert(1))',
    "[x](https://jahat.example 'a\" onmouseover=\"alert(1)')",
    "![x](javascript:alert(1))",
    "![x](https://jahat.example/pixel.gif)",
    "<javascript:alert(1)>",
    "[a]: javascript:alert(1)\n\n[x][a]",
    "```<script>\nalert(1)\n",
    "`<script>`",
    "| <script> |\n|---|\n| <img onerror=x> |",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<!--<script>-->",
    "<![CDATA[<script>]]>",
    "# " * 200 + "<b",
    "[" * 3_000 + "x" + "](" * 3_000,
    "> " * 1_500 + "x",
    "*" * 4_000 + "x",
]
_TAGS = frozenset(
    [
        "a",
        "blockquote",
        "br",
        "code",
        "em",
        "h2",
        "h3",
        "h4",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)


class Seen(HTMLParser):
    """What a browser would make of it: each tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One tag."""
        self.tags.append((tag, dict(attrs)))


def harmful(html: str) -> list[str]:
    """Whatever could do more than be read."""
    found = []
    for tag, attributes in Seen(html).tags:
        if tag not in _TAGS or attributes.keys() - {"href", "title", "start", "rel"}:
            found.append(f"{tag} {attributes}")
        scheme = urlsplit((attributes.get("href") or "https:").strip()).scheme
        if scheme not in ("http", "https", "mailto", "tel", "geo"):
            found.append(f"{tag} leads to {attributes['href']}")
    return found


@pytest.mark.parametrize("words", INJECTIONS, ids=[f"{n}: {w[:24]!r}" for n, w in enumerate(INJECTIONS)])
async def test_nothing_an_author_writes_runs_in_a_readers_browser(newsroom: Newsroom, words: str) -> None:
    made = await newsroom.published(title=words[:200].strip(), summary=words[:500], body=words)
    read = await newsroom.read(made["id"])
    assert harmful(read["html"]) == []
    atom = (await newsroom.get("/feeds/news.atom")).content
    rss = (await newsroom.get("/feeds/news.rss")).content
    told = [each.text or "" for form in (atom, rss) for each in ET.fromstring(form).iter()]
    content = [each for each in told if each.lstrip().startswith("<")]
    assert [fault for each in content for fault in harmful(each)] == [] or words.lstrip().startswith("<")
    item = (await newsroom.get("/feeds/news.json")).json()["items"][0]
    assert harmful(item["content_html"]) == []


async def test_linked_data_does_not_break_out_of_the_page_it_is_put_into(newsroom: Newsroom) -> None:
    words = "</script><script>alert(1)</script><!--"
    for kind in ("agenda", "hoax_clarification"):
        made = await newsroom.published(kind=kind, title=words, summary=words, byline=words)
        answer = await newsroom.get(f"/v1/news/articles/{made['id']}.jsonld")
        assert "<" not in answer.text
        assert words in json.dumps(answer.json(), ensure_ascii=False)


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\x85", "\v"], ids=repr)
async def test_no_line_of_a_calendar_is_an_authors(newsroom: Newsroom, end: str) -> None:
    words = f"Demo{end}ATTENDEE:mailto:jahat@contoh.example{end}END:VEVENT{end}BEGIN:VALARM"
    more = {"event": _event(words)}
    answer = await newsroom.post(newsroom.author, "", _agenda(words, **more))
    if answer.status_code == 422:
        return
    made = answer.json()
    await newsroom.act(newsroom.author, made, "submit")
    await newsroom.act(newsroom.editor, made, "publish")
    calendar = (await newsroom.get(f"/v1/news/agenda/events/{made['id']}.ics")).content
    lines = re.split(rb"\r\n|\r|\n", calendar.replace(b"\r\n ", b""))
    assert not [line for line in lines if line.startswith((b"ATTENDEE", b"BEGIN:VALARM"))]
    assert lines.count(b"END:VEVENT") == 1


def _event(words: str) -> dict[str, object]:
    return event(place=words, organiser=words, price=words)


def _agenda(words: str, **more: object) -> dict[str, object]:
    return article(kind="agenda", title=words, summary=words, **more)


async def test_no_header_carries_what_somebody_wrote(newsroom: Newsroom) -> None:
    for path in ("/feeds/news/x%0d%0aSet-Cookie:a=b.atom", "/v1/news/agenda/x%0d%0aSet-Cookie:a.ics"):
        answer = await newsroom.get(path)
        assert answer.status_code in (404, 422)
        assert "set-cookie" not in answer.headers
    for slug in ("a\r\nSet-Cookie: a=b", "../../etc", "a b", "a/b", "%0d%0a"):
        answer = await newsroom.post(newsroom.author, "", article(slug=slug))
        assert answer.status_code == 422, slug


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59Z"]
)
async def test_moments_at_the_end_of_the_calendar_are_refused_or_kept(
    newsroom: Newsroom, moment: str
) -> None:
    for path in ("/v1/news/articles", "/v1/news/agenda"):
        for name in ("from", "to"):
            for value in (moment, moment[:10]):
                answer = await newsroom.client.get(path, params={name: value})
                assert answer.status_code in (200, 422), (path, name, value, answer.text)
    made = await newsroom.draft()
    await newsroom.act(newsroom.author, made, "submit")
    answer = await newsroom.post(newsroom.editor, f"/{made['id']}/schedule", {"at": moment})
    assert answer.status_code in (200, 422), answer.text
    answer = await newsroom.post(newsroom.author, "", article(expires_at=moment))
    assert answer.status_code in (201, 422), answer.text
    if answer.status_code == 201:
        await newsroom.act(newsroom.author, answer.json(), "submit")
        await newsroom.act(newsroom.editor, answer.json(), "publish")
        assert (await newsroom.get("/feeds/news.atom")).status_code == 200


@pytest.mark.parametrize(
    "when",
    [
        "Mon, 01 Jan 2024 00:00:00 +99999999999999999999",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "99999999999999999999 Jan 2024 00:00:00 GMT",
        "31 Dec 9999 23:59:59 -2359",
    ],
)
async def test_a_reader_who_names_no_possible_moment_gets_the_feed(newsroom: Newsroom, when: str) -> None:
    await newsroom.published()
    answer = await newsroom.get("/feeds/news.atom", if_modified_since=when)
    assert answer.status_code in (200, 304), answer.text


def test_tables_of_a_few_characters_do_not_become_a_hundred_times_as_many() -> None:
    wide = "|" + "a|" * 128 + "\n|" + "-|" * 128 + "\n" + "|\n" * 128 + "\n"
    body = wide * 4
    html = to_html(body)
    assert html.count("<td") + html.count("<th") <= 5_000
    assert len(html) < 40 * len(body)
    assert html.count("<tr>") > 2


def test_an_ordinary_table_is_shown_whole() -> None:
    rows = "".join(f"| cabai {n} | {n}.000 | kg |\n" for n in range(300))
    html = to_html(f"| bahan | harga | satuan |\n|---|--:|---|\n{rows}\nDemo: dan seterusnya.")
    assert html.count("<tr>") == 301
    assert "<p>Demo: dan seterusnya.</p>" in html


@pytest.mark.parametrize("tag", ["<a ", "<a\n", "<a/", "<a b='", "</a "])
def test_tags_without_an_end_cost_no_more_than_tags_with_one(tag: str) -> None:
    whole = tag * (7_990 // len(tag))
    assert _seconds(whole) < 20 * _seconds(f"{whole}'>") + 0.02


def _seconds(source: str) -> float:
    """The best of five: whoever else uses the machine says nothing of the text."""
    took = []
    for _ in range(5):
        began = perf_counter()
        plain(source, 300)
        took.append(perf_counter() - began)
    return min(took)


def test_addresses_within_addresses_do_not_grow_without_end() -> None:
    """Each xml:base is joined to the one around it, and every link of the feed to the last."""
    feed = (
        '<rss version="2.0" xml:base="{0}"><channel xml:base="{0}"><item xml:base="{0}">'
        "<title>Demo</title><link>https://kota.example/1</link></item></channel></rss>"
    )
    for part in ("a/" * 900, "a/" * 5_000, "https://kota.example/" + "b" * 5_000):
        (entry,) = read_xml(feed.format(part)).entries
        assert len(entry.base) <= 2_000
        assert entry.link == "https://kota.example/1"
    (entry,) = read_xml(feed.format("https://kota.example/a/")).entries
    assert entry.base == "https://kota.example/a/"


@pytest.mark.parametrize("words", ["suhu < 5 derajat", "3 <4", "a > b < c", "<b>tebal</b> x<y"])
def test_a_lesser_sign_is_no_tag(words: str) -> None:
    assert plain(words, 300) == words.replace("<b>", "").replace("</b>", "")


async def test_nobody_takes_an_address_that_another_article_will_fall_back_to(newsroom: Newsroom) -> None:
    first = await newsroom.published(title="Demo: alamat")
    waiting = await newsroom.draft(title="Demo: alamat")
    wish = f"{first['slug']}-{waiting['id'].replace('-', '')[-12:]}"
    other = await newsroom.published(title="Demo: lain", slug=wish)
    await newsroom.act(newsroom.author, waiting, "submit")
    done = await newsroom.act(newsroom.editor, waiting, "publish")
    assert (await newsroom.read(done["slug"]))["id"] == waiting["id"]
    assert (await newsroom.read(wish))["id"] == other["id"]
