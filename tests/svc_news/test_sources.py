"""Who looks after the sources, what they may enter, and what the public sees."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from fastapi import FastAPI

from shared.city.pack import load_city
from shared.city.problems import PackError
from shared.clock import ManualClock
from shared.seeds import sow_all
from shared.testing import Keys, QueryRecorder, in_process, rolled_back
from svc_news import pack
from svc_news.app import SERVICE, create_app
from svc_news.settings import NewsSettings
from svc_news.sources.queries import by_code
from svc_news.sources.rules import Kind, State, most_fail
from tests.conftest import PACK
from tests.svc_news.hostile import outside
from tests.svc_news.wire import Wire, empty, feed

URL = "https://kota.example/rss.xml"


@pytest.fixture
async def wire(app: FastAPI, keys: Keys, clock: ManualClock) -> AsyncIterator[Wire]:
    async with rolled_back(app.state.runtime.database), in_process(app) as client:
        yield Wire(app, client, keys, clock)


async def test_the_public_sees_who_publishes_and_nothing_of_how_it_is_collected(wire: Wire) -> None:
    await wire.add(
        URL, "b", home_url="https://kota.example/", kind="agency", tags=["cuaca"], district="36.71.01"
    )
    await wire.add(f"{URL}2", "a", active=False)
    answer = await wire.call("GET", "/sources")
    (shown,) = answer.json()["items"]
    assert shown == {
        "code": "b",
        "name": "B",
        "kind": {"code": "agency", "label": "Instansi pemerintah"},
        "attribution": "© b",
        "home_url": "https://kota.example/",
        "district": {"code": "36.71.01", "label": "Tangerang"},
        "tags": ["cuaca"],
        "managed": None,
    }
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert URL not in answer.text


async def test_staff_see_all_of_them_and_how_each_does(wire: Wire) -> None:
    for code in ("a", "b", "c"):
        await wire.add(f"{URL}{code}", code, active=code != "b")
    answer = await wire.call("GET", "/sources?view=managed&limit=2", wire.ops)
    page = answer.json()
    assert [each["code"] for each in page["items"]] == ["a", "b"]
    assert answer.headers["Cache-Control"] == "private, no-cache"
    more = await wire.call("GET", f"/sources?view=managed&limit=2&cursor={page['next']}", wire.editor)
    assert [each["code"] for each in more.json()["items"]] == ["c"]
    assert page["items"][1]["managed"]["state"] == {"code": "off", "label": "Dimatikan"}
    off = await wire.call("GET", "/sources?view=managed&state=off", wire.ops)
    assert [each["code"] for each in off.json()["items"]] == ["b"]
    for state, count in (("waiting", 2), ("ok", 0), ("failing", 0)):
        listed = await wire.call("GET", f"/sources?view=managed&state={state}", wire.ops)
        assert len(listed.json()["items"]) == count


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/sources?view=managed", None),
        ("GET", "/sources/a", None),
        ("POST", "/sources", {"code": "x", "name": "x", "url": URL, "kind": "press", "attribution": "x"}),
        ("PATCH", "/sources/a", {"name": "x"}),
        ("POST", "/sources/a/try", None),
    ],
)
async def test_nobody_else_manages_sources(wire: Wire, method: str, path: str, body: Any) -> None:
    await wire.add(URL, "a")
    assert (await wire.call(method, path, wire.guest, body)).status_code == 401
    assert (await wire.call(method, path, wire.author, body)).status_code == 403


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("url", "http://127.0.0.1/rss", "refused_address"),
        ("url", "http://10.0.0.1/rss", "refused_address"),
        ("url", "http://[::ffff:10.0.0.1]/", "refused_address"),
        ("url", "http://2130706433/rss", "refused_address"),
        ("url", "http://nama:sandi@kota.example/", "refused_url"),
        ("url", "http://kota.example:5432/", "refused_url"),
        ("url", "file:///etc/passwd", "refused_url"),
        ("home_url", "javascript:alert(1)", "refused_url"),
        ("district", "99.99.99", "unknown"),
        ("district", "36.71.01.1001", "unknown"),
        ("interval_minutes", 14, "greater_than_equal"),
        ("interval_minutes", 1_441, "less_than_equal"),
        ("kind", "blog", "enum"),
        ("code", "Kota Kita", "string_pattern_mismatch"),
        ("attribution", " ", "string_too_short"),
        ("name", "x\u202ey", "control_characters"),
        ("tags", ["x"] * 21, "too_long"),
    ],
)
async def test_what_cannot_be_a_source_is_refused_field_by_field(
    wire: Wire, field: str, value: Any, code: str
) -> None:
    body = {"code": "x", "name": "x", "url": URL, "kind": "press", "attribution": "x"} | {field: value}
    answer = await wire.call("POST", "/sources", wire.editor, body)
    assert answer.status_code == 422, answer.text
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [(field, code)]


async def test_an_address_is_collected_once(wire: Wire) -> None:
    """Two sources of one feed would tell each of its stories twice, to search too."""
    await wire.add(URL, "a")
    await wire.add(f"{URL}2", "b")
    body = {"code": "c", "name": "x", "url": URL, "kind": "press", "attribution": "x"}
    for method, path, sent in (("POST", "/sources", body), ("PATCH", "/sources/b", {"url": URL})):
        answer = await wire.call(method, path, wire.editor, sent)
        assert answer.status_code == 422, answer.text
        assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [("url", "source_url_taken")]
    assert (await wire.change("a", url=URL, name="Sama"))["url"] == URL


async def test_a_shorter_interval_counts_from_now_on(wire: Wire, clock: ManualClock) -> None:
    """Not after the visit that was set when it was a day."""
    await wire.add(URL, "a", interval_minutes=1_440)
    async with wire.run.database.transaction() as session:
        source = await by_code(session, "a")
        assert source is not None
        source.answered(clock.now(), 0)
    assert datetime.fromisoformat((await wire.managed("a"))["next_attempt_at"]) == clock.now() + timedelta(
        days=1
    )
    soon = clock.now() + timedelta(minutes=30)
    assert datetime.fromisoformat((await wire.change("a", interval_minutes=30))["next_attempt_at"]) == soon


async def test_of_many_who_add_one_code_at_once_one_does_and_the_others_are_told(
    app: FastAPI, keys: Keys, clock: ManualClock
) -> None:
    async with in_process(app) as client:
        lasting = Wire(app, client, keys, clock)
        body = {"code": "x", "name": "x", "url": URL, "kind": "press", "attribution": "x"}
        try:
            sent = [lasting.call("POST", "/sources", lasting.editor, body) for _ in range(6)]
            answers = await asyncio.gather(*sent)
        finally:
            await empty(lasting.run)
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"source_code_taken"}


async def test_a_code_is_given_once_and_sending_again_does_nothing_twice(wire: Wire) -> None:
    body = {"code": "x", "name": "x", "url": URL, "kind": "press", "attribution": "x"}
    first = await wire.call("POST", "/sources", wire.editor, body, Idempotency_Key="k-12345678")
    again = await wire.call("POST", "/sources", wire.editor, body, Idempotency_Key="k-12345678")
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert first.headers["Location"] == "/v1/news/sources/x"
    other = await wire.call("POST", "/sources", wire.editor, body)
    assert (other.status_code, other.json()["code"]) == (409, "source_code_taken")


async def test_a_change_names_the_version_it_was_made_from(wire: Wire) -> None:
    await wire.add(URL, "a", district="36.71.01")
    read = await wire.call("GET", "/sources/a", wire.editor)
    changed = await wire.call(
        "PATCH", "/sources/a", wire.editor, {"name": "Baru"}, If_Match=read.headers["ETag"]
    )
    assert (changed.status_code, changed.json()["name"], changed.json()["district"]["code"]) == (
        200,
        "Baru",
        "36.71.01",
    )
    stale = await wire.call("PATCH", "/sources/a", wire.editor, {"name": "x"}, If_Match=read.headers["ETag"])
    assert stale.status_code == 412
    cleared = await wire.call("PATCH", "/sources/a", wire.editor, {"district": None})
    assert cleared.json()["district"] is None
    empty = await wire.call("PATCH", "/sources/a", wire.editor, {"name": None, "url": "http://10.0.0.1/"})
    assert [each["code"] for each in empty.json()["errors"]] == ["missing"]
    inside = await wire.call("PATCH", "/sources/a", wire.editor, {"url": "http://10.0.0.1/"})
    assert [each["code"] for each in inside.json()["errors"]] == ["refused_address"]
    assert (await wire.call("PATCH", "/sources/none", wire.editor, {})).status_code == 404
    kept = await wire.call("PATCH", "/sources/a", wire.editor, {"kind": "agency"})
    assert kept.json()["kind"]["code"] == "press"


async def test_a_list_of_sources_costs_one_statement(wire: Wire) -> None:
    for n in range(3):
        await wire.add(f"{URL}{n}", f"s-{n}")
    with QueryRecorder().on(wire.run.database) as queries:
        await wire.call("GET", "/sources")
    assert len([each for each in queries.statements if "SAVEPOINT" not in each]) == 1


async def test_a_source_can_be_tried_without_keeping_anything(
    databases: Any, settings_for: Callable[..., NewsSettings], keys: Keys, clock: ManualClock
) -> None:
    settings = settings_for(NewsSettings, databases.new("svc_news"), fetch_from_test_addresses=("127.0.0.1",))
    app = create_app(settings, clock)
    async with in_process(app) as client, outside() as server:
        wire = Wire(app, client, keys, clock)
        url = server.page("/", feed("Satu", "Dua", at=clock.now()))
        await wire.add(url, active=False)
        tried = (await wire.call("POST", "/sources/kota/try", wire.ops)).json()
        assert (tried["works"], tried["entries"], tried["usable"]) == (True, 2, 2)
        assert [item["title"] for item in tried["items"]] == ["Satu", "Dua"]
        server.page("/", "<html></html>")
        tried = (await wire.call("POST", "/sources/kota/try", wire.ops)).json()
        assert (tried["works"], tried["error"]["code"], tried["items"]) == (False, "not_a_feed", [])
        assert (await wire.count(), (await wire.managed())["failures"]) == (0, 0)
        assert (await wire.call("POST", "/sources/none/try", wire.ops)).status_code == 404
    await app.state.runtime.database.close()


def test_only_a_test_fetches_from_inside(settings_for: Callable[..., NewsSettings]) -> None:
    assert settings_for(NewsSettings, "postgresql://x").fetch_from_test_addresses == ()
    with pytest.raises(ValueError, match="FETCH_FROM_TEST_ADDRESSES"):
        settings_for(
            NewsSettings, "postgresql://x", environment="production", fetch_from_test_addresses=("127.0.0.1",)
        )


def test_one_source_never_degrades_the_service() -> None:
    for count, failing, expected in (
        (1, 1, False),
        (3, 3, False),
        (4, 2, False),
        (4, 3, True),
        (200, 100, False),
    ):
        states = {State.FAILING.value: failing, State.OK.value: count - failing, State.OFF.value: 50}
        assert most_fail(states) is expected


PACK_FILE = """
sources:
  - {code: a, name: A, url: "https://a.example/rss", kind: agency, attribution: A, source: a.example}
  - {code: b, name: B, url: "https://b.example/rss", kind: press, attribution: B, tags: [pasar],
     district: "36.71.01", interval_minutes: 15, active: false, source: unverified}
