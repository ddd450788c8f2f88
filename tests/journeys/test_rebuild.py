"""What the broker lost, and what a read model lost, comes back: from the outboxes, and from the owners."""

import asyncio
import shutil
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update

from gateway.erasures.models import Erasure
from gateway.rebuilds import usecases as rebuilds
from gateway.requests.models import CityRequest
from gateway.seals.models import Seal
from gateway.search.models import SearchDocument
from gateway.streams.models import FeedRow
from shared.chain.verify import Seal as Known
from shared.chain.verify import verify
from shared.events.relay import replay, waiting
from shared.ids import new_id
from shared.runtime import Runtime
from svc_laksa.reports.models import Report
from tests.journeys.conftest import delete_streams

Body = Callable[..., dict[str, Any]]


async def rows(run: Runtime, table: Any) -> list[dict[str, Any]]:
    """A whole table, in the order of its key."""
    async with run.database.transaction() as session:
        found = await session.execute(select(table.__table__).order_by(*table.__table__.primary_key))
        return [dict(row._mapping) for row in found]


async def until(condition: Callable[[], Any], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.05)


async def caught_up(city: Any) -> None:
    """Until the gateway holds every citizen's report as its owner has it."""

    async def same() -> bool:
        owned = [(str(r["id"]), r["version"]) for r in await rows(city.laksa.state.runtime, Report)]
        held = [(r["entity_id"], r["version"]) for r in await rows(city.gateway.state.runtime, CityRequest)]
        return owned == held

    await until(same)


async def all_sent(run: Runtime) -> None:
    async def none_waits() -> bool:
        async with run.database.connection() as connection:
            return await waiting(connection) == 0

    await until(none_waits)


def lose_disk(own: Any) -> None:
    """The broker is gone, and everything it kept."""
    own.broker.stop()
    shutil.rmtree(own.broker.folder / "jetstream")
    own.broker.start()


async def rebuild(city: Any, *, whole: bool = True) -> list[str]:
    said: list[str] = []
    run = city.gateway.state.runtime
    assert await rebuilds.rebuild(run.settings, ["requests"], said.append, city.clock) == whole, said
    return said


@pytest.fixture(autouse=True)
async def _streams_of_its_own(own: Any) -> None:
    """Every city here has databases of its own, and the broker is the same."""
    await delete_streams(own.broker.url())


async def test_a_broker_that_lost_its_disk_is_refilled_and_my_requests_are_complete(
    start_city: Callable[[], Any], own: Any, pothole: Body
) -> None:
    async with start_city() as city:
        resident, officer = await city.resident(), await city.officer("laksa_officer")
        sent = [await resident.post("/v1/laksa/reports", pothole()) for _ in range(3)]
        await caught_up(city)
        seals = await sealed(city)
        (heard,) = [t for t in city.gateway.state.runtime.tasks if t.get_name() == "inbox-requests-LAKSA"]
        heard.cancel()  # what is sent from here on, the broker acknowledges and the gateway never takes
        await officer.post(f"/v1/laksa/reports/{sent[0]['id']}/assign")
        lost = await resident.post("/v1/laksa/reports", pothole())
        await all_sent(city.laksa.state.runtime)
    await asyncio.to_thread(lose_disk, own)
    async with start_city() as city:
        resident = await city.resident()
        laksa, gateway = city.laksa.state.runtime, city.gateway.state.runtime
        after = await resident.post("/v1/laksa/reports", pothole())  # the streams made themselves
        await until(lambda: told(gateway, after["id"]))
        assert not await told(gateway, lost["id"])
        async with laksa.database.transaction() as session:
            since = city.clock.now() - timedelta(days=7)
            assert await replay(await session.connection(), since) > 0
        await caught_up(city)
        assert await told(gateway, lost["id"])  # the resident is told, too, not only shown
        await all_sent(laksa)
        await whole_streams(laksa)
        assert [row for row in await rows(gateway, Seal) if row in seals] == seals
        mine = (await resident.get("/v1/me/requests"))["items"]
        assert {r["number"]: r["state"] for r in mine} == {
            **{r["code"]: "received" for r in [*sent, lost, after]},
            sent[0]["code"]: "assigned",
        }
        await a_cut_tail_is_found(laksa, own.cluster, seals)


