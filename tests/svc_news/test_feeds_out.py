"""Feeds as readers read them: three formats, stable ids, no faults by the validator's rules."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import feedparser
import pytest
from fastapi import FastAPI
from lxml import etree, html

from shared.db import Database
from shared.testing import Keys, QueryRecorder, in_process
from svc_news.app import create_app
from svc_news.settings import NewsSettings
from tests.svc_news.feed_rules import ATOM, atom_faults, json_faults, rss_faults
from tests.svc_news.newsroom import JATIUWUNG, TANGERANG, Newsroom

FAULTS: dict[str, Callable[[bytes, str], list[str]]] = {
    "atom": atom_faults,
    "rss": rss_faults,
    "json": json_faults,
}
TYPES = {"atom": "application/atom+xml", "rss": "application/rss+xml", "json": "application/feed+json"}
PATHS = ("/feeds/news", f"/feeds/news/{TANGERANG}", "/feeds/news/kinds/news")
HOST = "http://127.0.0.1:8000"
NASTY = (
    "Demo: ]]> <b>tebal</b> & \"kutip\" 'satu' 😀 é &amp; &lt;script&gt;alert(1)&lt;/script&gt; \ufffe\u0085"
)


async def read(newsroom: Newsroom, path: str, **headers: str) -> bytes:
    """A feed that is there and has its media type."""
    answer = await newsroom.get(path, **headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].partition(";")[0] == TYPES[path.rpartition(".")[2]]
    return answer.content


def json_reader(content: bytes) -> dict[str, Any]:
    """A reader of JSON Feed 1.1: ids, addresses, texts and dates of the items, or a KeyError."""
    feed = json.loads(content.decode("utf-8"))
    assert feed["version"].startswith("https://jsonfeed.org/version/1")
    items = [
        {
            "id": i["id"],
            "link": i["url"],
            "title": i["title"],
            "content": i["content_html"],
            "updated": i["date_modified"],
        }
        for i in feed["items"]
    ]
    return {"title": feed["title"], "items": items}


async def entries(newsroom: Newsroom, scope: str, form: str) -> list[dict[str, Any]]:
    """The entries of a feed, by a reader of its format."""
    content = await read(newsroom, f"{scope}.{form}")
    if form == "json":
        return list(json_reader(content)["items"])
    found = feedparser.parse(content)
    assert not found.bozo, found.get("bozo_exception")
    return [
        {"id": e.id, "link": e.link, "title": e.title, "content": e.content[0].value, "updated": e.updated}
        for e in found.entries
    ]


@pytest.mark.parametrize("form", FAULTS)
async def test_every_reader_reads_every_feed_and_the_rules_find_no_fault(
    newsroom: Newsroom, form: str
) -> None:
    first = await newsroom.published(districts=[TANGERANG], tags=["taman"], byline="Demo Penulis")
    last = await newsroom.published(
        title=NASTY,
        summary=NASTY,
        body=NASTY + "\n\n[x](https://kota.example/?a=1&b=2)",
        districts=[TANGERANG],
    )
    await newsroom.published(kind="agenda", districts=[JATIUWUNG], event={**_event(), "point": None})
    for scope in PATHS:
        content = await read(newsroom, f"{scope}.{form}")
        assert FAULTS[form](content, f"{HOST}{scope}.{form}") == []
        found = await entries(newsroom, scope, form)
        ids = [e["id"] for e in found if e["id"] in {f"urn:uuid:{m['id']}" for m in (first, last)}]
        assert ids == [f"urn:uuid:{m['id']}" for m in (last, first)]
        nasty = next(e for e in found if e["id"] == f"urn:uuid:{last['id']}")
        assert nasty["title"].startswith("Demo: ]]› ‹b›tebal" if form == "rss" else "Demo: ]]> <b>tebal")
        assert "😀" in nasty["title"]
        assert "<script" not in nasty["content"]
        assert "&lt;script&gt;" in nasty["content"]
        assert "\ufffe" not in content.decode()


def _event() -> dict[str, Any]:
    return {"starts_on": "2026-02-10", "place": "Demo: alun-alun", "organiser": "Demo"}


@pytest.mark.parametrize("form", FAULTS)
async def test_the_first_picture_is_in_the_feed_with_its_words_and_credit(
    newsroom: Newsroom, form: str
) -> None:
    words, credit = 'Demo: gerbang "taman" <baru> & lama', "Demo: humas & <warga>"
    pictures = [
        {"receipt": newsroom.receipt(newsroom.author), "alt": {"id": alt}, "credit": credit}
        for alt in (words, "Demo: yang kedua")
    ]
    made = await newsroom.published(images=pictures)
    content = await read(newsroom, f"/feeds/news.{form}")
    assert FAULTS[form](content, f"{HOST}/feeds/news.{form}") == []
    (entry,) = await entries(newsroom, "/feeds/news", form)
    (picture,) = html.fragment_fromstring(entry["content"], create_parent="div").iter("img")
    address = f"{HOST}/v1/news/articles/{made['id']}/images/{made['images'][0]['media_id']}"
    assert (picture.get("src"), picture.get("alt")) == (address, words)
    assert picture.getparent().findtext("figcaption") == credit
    assert (await newsroom.get(address.removeprefix(HOST))).status_code == 307


@pytest.mark.parametrize("form", FAULTS)
async def test_an_empty_feed_is_a_good_feed(newsroom: Newsroom, form: str) -> None:
    content = await read(newsroom, f"/feeds/news/{JATIUWUNG}.{form}")
    assert FAULTS[form](content, f"{HOST}/feeds/news/{JATIUWUNG}.{form}") == []


#: (format, what is put out of order, how, what the rules must say of it)
BROKEN = [
    ("atom", r"<id>urn:uuid:", "<id>7", "feed: the id is no full URI"),
    (
        "atom",
        r"<id>[^<]*</id>",
        "<id>urn:uuid:0198f4a0-7c1e-7b3a-9f00-4d2b8a6c1e11</id>",
        "two ids are the same",
    ),
    ("atom", r"<updated>[^<]*</updated>", "", "feed needs one updated"),
    ("atom", r"T\d\d:\d\d:\d\d", " 09:00", "is no RFC 3339 date"),
    ("atom", r"<updated>2026", "<updated>1926", "cannot be"),
    ("atom", r"<published>2026", "<published>2027", "updated before it was published"),
    ("atom", r"<name>[^<]*</name>", "<name/>", "an author has no name"),
    ("atom", r"<author>.*?</author>", "", "nobody is the author"),
    ("atom", r'rel="self"', 'rel="via"', "the self link is not"),
    ("atom", r'term="news"', "", "a category has no term"),
    ("atom", r"<title>[^<]*</title>", "<title>a</title><title>b</title>", "feed needs one title"),
    ("atom", r"<summary>", '<summary type="markdown">', "schema: "),
    ("atom", r"</entry>", "<pubDate>x</pubDate></entry>", "schema: "),
    ("atom", r"&lt;p&gt;", "&lt;p onclick='x'&gt;", "onclick= in content"),
    ("atom", r"&lt;p&gt;", "&lt;a href='/x'&gt;", "relative link"),
    ("atom", r"<subtitle>", "<subtitle>\u0085\u0099", "U+0099 in the feed"),
    ("rss", r"urn:uuid:[0-9a-f-]*", "x", "two guids are the same"),
    ("rss", r' isPermaLink="false"', "", "a guid that is a permalink"),
    ("rss", r"<guid.*?</guid>", "", "an item has 0 guid"),
    ("rss", r"Mon, 02 Feb", "Tue, 02 Feb", "is no RFC 822 date"),
    ("rss", r"Mon, 02 Feb 2026", "2026-02-02", "is no RFC 822 date"),
    ("rss", r"<pubDate>Mon, 02 Feb 2026", "<pubDate>Sat, 02 Feb 1935", "is no RFC 822 date"),
    ("rss", r"<link>[^<]*</link>", "<link>/x</link>", "link is not absolute"),
    ("rss", r"<language>id", "<language>indonesia", "the language has no ISO code"),
    ("rss", r'rel="self"', 'rel="via"', "the self link is not"),
    ("rss", r"<item><title>", "<item><title>&lt;b&gt;", "a title contains HTML"),
    ("rss", r"<description>[^<]*</description>", "", "channel needs description"),
    ("rss", r"</item>", "<updated>x</updated></item>", "schema: "),
    (
        "rss",
        r"<ns0:encoded>|<content:encoded>",
        "<content:encoded>&lt;script&gt;x&lt;/script&gt;",
        "<script> in",
    ),
    ("json", r"jsonfeed.org/version/1.1", "jsonfeed.org/version/9", "version"),
    ("json", r'"id": "[^"]*"', '"id": 7', "an item has no id"),
    ("json", r"http://127.0.0.1:8000/v1", "/v1", "is not absolute"),
    ("json", r'"date_published": "2026', '"date_published": "26', "is no date"),
    ("json", r'"content_html": "', '"content_html": "<iframe></iframe>', "<iframe> in content"),
]


@pytest.mark.parametrize("form", FAULTS)
async def test_the_rules_find_whatever_is_out_of_order(newsroom: Newsroom, form: str) -> None:
    await newsroom.published()
    await newsroom.published()
    good = (await read(newsroom, f"/feeds/news.{form}")).decode()
    for pattern, broken, fault in (rest for of, *rest in BROKEN if of == form):
        bad = re.sub(pattern, lambda _, by=broken: by, good, flags=re.DOTALL)
        assert bad != good, pattern
        found = FAULTS[form](bad.encode(), f"{HOST}/feeds/news.{form}")
        assert any(fault in each for each in found), (pattern, found)


#: What is changed -> what the article is corrected to, and where the service is from then on.
MOVES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "title": ({"title": "Demo: sama sekali lain"}, {}),
    "slug": ({"slug": "sama-sekali-lain"}, {}),
    "host": ({}, {"public_url": "http://api.kota.example"}),
    "scheme": ({}, {"public_url": "https://127.0.0.1:8000"}),
    "page": ({}, {"article_page": "https://berita.kota.example/baca/{slug}"}),
}
AGENDA = ("/feeds/news", f"/feeds/news/{TANGERANG}", "/feeds/news/kinds/agenda")


async def ids(newsroom: Newsroom, article_id: str) -> list[str]:
    """Every id under which an event of the agenda is known outside: entries, feeds, calendar, JSON-LD."""
    found = [e["id"] for scope in AGENDA for form in FAULTS for e in await entries(newsroom, scope, form)]
    for scope in AGENDA:
        root = etree.fromstring(await read(newsroom, f"{scope}.atom"))
        found += [each.text or "" for each in root.iter(f"{ATOM}id")]
    ics = (await newsroom.get("/v1/news/agenda.ics")).content.decode()
    graph = (await newsroom.read(article_id))["json_ld"]["@graph"]
    return [*found, *re.findall(r"UID:(.*)", ics), *(node["@id"] for node in graph)]


@pytest.mark.parametrize("moved", MOVES)
async def test_no_id_changes_with_the_title_the_slug_the_host_the_scheme_or_the_page(
    newsroom: Newsroom, app: FastAPI, settings_for: Callable[..., NewsSettings], keys: Keys, moved: str
) -> None:
    text, place = MOVES[moved]
    made = await newsroom.published(kind="agenda", districts=[TANGERANG])
    before, links = await ids(newsroom, made["id"]), await entries(newsroom, AGENDA[0], "atom")
    await newsroom.corrected(made, kind="agenda", districts=[TANGERANG], **text)
    url = app.state.runtime.settings.database_url.get_secret_value()
    elsewhere = create_app(settings_for(NewsSettings, url, **place), newsroom.clock)
    await elsewhere.state.runtime.database.close()
    database: Database = app.state.runtime.database
    elsewhere.state.runtime.database = database  # the same rows, which this test will roll back
    async with in_process(elsewhere) as client:
        there = Newsroom(elsewhere, client, keys, newsroom.clock)
        assert await ids(there, made["id"]) == before
        assert sum(made["id"] in each for each in before) == len(before) - len(AGENDA)
        now = await entries(there, AGENDA[0], "atom")
        assert {name: now[0][name] for name in ("title", "link")} != {
            n: links[0][n] for n in ("title", "link")
        }
        for scope, form in ((s, f) for s in AGENDA for f in FAULTS):
            address = f"{place.get('public_url', HOST)}{scope}.{form}"
            assert FAULTS[form](await read(there, f"{scope}.{form}"), address) == []


async def test_each_feed_has_an_id_of_its_own(newsroom: Newsroom) -> None:
    feeds = [etree.fromstring(await read(newsroom, f"{scope}.atom")) for scope in (*PATHS, *AGENDA)]
    assert len({feed.findtext(f"{ATOM}id") for feed in feeds}) == len({*PATHS, *AGENDA})


@pytest.mark.parametrize("form", FAULTS)
async def test_a_corrected_article_is_new_again_and_says_what_was_wrong_and_a_withdrawn_one_leaves(
    newsroom: Newsroom, form: str
) -> None:
    made, other = await newsroom.published(), await newsroom.published()
    then = {e["id"]: e for e in await entries(newsroom, "/feeds/news", form)}[f"urn:uuid:{made['id']}"]
    await newsroom.corrected(made, note="Demo: 12, bukan 21 < 30")
    now = {e["id"]: e for e in await entries(newsroom, "/feeds/news", form)}[f"urn:uuid:{made['id']}"]
    assert now["updated"] > then["updated"]
    assert "Koreksi 02-02-2026:" in now["content"]
    assert "12, bukan 21 &lt; 30" in now["content"]
    await newsroom.withdrawn(made)
    assert [e["id"] for e in await entries(newsroom, "/feeds/news", form)] == [f"urn:uuid:{other['id']}"]


@pytest.mark.parametrize("form", FAULTS)
async def test_a_feed_is_not_sent_twice_by_its_tag_or_its_date(newsroom: Newsroom, form: str) -> None:
    await newsroom.published()
    gone = await newsroom.published()
    first = await newsroom.get(f"/feeds/news.{form}")
    tag, date = first.headers["ETag"], first.headers["Last-Modified"]
    assert parsedate_to_datetime(date) <= newsroom.clock.now()
    same = await newsroom.get(f"/feeds/news.{form}", If_None_Match=tag)
    assert (same.status_code, same.content, same.headers["Last-Modified"]) == (304, b"", date)
    assert (await newsroom.get(f"/feeds/news.{form}", If_Modified_Since=date)).status_code == 304
    assert (await newsroom.get(f"/feeds/news.{form}", If_Modified_Since="yesterday")).status_code == 200
    await newsroom.withdrawn(gone)
    for headers in ({"If_None_Match": tag}, {"If_Modified_Since": date}):
        assert (await newsroom.get(f"/feeds/news.{form}", **headers)).status_code == 200
    both = await newsroom.get(f"/feeds/news.{form}", If_None_Match='"x"', If_Modified_Since=date)
    assert both.status_code == 200


async def test_what_changed_within_this_second_is_not_hidden_by_its_date(newsroom: Newsroom) -> None:
    newsroom.clock.advance(timedelta(milliseconds=300))
    made = await newsroom.draft()
    await newsroom.act(newsroom.author, made, "submit")
    await newsroom.act(newsroom.editor, made, "publish")
    assert "Last-Modified" not in (await newsroom.get("/feeds/news.atom")).headers
    newsroom.clock.advance(timedelta(seconds=1))
    assert "Last-Modified" in (await newsroom.get("/feeds/news.atom")).headers


async def test_an_article_names_the_feeds_it_stands_in_and_they_do_have_it(newsroom: Newsroom) -> None:
    made = await newsroom.published(kind="announcement", districts=[TANGERANG])
    links = (await newsroom.read(made["id"]))["feeds"]
    assert len(links) == 9
    assert {link["rel"] for link in links} == {"alternate"}
    for link in links:
        content = await read(newsroom, link["href"].removeprefix(HOST))
        assert link["type"] == TYPES[link["href"].rpartition(".")[2]]
        assert made["id"].encode() in content
    atom = etree.fromstring(await read(newsroom, "/feeds/news.atom"))
    others = {
        (x.get("type"), x.get("href")) for x in atom.findall(f"{ATOM}link") if x.get("rel") == "alternate"
    }
    assert others == {(TYPES[form], f"{HOST}/feeds/news.{form}") for form in ("rss", "json")}


async def test_a_feed_speaks_the_readers_language_and_costs_three_statements(
    newsroom: Newsroom, app: FastAPI
) -> None:
    made = await newsroom.published()
    await newsroom.published(title="Demo: tanpa terjemahan")
    await newsroom.corrected(made)
    with QueryRecorder().on(app.state.runtime.database) as queries:
        atom = etree.fromstring(await read(newsroom, "/feeds/news.atom", Accept_Language="en"))
    assert len([q for q in queries.statements if "SAVEPOINT" not in q]) == 3
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    assert atom.get(lang) == "en"
    told = {e.findtext(f"{ATOM}title"): e.get(lang) for e in atom.findall(f"{ATOM}entry")}
    assert told == {"Demo: tanpa terjemahan": "id", "Demo: city park opens": "en"}


@pytest.mark.parametrize(
    ("path", "status"),
    [("/feeds/news/36.71.99.atom", 404), ("/feeds/news/kinds/poem.atom", 422), ("/feeds/news.html", 422)],
)
async def test_a_feed_of_nothing_is_not_there(newsroom: Newsroom, path: str, status: int) -> None:
    assert (await newsroom.get(path)).status_code == status
