"""What services say over the broker, in whatever order it comes, and what is left of it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, text

from gateway.publications.models import ProviderDocument
from gateway.rebuilds import usecases as rebuilds
from gateway.rebuilds.usecases import MODELS
from gateway.search import queries
from gateway.search import usecases as search
from gateway.search.models import SearchDocument, SearchWord
from gateway.search.timers import forget_once
from shared.clock import ManualClock
from shared.contracts.snapshots import SnapshotItem
from shared.ids import new_id
from tests.gateway.search.conftest import Find, Publish, document


async def until(find: Find, q: str, wanted: list[str], **more: Any) -> dict[str, Any]:
    """The page, as soon as it has these documents."""
    async with asyncio.timeout(10):
        while True:
            page = await find(q, **more)
            if sorted(item["id"] for item in page["items"]) == sorted(wanted):
                return page
            await asyncio.sleep(0.03)


def gone(number: str) -> dict[str, Any]:
    return {"kind": "news_article", "id": number}


async def heard(find: Find, tell: Publish) -> None:
    """Whatever was told before has been taken in: events of one service come in their order."""
    mark = str(new_id())
    await tell(document(mark, f"Tanda {mark[-12:]}"))
    await until(find, mark[-12:], [mark])


async def test_the_newest_version_stands_whatever_comes_last_or_twice(find: Find, tell: Publish) -> None:
    twice = await tell(document("v", "Festival layang-layang"), version=3)
    await tell(document("v", "Festival lama"), version=2)
    await tell(document("v", "Festival palsu"), version=3)
    await tell(document("v", "Festival layang-layang"), version=3, event_id=twice)
    await heard(find, tell)
    (hit,) = (await find("festival"))["items"]
    assert hit["title"] == "Festival layang-layang"
    await tell(document("v", "Festival perahu"), version=4)
    await until(find, "perahu", ["v"])
    assert (await find("layang"))["items"] == []


async def test_what_was_withdrawn_is_not_brought_back_by_a_late_event(find: Find, tell: Publish) -> None:
    await tell(document("w1", "Bazar Ramadan"), version=1)
    await until(find, "bazar", ["w1"])
    await tell(gone("w1"), version=3)
    await tell(gone("w2"), version=2)
    await tell(document("w1", "Bazar Ramadan"), version=2)
    await tell(document("w2", "Bazar buku"), version=1)
    await heard(find, tell)
    assert (await find("bazar"))["items"] == []
    await tell(document("w2", "Bazar buku"), version=3)
    await until(find, "bazar", ["w2"])


async def test_a_kind_of_somebody_else_is_refused_and_holds_nothing_up(
    app: FastAPI, find: Find, tell: Publish, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.events.inbox._TRIES", 1)
    await tell(document("foreign", "Lowongan sopir", kind="jobs_vacancy"))
    await tell(document("own", "Lowongan palsu beredar"))
    await until(find, "lowongan", ["own"])
    for kind in ("news_", "news", "newspaper_x", ""):
        async with app.state.runtime.database.transaction() as session:
            with pytest.raises(search.ForeignKind):
                await search.withdraw(session, "news", kind, "x", 1, now=clock.now())


async def test_what_has_expired_is_not_found_and_neither_is_what_is_still_to_come_out(
    find: Find, keep: Any, clock: ManualClock
) -> None:
    soon, past = clock.now() + timedelta(hours=1), clock.now() - timedelta(hours=1)
    await keep(
        document("e1", "Diskon pajak", expires_at=past.isoformat()),
        document("e2", "Diskon pajak", expires_at=soon.isoformat(), source="demo"),
        document("e3", "Diskon pajak", published_at=soon.isoformat()),
    )
    (hit,) = (await find("diskon"))["items"]
    assert (hit["id"], hit["source"]) == ("e2", "demo")


async def test_what_has_expired_is_not_counted_among_its_type(
    app: FastAPI, keep: Any, clock: ManualClock
) -> None:
    soon = (clock.now() + timedelta(hours=1)).isoformat()
    fairs = [document(f"fair-{n}", "Bursa kerja", kind="jobs_fair") for n in range(3)]
    await keep(fairs[0], fairs[1] | {"expires_at": soon}, fairs[2] | {"expires_at": "2026-01-05T00:00:00Z"})
    async with app.state.runtime.database.transaction() as session:
        told = [await queries.types(session, clock.now() + timedelta(hours=late)) for late in (0, 2)]
    assert [each for types in told for each in types if each[0] == "fair"] == [
        ("fair", "jobs_fair", 2),
        ("fair", "jobs_fair", 1),
    ]


async def test_what_is_to_come_stands_before_what_is_over(find: Find, keep: Any) -> None:
    times = {"past": "2026-01-30", "future": "2026-02-20"}
    for name, day in times.items():
        at = {"starts_at": f"{day}T02:00:00Z", "ends_at": f"{day}T05:00:00Z"}
        await keep(document(name, "Senam pagi bersama", kind="news_event", **at))
    assert [item["id"] for item in (await find("senam"))["items"]] == ["future", "past"]


async def test_a_rebuild_after_everything_was_lost_is_as_it_was_before(
    app: FastAPI, find: Find, tell: Publish, clock: ManualClock
) -> None:
    run, model = app.state.runtime, MODELS["documents"]
    told = [
        document(str(new_id()), f"Imunisasi posyandu {n}", point={"lat": -6.1, "lon": 106.6})
        for n in range(3)
    ]
    for each in told:
        await tell(each, version=7)
    page = await until(find, "imunisasi", [each["id"] for each in told])
    items = [SnapshotItem(id=each["id"], version=7, at=clock.now(), data=each) for each in told]
    async with run.database.transaction() as session:
        assert await model.take(session, "news", items) == 0
        await session.execute(text("DELETE FROM search_words"))
        await session.execute(text("DELETE FROM search_documents"))
    assert (await find("imunisasi"))["items"] == []
    async with run.database.transaction() as session:
        assert await model.take(session, "news", items) == 3
    assert await find("imunisasi") == page
    assert (await find("imunisesi"))["did_you_mean"] == "imunisasi"
    async with run.database.transaction() as session:
        other = items[0].model_copy(update={"data": document(items[0].id, "Imunisasi campak")})
        assert await model.take(session, "news", [other]) == 1
        assert await model.kinds(session, "news") == ["news_article"]
        rows = await model.held(session, ["news_article"], "", 100)
        assert await model.drop(session, [rows[0], (*rows[1][:2], 6)]) == 1
        assert await session.scalar(select(func.count()).select_from(SearchDocument)) == 2
        with pytest.raises(search.ForeignKind):
            await model.take(session, "jobs", items)
        await search.withdraw(session, "news", "news_article", rows[1][1], 9, now=clock.now())
        assert (
            len(await queries.after(session, ["news_article"], "", 100)) == 1
        )  # a tombstone is nobody's row
        assert await model.take(session, "news", items) == 1  # the dropped one; what was withdrawn stays so


async def test_what_providers_published_is_made_anew_from_the_gateways_own_tables(
    app: FastAPI, find: Find, keep: Any, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilds, "_TRIES", 1)
    kind = "provider_civil-registry_queue"
    held = document("q1", "Antrean akta kelahiran", kind=kind)
    await keep(document("q9", "Antrean hantu", kind=kind), document("s1", "Antrean minyak"))
    own = {"provider": "civil-registry", "changed_at": clock.now()}
    async with app.state.runtime.database.transaction() as session:
        session.add(ProviderDocument(id="q1", version=5, shown=True, said=held, **own))
        session.add(ProviderDocument(id="q2", version=6, shown=False, said=held | {"id": "q2"}, **own))
        session.add(ProviderDocument(id="q3", version=7, shown=True, said=None, **own))
    said: list[str] = []
    settings = app.state.runtime.settings
    assert not await rebuilds.rebuild(settings, ["documents"], said.append, clock)  # no service answers here
    assert "1 read, 1 written, 1 removed" in said[-1]
    assert {item["id"] for item in (await find("antrean"))["items"]} == {"q1", "s1"}
    (hit,) = (await find("antrean akta"))["items"]
    assert (hit["type"], hit["kind"]) == ("queue", kind)
    await rebuilds.rebuild(settings, ["documents"], said.append, clock)
    assert "1 read, 0 written, 0 removed" in said[-1]


async def test_what_is_gone_for_good_is_forgotten_and_its_words_with_it(
    app: FastAPI, keep: Any, clock: ManualClock
) -> None:
    """The last one here: its clock does not go back."""
    run = app.state.runtime
    await keep(document("old", "Kebakaran gudang", expires_at=clock.now().isoformat()))
    await keep(document("new", "Gudang baru"))
    async with run.database.transaction() as session:
        await search.withdraw(session, "news", "news_article", "never", 5, now=clock.now())
    clock.advance(search.KEPT - timedelta(days=1))
    await forget_once(run)
    assert await held(app) >= {"old", "never", "new"}
    clock.advance(timedelta(days=10))
    await forget_once(run)
    assert await held(app) & {"old", "never", "new"} == {"new"}
    async with run.database.transaction() as session:
        words = set(await session.scalars(select(SearchWord.word)))
    assert "gudang" in words
    assert "kebakaran" not in words


async def held(app: FastAPI) -> set[str]:
    async with app.state.runtime.database.transaction() as session:
        return set(await session.scalars(select(SearchDocument.id)))