async def sealed(city: Any) -> list[dict[str, Any]]:
    """The seals the gateway keeps, as soon as it keeps one of the whole chain."""
    laksa = city.laksa.state.runtime

    async def kept() -> bool:
        await laksa.sequencer.seal()
        return max((row["seq"] for row in await of_laksa()), default=0) == len(await rows(laksa, Report))

    async def of_laksa() -> list[dict[str, Any]]:
        return [row for row in await rows(city.gateway.state.runtime, Seal) if row["service"] == "laksa"]

    await until(kept)
    return await of_laksa()


async def a_cut_tail_is_found(laksa: Runtime, cluster: Any, seals: list[dict[str, Any]]) -> None:
    """What came through the broker's loss still witnesses against whoever cuts the ledger."""
    database = laksa.settings.database_url.get_secret_value().rpartition("/")[2]
    cut = "DELETE FROM chain WHERE seq > 2; DELETE FROM entries WHERE id NOT IN (SELECT entry_id FROM chain);"
    cluster.sql(cut, database)
    async with laksa.database.transaction() as session:
        assert (await verify(session)).broken is None
        verdict = await verify(session, [Known(row["seq"], row["hash"]) for row in seals])
    assert "ends at 2" in (verdict.broken or "")


async def told(gateway: Runtime, report_id: str) -> bool:
    """Whether the citizen's feed has it."""
    return any(row["payload"]["id"] == report_id for row in await rows(gateway, FeedRow))


async def whole_streams(laksa: Runtime) -> None:
    """Every event of the outbox is in the stream, once: no request and no document is missing."""
    async with laksa.database.transaction() as session:
        kept = {str(i) for i in await session.scalars(text("SELECT id FROM outbox"))}
    state = (await laksa.bus.jetstream.stream_info("LAKSA")).state
    found = [
        (await laksa.bus.jetstream.get_msg("LAKSA", seq)).headers["Nats-Msg-Id"]
        for seq in range(state.first_seq, state.last_seq + 1)
    ]
    assert sorted(found) == sorted(kept)


async def test_a_lost_read_model_is_made_anew_row_by_row_while_the_city_works(
    start_city: Callable[[], Any], pothole: Body, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilds, "PAGE", 3)
    async with start_city() as city:
        residents = [await city.resident(number) for number in range(2)]
        officer = await city.officer("laksa_officer")
        sent = [await residents[n % 2].post("/v1/laksa/reports", pothole()) for n in range(10)]
        await officer.post(f"/v1/laksa/reports/{sent[4]['id']}/assign")
        await caught_up(city)
        gateway = city.gateway.state.runtime
        before, feed = await rows(gateway, CityRequest), await rows(gateway, FeedRow)
        assert "10 read, 0 written, 0 removed (" in (await rebuild(city))[0]

        async with gateway.database.transaction() as session:
            await session.execute(delete(CityRequest))
        assert (await residents[0].get("/v1/me/requests"))["items"] == []
        assert "10 read, 10 written, 0 removed" in (await rebuild(city))[0]
        assert await rows(gateway, CityRequest) == before
        assert await rows(gateway, FeedRow) == feed  # nobody is told again what she knew
        await search_is_made_anew(city)

        async with gateway.database.transaction() as session:
            await session.execute(delete(CityRequest))
        during = asyncio.gather(
            *(r.post("/v1/laksa/reports", pothole(id=str(new_id()))) for r in residents * 4)
        )
        moved = officer.post(f"/v1/laksa/reports/{sent[9]['id']}/assign")
        await asyncio.gather(during, moved, rebuild(city))
        await caught_up(city)
        assert "0 written, 0 removed" in (await rebuild(city))[0]

        (hers,) = [row["citizen_id"] for row in before if row["entity_id"] == sent[1]["id"]]
        async with gateway.database.transaction() as session:  # her service has not heard of it yet
            left = {"id": new_id(), "citizen_id": hers, "requested_at": city.clock.now(), "waiting": []}
            await session.execute(insert(Erasure), [left | {"due_at": city.clock.now(), "erased": {}}])
            await session.execute(delete(CityRequest))
        await rebuild(city)
        held = [row["citizen_id"] for row in await rows(gateway, CityRequest)]
        assert set(held) == {row["citizen_id"] for row in before} - {hers}


