"""A resident erases her account: gone for her at once, then a clock until every service has answered."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select
from structlog.testing import capture_logs

from deploy.local.actors import photo
from gateway.accounts.models import Session
from gateway.codes.models import Challenge
from gateway.erasures import timers
from gateway.erasures import usecases as erasures
from gateway.erasures.models import Erasure
from gateway.media import timers as cleaning
from gateway.media.models import Media
from gateway.media.uses import usecases as uses
from gateway.media.uses.usecases import Word
from gateway.privacy.usecases import erase
from gateway.requests import usecases as requests
from gateway.streams import usecases as streams
from gateway.vault import Vault
from shared.clock import ManualClock
from shared.contracts.city import CitizenErasureDoneV1, RequestUpdatedV1
from shared.contracts.snapshots import SnapshotItem
from shared.events.event import Envelope
from shared.ids import new_id
from shared.privacy import LATE
from shared.tables import outbox


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def leave(client: AsyncClient, tokens: dict[str, Any]) -> Response:
    return await client.delete("/v1/me", headers=bearer(tokens))


async def rows(app: FastAPI, wanted: Any) -> list[Any]:
    async with app.state.runtime.database.transaction() as session:
        return list(await session.scalars(wanted))


async def told(app: FastAPI) -> list[dict[str, Any]]:
    wanted = select(outbox.c.data).where(outbox.c.type == "gateway.citizen_erased.v1")
    return await rows(app, wanted.order_by(outbox.c.id))


async def done(app: FastAPI, erasure_id: str, service: str, *, final: bool = True, **erased: int) -> None:
    async with app.state.runtime.database.transaction() as session:
        said = CitizenErasureDoneV1(erased=erased, final=final)
        await erasures.answered(session, erasure_id, service, said, app.state.runtime.clock.now())


async def test_an_account_is_gone_at_once_and_its_phone_is_free(
    client: AsyncClient, app: FastAPI, someone: Any
) -> None:
    first, other_app = await someone.citizen(), await someone.citizen()
    answer = await leave(client, first)
    assert answer.status_code == 202
    assert answer.json()["done_at"] is None
    await someone.edge_hears()
    for tokens in (first, other_app):
        assert (await someone.me(tokens["access_token"])).status_code == 401
        assert (await someone.refresh(tokens["refresh_token"])).status_code == 401
    again = await someone.citizen()
    assert again["citizen"]["new"]
    assert again["citizen"]["id"] != first["citizen"]["id"]
    assert await told(app) == [{"citizen_id": first["citizen"]["id"]}]
    assert (await someone.me(again["access_token"])).json()["name"] is None


async def test_an_old_sign_in_is_not_enough_even_with_fresh_tokens(
    client: AsyncClient, app: FastAPI, someone: Any, clock: ManualClock
) -> None:
    tokens = await someone.citizen()
    clock.advance(timedelta(minutes=9))
    tokens = (await someone.refresh(tokens["refresh_token"])).json()
    clock.advance(timedelta(minutes=2))
    refused = await leave(client, tokens)
    assert (refused.status_code, refused.json()["code"]) == (403, "sign_in_again")
    assert await told(app) == []
    assert (await leave(client, await someone.citizen())).status_code == 202


async def test_who_lost_the_answer_finds_her_erasure_by_the_id_she_made(
    client: AsyncClient, app: FastAPI, someone: Any
) -> None:
    tokens, made = await someone.citizen(), str(new_id())
    sent = {**bearer(tokens), "Idempotency-Key": made}
    assert (await client.get(f"/v1/erasures/{made}")).status_code == 404
    assert (await client.delete("/v1/me", headers=sent)).status_code == 202
    await someone.edge_hears()
    assert (await client.delete("/v1/me", headers=sent)).status_code == 401
    found = await client.get(f"/v1/erasures/{made}")
    assert (found.status_code, found.json()["id"], found.json()["done_at"]) == (200, made, None)
    again = {**bearer(await someone.citizen()), "Idempotency-Key": made}
    taken = await client.delete("/v1/me", headers=again)
    assert (taken.status_code, taken.json()["code"]) == (409, "id_taken")
    assert (await client.get("/v1/me", headers=again)).status_code == 200
    odd = await client.delete("/v1/me", headers={**again, "Idempotency-Key": "no uuid"})
    assert odd.status_code == 422
    assert len(await told(app)) == 1


async def test_photos_wait_until_every_service_has_said_what_it_needs(
    client: AsyncClient, app: FastAPI, someone: Any, clock: ManualClock
) -> None:
    run, tokens, other = app.state.runtime, await someone.citizen(), await someone.citizen("0812 0000 0002")
    kept, loose, others = [await _photo(client, each, clock) for each in (tokens, tokens, other)]
    erasure = (await leave(client, tokens)).json()
    async with run.database.transaction() as session:
        await erase(session, run, tokens["citizen"]["id"], clock.now())
    assert await cleaning.remove_unattached(run) == 0
    async with run.database.transaction() as session:  # news that waited while the broker was away
        await uses.attach(session, [kept], Word("laksa", new_id()), now=clock.now())
    await done(app, erasure["id"], "gateway", final=False)
    clock.advance(LATE)
    assert await cleaning.remove_unattached(run) == 0
    await done(app, erasure["id"], "gateway")
    clock.advance(timedelta(seconds=1))
    assert await cleaning.remove_unattached(run) == 1
    assert {row.id for row in await rows(app, select(Media))} == {kept, others} - {loose}
    async with run.database.transaction() as session:
        await uses.release(session, [kept], Word("laksa", new_id()))
    assert await cleaning.remove_unattached(run) == 1


async def _photo(client: AsyncClient, tokens: dict[str, Any], clock: ManualClock) -> UUID:
    clock.advance(timedelta(seconds=1))
    picture = photo(-6.17, 106.63, clock.now(), str(new_id()))
    answer = await client.post(
        "/v1/media", content=picture, headers={**bearer(tokens), "Content-Type": "image/jpeg"}
    )
    return UUID(answer.json()["media_id"])


async def test_staff_and_guests_cannot_leave_as_residents_do(client: AsyncClient, someone: Any) -> None:
    await someone.enrol()
    officer = (await someone.staff()).json()
    assert (await leave(client, officer)).status_code == 403
    assert (await client.delete("/v1/me")).status_code == 401


async def test_sending_it_again_erases_nobody_else(client: AsyncClient, app: FastAPI, someone: Any) -> None:
    tokens = await someone.citizen()
    assert (await leave(client, tokens)).status_code == 202
    assert (await leave(client, tokens)).status_code == 401
    assert len(await told(app)) == 1


async def test_codes_of_the_phone_are_used_up_and_still_count(
    client: AsyncClient, app: FastAPI, someone: Any
) -> None:
    tokens = await someone.citizen()
    waiting = (await someone.ask()).json()["challenge_id"]
    await leave(client, tokens)
    assert (await someone.try_code(waiting, "123456")).json()["code"] == "code_expired"
    vault = app.state.runtime.part(Vault)
    left = await rows(app, select(Challenge))
    assert len(left) == 2
    assert {vault.open(row.phone, f"code_challenges.phone.{row.id}") for row in left} == {""}


async def test_the_clock_waits_for_every_service_and_adds_up_what_they_erased(
    client: AsyncClient, app: FastAPI, someone: Any
) -> None:
    erasure = (await leave(client, await someone.citizen())).json()
    path = f"/v1/erasures/{erasure['id']}"
    ((waiting),) = [row.waiting for row in await rows(app, select(Erasure))]
    assert waiting == ["gateway"]
    async with app.state.runtime.database.transaction() as session:
        row = await session.get(Erasure, UUID(erasure["id"]))
        row.waiting = ["gateway", "laksa"]
    await done(app, erasure["id"], "laksa", final=False, reports=2)
    await done(app, erasure["id"], "laksa", reports=1, texts=1)
    assert (await client.get(path)).json()["done_at"] is None
    await done(app, erasure["id"], "gateway")
    assert (await client.get(path)).json()["done_at"] is not None
    (row,) = await rows(app, select(Erasure))
    assert (row.waiting, row.erased["laksa"]) == ([], {"reports": 3, "texts": 1})
    assert (await client.get(f"/v1/erasures/{new_id()}")).status_code == 404


async def test_who_is_late_is_told_again_counted_and_logged(
    client: AsyncClient, app: FastAPI, someone: Any, clock: ManualClock
) -> None:
    run = app.state.runtime
    erasure = (await leave(client, await someone.citizen())).json()
    for _ in range(2):
        clock.advance(timedelta(hours=24))
        assert await run.timers.run_due() == 1
    assert await _clocks(app) == (1.0, 0.0)
    clock.advance(timedelta(hours=24))
    with capture_logs() as lines:
        await run.timers.run_due()
    assert [(line["event"], line["waiting"]) for line in lines] == [("erasure_late", ["gateway"])]
    assert len(await told(app)) == 4
    assert await _clocks(app) == (1.0, 1.0)
    assert "1 privacy requests later than three days" in [r for ask in run.degraded for r in ask()]
    await done(app, erasure["id"], "gateway")
    clock.advance(timedelta(hours=24))
    assert await run.timers.run_due() == 0
    assert await _clocks(app) == (0.0, 0.0)


async def _clocks(app: FastAPI) -> tuple[float, float]:
    """(waiting, late) as the metrics say."""
    run = app.state.runtime
    await timers.measure(run)
    families = text_string_to_metric_families(run.metrics.exposition().decode())
    found = {
        (sample.labels["what"], sample.labels["state"]): sample.value
        for family in families
        for sample in family.samples
        if sample.name == "city_privacy_clocks"
    }
    return found["erasure", "waiting"], found["erasure", "late"]


async def test_the_citys_staff_sees_the_clocks_and_no_name(
    client: AsyncClient, app: FastAPI, someone: Any, clock: ManualClock
) -> None:
    gone = [await someone.citizen(f"0812 0000 000{n}") for n in range(3)]
    ids = [(await leave(client, tokens)).json()["id"] for tokens in gone]
    await done(app, ids[0], "gateway")
    clock.advance(timedelta(hours=73))
    await someone.enrol("boss", roles=("admin",), agency=None)
    admin = bearer((await someone.staff("boss")).json())

    async def listed(query: str) -> dict[str, Any]:
        answer = await client.get(f"/v1/admin/erasures{query}", headers=admin)
        assert answer.status_code == 200, answer.text
        assert not any(tokens["citizen"]["id"] in answer.text for tokens in gone)
        body: dict[str, Any] = answer.json()
        return body

    assert [item["id"] for item in (await listed(""))["items"]] == ids[::-1]
    late = (await listed("?state=late"))["items"]
    assert [(item["id"], item["late"], item["waiting"]) for item in late] == [
        (each, True, ["gateway"]) for each in ids[:0:-1]
    ]
    assert [item["id"] for item in (await listed("?state=done"))["items"]] == ids[:1]
    first = await listed("?limit=2")
    assert [item["id"] for item in (await listed(f"?limit=2&cursor={first['next']}"))["items"]] == ids[:1]


async def test_the_list_of_erasures_is_for_admin_and_ops(client: AsyncClient, someone: Any) -> None:
    await someone.enrol()
    officer, resident = (await someone.staff()).json(), await someone.citizen()
    for headers, status in (({}, 401), (bearer(officer), 403), (bearer(resident), 403)):
        assert (await client.get("/v1/admin/erasures", headers=headers)).status_code == status


def _moved(citizen_id: str) -> Envelope:
    said = RequestUpdatedV1(
        citizen_id=citizen_id,
        kind="laksa_report",
        number="LKS-7KQ4-DM2P",
        title={"id": "Jalan", "en": "Road"},
        state="done",
        state_label={"id": "Selesai", "en": "Done"},
        next_step={"id": "-", "en": "-"},
        link="/v1/laksa/reports/x",
        closed=True,
    )
    return Envelope(
        id=str(new_id()),
        source="//tangerang/svc-laksa",
        type=f"laksa.{RequestUpdatedV1.name}",
        subject=str(new_id()),
        time="2026-02-02T02:00:00Z",  # type: ignore[arg-type]
        partitionkey="x",
        entityversion=1,
        data=said.model_dump(mode="json"),
    )


async def test_what_the_gateway_holds_goes_and_late_news_of_her_is_not_kept(
    client: AsyncClient, app: FastAPI, someone: Any, clock: ManualClock
) -> None:
    run = app.state.runtime
    tokens, other = await someone.citizen(), await someone.citizen("0812 0000 0002")
    hers, others = tokens["citizen"]["id"], other["citizen"]["id"]
    for whose in (hers, others, hers):
        async with run.database.transaction() as session:
            assert await requests.note_update(session, _moved(whose), now=clock.now())
    await client.post("/v1/me/stream/ticket", headers=bearer(tokens))
    assert (await client.post("/v1/me/export", headers=_key(tokens))).status_code == 202
    await leave(client, tokens)
    async with run.database.transaction() as session:
        counts = await erase(session, run, hers, clock.now())
        assert not await requests.note_update(session, _moved(hers), now=clock.now())
        assert await requests.take_snapshots(session, "laksa", [_owned(hers), _owned(others)]) == 1
        await streams.tell(session, hers, "anything", {}, now=clock.now())
    assert counts["requests"] == 2
    assert (counts["exports"], counts["accesses"]) == (1, 1)
    assert (await client.get("/v1/me/requests", headers=bearer(other))).json()["items"]
    assert await _mentions(app, hers) == ["erasures", "idempotency", "outbox", "sessions"]
    clock.advance(LATE)
    async with run.database.transaction() as session:
        await erase(session, run, hers, clock.now())
    assert [row.person_id for row in await rows(app, select(Session))] == [UUID(others)]


def _owned(citizen_id: str) -> SnapshotItem:
    """The same, as a rebuild gets it from the service."""
    moved = _moved(citizen_id)
    return SnapshotItem(id=str(new_id()), version=1, at=moved.time, data=moved.data)


def _key(tokens: dict[str, Any]) -> dict[str, str]:
    return {**bearer(tokens), "Idempotency-Key": str(new_id())}


async def _mentions(app: FastAPI, words: str) -> list[str]:
    """Tables that have this text in a row."""
    from sqlalchemy import text

    async with app.state.runtime.database.transaction() as session:
        names = (
            await session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        ).all()
        found = []
        for name in names:
            where = f'SELECT count(*) FROM "{name}" t WHERE row_to_json(t)::text LIKE :words'
            if await session.scalar(text(where), {"words": f"%{words}%"}):
                found.append(name)
    return sorted(found)


@pytest.mark.parametrize("method", ["get", "head"])
async def test_an_erasure_can_be_asked_for_without_an_account(
    client: AsyncClient, someone: Any, method: str
) -> None:
    erasure = (await leave(client, await someone.citizen())).json()
    assert (await client.request(method, f"/v1/erasures/{erasure['id']}")).status_code == 200
