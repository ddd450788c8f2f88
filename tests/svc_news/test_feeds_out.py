"""Feeds as readers read them: three formats, stable ids, no faults by the validator's rules."""

import json
from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import feedparser
import pytest
from fastapi import FastAPI
from lxml import etree

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
async def test_an_empty_feed_is_a_good_feed(newsroom: Newsroom, form: str) -> None:
    content = await read(newsroom, f"/feeds/news/{JATIUWUNG}.{form}")
    assert FAULTS[form](content, f"{HOST}/feeds/news/{JATIUWUNG}.{form}") == []


def test_the_rules_find_faults_where_there_are_some() -> None:
    bad = b'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><id>7</id><entry><id>7</id></entry></feed>'
    assert {"feed needs one updated", "feed: the id is no full URI", "two ids are the same"} <= set(
        atom_faults(bad, "http://x/")
    )
    item = b"<item><title>&lt;b></title><guid>x</guid><pubDate>2026-02-02</pubDate></item>"
    found = set(rss_faults(b'<rss version="2.0"><channel>' + item * 2 + b"</channel></rss>", "http://x/"))
    assert {"two guids are the same", "a title contains HTML", "2026-02-02 is no RFC 822 date"} <= found
    feed = {"version": "2", "items": [{"content_html": "<script>1</script><a href='/x' onclick='1'>x</a>"}]}
    told = set(json_faults(json.dumps(feed).encode(), "http://x/"))
    assert {
        "version",
        "an item has no id",
        "<script> in content",
        "relative link",
        "onclick= in content",
    } <= told


async def test_no_id_changes_with_title_slug_host_or_scheme(
    newsroom: Newsroom, app: FastAPI, settings_for: Callable[..., NewsSettings], keys: Keys
) -> None:
    made = await newsroom.published(districts=[TANGERANG])
    before = {(s, f): await entries(newsroom, s, f) for s in PATHS for f in FAULTS}
    feed_ids = [etree.fromstring(await read(newsroom, f"{s}.atom")).findtext(f"{ATOM}id") for s in PATHS]
    await newsroom.corrected(
        made, title="Demo: sama sekali lain", slug="sama-sekali-lain", districts=[TANGERANG]
    )
    url = app.state.runtime.settings.database_url.get_secret_value()
    page = "https://berita.kota.example/baca/{slug}"
    settings = settings_for(NewsSettings, url, public_url="https://api.kota.example", article_page=page)
    moved = create_app(settings, newsroom.clock)
    await moved.state.runtime.database.close()
    database: Database = app.state.runtime.database
    moved.state.runtime.database = database  # the same rows, which this test will roll back
    async with in_process(moved) as client:
        elsewhere = Newsroom(moved, client, keys, newsroom.clock)
        for (scope, form), then in before.items():
            now = await entries(elsewhere, scope, form)
            assert [e["id"] for e in now] == [e["id"] for e in then] == [f"urn:uuid:{made['id']}"]
            assert now[0]["link"] == "https://berita.kota.example/baca/sama-sekali-lain"
            assert now[0]["title"] != then[0]["title"]
            content = await read(elsewhere, f"{scope}.{form}")
            assert FAULTS[form](content, f"https://api.kota.example{scope}.{form}") == []
        ids = [etree.fromstring(await read(elsewhere, f"{s}.atom")).findtext(f"{ATOM}id") for s in PATHS]
    assert ids == feed_ids
    assert len(set(ids)) == len(PATHS)


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