async def search_is_made_anew(city: Any) -> None:
    """What was published is found as it was; a step that changes nothing public still counts as a version."""
    gateway = city.gateway.state.runtime

    async def published() -> list[dict[str, Any]]:
        found = await rows(gateway, SearchDocument)
        return [
            {name: value for name, value in row.items() if name not in ("no", "version")} for row in found
        ]

    async def all_told() -> bool:
        return len(await published()) == len(await rows(city.laksa.state.runtime, Report))

    await until(all_told)
    before, said = await published(), list[str]()
    async with gateway.database.transaction() as session:
        await session.execute(delete(SearchDocument))
    assert await rebuilds.rebuild(gateway.settings, ["documents"], said.append, city.clock), said
    assert await published() == before
    guest = city.guest()
    hits = (await guest.get("/v1/search?q=jln+berlubng"))["items"]
    assert {hit["kind"] for hit in hits} == {"laksa_report"}


async def test_a_rebuild_mends_what_differs_removes_what_is_gone_and_an_owner_away_costs_nothing(
    start_city: Callable[[], Any], pothole: Body, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilds, "PAGE", 2)
    async with start_city() as city:
        resident = await city.resident()
        sent = [await resident.post("/v1/laksa/reports", pothole()) for _ in range(4)]
        await caught_up(city)
        gateway = city.gateway.state.runtime
        before = await rows(gateway, CityRequest)
        ghosts = [before[0] | {"entity_id": entity} for entity in ("0" * 8, str(new_id()), "f" * 8)]
        other = before[0] | {"kind": "jobs_application", "entity_id": "ffffffff"}
        newer = CityRequest.entity_id == sent[2]["id"]
        async with gateway.database.transaction() as session:
            await session.execute(insert(CityRequest), [*ghosts, other])
            await session.execute(
                update(CityRequest).where(CityRequest.entity_id == sent[1]["id"]).values(link="/x")
            )
            await session.execute(update(CityRequest).where(newer).values(version=9, state="done"))
        said = await rebuild(city)
        assert "4 read, 1 written, 3 removed, 1 NEWER HERE" in said[0]
        held = {row["entity_id"]: row for row in await rows(gateway, CityRequest)}
        assert held.pop("ffffffff") == other
        assert held.pop(sent[2]["id"])["version"] == 9
        assert list(held.values()) == [row for row in before if row["entity_id"] in held]
        left = await rows(gateway, CityRequest)
        await no_front_end_reaches_a_snapshot(city)
        with monkeypatch.context() as another:
            another.setattr("svc_laksa.reports.documents.KIND", "jobs_application")
            said = await rebuild(city, whole=False)
        assert "NOT WHOLE: svc-laksa gave no snapshot of requests (ForeignKind); 0 read" in said[0]
        assert await rows(gateway, CityRequest) == left
    monkeypatch.setattr("gateway.rebuilds.usecases._TRIES", 1)
    said.clear()
    assert not await rebuilds.rebuild(gateway.settings, ["requests"], said.append, city.clock)
    assert "svc-laksa gave no snapshot of requests (ClientConnectorError)" in said[0]
    assert await rows(gateway, CityRequest) == left
    await gateway.database.close()


PATHS = (
    "/internal/snapshots/requests",
    "//internal/snapshots/requests",
    "/v1/laksa/../../internal/snapshots/requests",
    "/v1/laksa/%2e%2e/%2e%2e/internal/snapshots/requests",
    "/v1/laksa/..%2f..%2finternal/snapshots/requests",
)


async def no_front_end_reaches_a_snapshot(city: Any) -> None:
    officer = await city.officer("laksa_officer")
    host, _, port = city.url.removeprefix("http://").partition(":")
    for path in PATHS:
        reader, writer = await asyncio.open_connection(host, int(port))
        head = [f"GET {path} HTTP/1.1", f"Host: {host}", "Connection: close", "X-Identity: x"]
        head += [f"{name}: {value}" for name, value in officer.headers.items()]
        writer.write("\r\n".join([*head, "", ""]).encode())
        answer = (await reader.read()).decode()
        writer.close()
        assert answer.split(" ")[1] in ("400", "404"), answer
        assert "items" not in answer