"""


def city_with(folder: Path, sources: str | None) -> Any:
    copytree(PACK, folder / "city")
    (folder / "city" / pack.FILE).unlink(missing_ok=True)
    if sources is not None:
        (folder / "city" / pack.FILE).write_text(sources)
    return load_city(folder / "city")


async def test_the_pack_s_sources_are_there_at_the_start(
    databases: Any, settings_for: Callable[..., NewsSettings], tmp_path: Path, clock: ManualClock, keys: Keys
) -> None:
    city = city_with(tmp_path, PACK_FILE)
    assert pack.check(city) == (
        [(pack.FILE, "2 news sources")],
        [(pack.FILE, "1 sources switched off: b")],
    )
    app = create_app(settings_for(NewsSettings, databases.new("svc_news"), city_pack=city.folder), clock)
    async with in_process(app) as client:
        wire = Wire(app, client, keys, clock)
        for inserted in (2, 0):
            (sown,) = [each for each in await sow_all(wire.run, SERVICE.seeds) if each.source == pack.FILE]
            assert (sown.inserted, list(sown.differ)) == (inserted, [])
        managed = await wire.managed("b")
        assert (managed["active"], managed["source"], managed["interval_minutes"]) == (
            False,
            "unverified",
            15,
        )
        assert (await wire.managed("a"))["active"] is True
    await app.state.runtime.database.close()


def test_a_pack_may_do_without_sources_and_wrong_ones_are_named_with_their_line(tmp_path: Path) -> None:
    assert pack.load_sources(city_with(tmp_path / "none", None)) == ()
    wrong = PACK_FILE.replace("active: false", "active: true").replace("kind: agency", "kind: blog")
    for text, line in (
        (PACK_FILE.replace("kind: agency", "kind: blog"), 3),
        (wrong.replace("blog", "agency"), 5),
    ):
        with pytest.raises(PackError) as error:
            pack.load_sources(city_with(tmp_path / str(line), text))
        assert [each.line for each in error.value.problems] == [line]
    assert set(Kind) == {"agency", "press"}


async def test_an_address_may_be_as_long_as_the_document_says(wire: Wire) -> None:
    long = "https://kota.example/rss?" + "x" * 1_975
    await wire.add(long)
    body = {"code": "b", "name": "x", "url": f"{long}x", "kind": "press", "attribution": "x"}
    assert (await wire.call("POST", "/sources", wire.editor, body)).status_code == 422
