"""A resident takes away what the city holds of her; a service that is down is said to be missing."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import select, text
from structlog.testing import capture_logs

from deploy.local.actors import photo
from gateway.accesses import usecases as accesses
from gateway.exports import usecases as exports
from gateway.exports.models import ExportPart
from gateway.exports.timers import gather_one
from shared.auth import Caller
from shared.clock import ManualClock
from shared.ids import new_id
from shared.testing import Keys, free_port, in_process, served
from svc_jobs.app import create_app as create_jobs
from svc_jobs.settings import JobsSettings
from svc_news.app import create_app as create_news
from svc_news.settings import NewsSettings
from tests.gateway.accounts.conftest import with_front_ends

NEWS, JOBS = (create_news, NewsSettings, "svc_news"), (create_jobs, JobsSettings, "svc_jobs")
Frame = Callable[[Any, Any, str], FastAPI]


@pytest.fixture(scope="module")
def ports() -> tuple[int, int]:
    first = free_port(2)
    return first, first + 1


@pytest.fixture
def frame(databases: Any, settings_for: Callable[..., Any], clock: ManualClock) -> Frame:
    """A service that holds nothing of anybody."""
    return lambda create, kind, package: create(settings_for(kind, databases.new(package)), clock)


@pytest.fixture
async def app(
    make_app: Callable[..., FastAPI], clock: ManualClock, ports: tuple[int, int], tmp_path: Any
) -> AsyncIterator[FastAPI]:
    """The gateway in front of two services, of which none runs yet."""
    services = [
        {"name": name, "url": f"http://127.0.0.1:{port}", "prefixes": [f"/v1/{name}"]}
        for name, port in zip(("svc-news", "svc-jobs"), ports, strict=True)
    ]
    made = make_app(services=json.dumps(services), media_url=f"file://{tmp_path}/media")
    await with_front_ends(made, clock)
    yield made
    await made.state.runtime.stop()


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def ask(client: AsyncClient, tokens: dict[str, Any]) -> Response:
    return await client.post("/v1/me/export", headers={**bearer(tokens), "Idempotency-Key": str(new_id())})


async def file(client: AsyncClient, tokens: dict[str, Any]) -> Response:
    return await client.get("/v1/me/export/file", headers=bearer(tokens))


def states(answer: Response) -> dict[str, str]:
    return {part["service"]: part["state"] for part in answer.json()["parts"]}


async def test_a_frame_says_truthfully_that_it_holds_nothing(
    frame: Frame, keys: Keys, clock: ManualClock
) -> None:
    app = frame(*NEWS)
    async with in_process(app) as client:
        path = f"/internal/citizens/{new_id()}/export"
        for caller, status in ((Caller(), 401), (Caller(kind="citizen", sub="c"), 403)):
            headers = keys.identity(caller, "svc-news", clock.now())
            assert (await client.get(path, headers=headers)).status_code == status
        system = keys.identity(Caller(kind="system", sub="gateway"), "svc-news", clock.now())
        answer = await client.get(path, headers=system)
        assert (answer.status_code, answer.json()) == (200, {"held": {}, "next": None})
    await app.state.runtime.stop()


async def test_an_export_is_complete_once_every_service_has_answered(
    client: AsyncClient,
    app: FastAPI,
    someone: Any,
    frame: Frame,
    ports: tuple[int, int],
    clock: ManualClock,
) -> None:
    run, tokens = app.state.runtime, await someone.citizen()
    await client.patch("/v1/me", json={"name": "Canary demo"}, headers=bearer(tokens))
    picture = photo(-6.17, 106.63, clock.now(), "demo")
    sent = {**bearer(tokens), "Content-Type": "image/jpeg"}
    uploaded = (await client.post("/v1/media", content=picture, headers=sent)).json()
    begun = await ask(client, tokens)
    assert begun.status_code == 202
    assert states(begun) == {"gateway": "pending", "jobs": "pending", "news": "pending"}
    async with served(frame(*NEWS), ports[0]):
        assert await gather_one(run)
    now = await client.get("/v1/me/export", headers=bearer(tokens))
    assert (now.json()["state"], states(now)) == (
        "pending",
        {"gateway": "ready", "jobs": "pending", "news": "ready"},
    )
    part = (await file(client, tokens)).json()
    assert (part["complete"], part["pending"], part["services"]["news"]) == (False, ["jobs"], {})
    assert not await gather_one(run)
    clock.advance(timedelta(minutes=1))
    async with served(frame(*JOBS), ports[1]):
        assert await gather_one(run)
    whole = await file(client, tokens)
    assert whole.headers["content-disposition"].startswith("attachment")
    assert whole.headers["cache-control"] == "no-store"
    body = whole.json()
    own = body["services"]["gateway"]
    assert body["complete"]
    assert (own["account"][0]["name"], own["account"][0]["phone"]) == ("Canary demo", "+6281200000001")
    assert [media["captured_lat"] for media in own["media"]] == [pytest.approx(-6.17, abs=1e-4)]
    path = body["photos"][0]["link"].partition("8000")[2]
    assert uploaded["media_id"] in path
    assert (await client.get(path)).status_code == 200


async def test_the_file_is_for_its_owner_alone_and_needs_a_fresh_sign_in(
    client: AsyncClient, app: FastAPI, someone: Any, clock: ManualClock
) -> None:
    tokens, other = await someone.citizen(), await someone.citizen("0812 0000 0002")
    assert (await file(client, tokens)).status_code == 404
    await ask(client, tokens)
    await gather_one(app.state.runtime)
    assert (await file(client, other)).status_code == 404
    assert (await client.get("/v1/me/export", headers=bearer(other))).status_code == 404
    await someone.enrol()
    officer = (await someone.staff()).json()
    assert (await file(client, officer)).status_code == 403
    assert (await ask(client, officer)).status_code == 403
    clock.advance(timedelta(minutes=9))
    tokens = (await someone.refresh(tokens["refresh_token"])).json()
    clock.advance(timedelta(minutes=2))
    refused = await file(client, tokens)
    assert (refused.status_code, refused.json()["code"]) == (403, "sign_in_again")
    assert (await file(client, await someone.citizen())).status_code == 200


async def test_an_export_is_sealed_at_rest_and_gone_after_a_day(
    client: AsyncClient, app: FastAPI, someone: Any, clock: ManualClock
) -> None:
    run, tokens = app.state.runtime, await someone.citizen()
    citizen = tokens["citizen"]["id"]
    await client.patch("/v1/me", json={"name": "Canary demo"}, headers=bearer(tokens))
    await ask(client, tokens)
    await gather_one(run)
    async with run.database.transaction() as session:
        dump = str((await session.execute(text("SELECT * FROM export_parts"))).all())
        assert "Canary" not in dump
        assert "81200000001" not in dump
        for part in (await session.scalars(select(ExportPart))).all():
            part.sealed = part.sealed or run.cipher.encrypt("{}", part.place)
        export = (await session.execute(text("SELECT id FROM exports"))).scalar_one()
        await exports.conclude(session, export, clock.now())
    assert (await client.get("/v1/me/export", headers=bearer(tokens))).json()["state"] == "complete"
    again = await ask(client, tokens)
    assert again.json()["state"] == "complete"
    clock.advance(timedelta(hours=24))
    tokens = await someone.citizen()
    assert tokens["citizen"]["id"] == citizen
    assert (await file(client, tokens)).status_code == 404
    async with run.database.transaction() as session:
        assert await exports.forget_old(session, clock.now()) == 1
        assert (await session.scalars(select(ExportPart))).all() == []
    assert (await ask(client, tokens)).json()["state"] == "pending"


async def test_an_export_that_one_service_never_answers_ends_after_a_week(
    client: AsyncClient, app: FastAPI, someone: Any, clock: ManualClock
) -> None:
    run, tokens = app.state.runtime, await someone.citizen()
    begun = (await ask(client, tokens)).json()
    assert begun["expires_at"] == "2026-02-09T09:00:00+07:00"
    await gather_one(run)
    clock.advance(timedelta(days=6, hours=23))
    tokens = await someone.citizen()
    assert (await file(client, tokens)).json()["pending"] == ["jobs", "news"]
    clock.advance(timedelta(hours=1))
    tokens = await someone.citizen()
    assert (await file(client, tokens)).status_code == 404
    with capture_logs() as lines:
        await run.forget(exports.forget_old)
    assert ("exports_given_up", 1) in [(line["event"], line.get("count")) for line in lines]
    async with run.database.transaction() as session:
        assert (await session.scalars(select(ExportPart))).all() == []


async def test_who_asks_anew_on_the_day_her_export_ends_gets_a_new_one(
    client: AsyncClient, someone: Any, clock: ManualClock
) -> None:
    first = (await ask(client, await someone.citizen())).json()
    clock.advance(timedelta(days=7))
    second = (await ask(client, await someone.citizen())).json()
    assert second["requested_at"] > first["requested_at"]
    assert second["expires_at"] == "2026-02-16T09:00:00+07:00"


async def test_who_had_her_data_is_told_for_a_year(
    client: AsyncClient, app: FastAPI, someone: Any, clock: ManualClock
) -> None:
    run, tokens = app.state.runtime, await someone.citizen()
    await ask(client, tokens)
    clock.advance(timedelta(days=365))
    await run.forget(accesses.forget_old)

    async def trail() -> list[Any]:
        now = await someone.citizen()
        return list((await client.get("/v1/me/data-access", headers=bearer(now))).json()["items"])

    assert len(await trail()) == 1
    clock.advance(timedelta(seconds=1))
    await run.forget(accesses.forget_old)
    assert await trail() == []


async def test_she_reads_who_had_her_data(client: AsyncClient, app: FastAPI, someone: Any) -> None:
    tokens, other = await someone.citizen(), await someone.citizen("0812 0000 0002")
    await ask(client, tokens)
    await gather_one(app.state.runtime)
    await file(client, tokens)
    english = {**bearer(tokens), "Accept-Language": "en"}
    trail = (await client.get("/v1/me/data-access?limit=2", headers=english)).json()
    assert [(item["what"]["code"], item["by"]["label"]) for item in trail["items"]] == [
        ("export_read", "You yourself"),
        ("export_gathered", "The city's system, because you asked"),
    ]
    rest = await client.get(f"/v1/me/data-access?cursor={trail['next']}", headers=english)
    assert [item["what"]["code"] for item in rest.json()["items"]] == ["export_requested"]
    others = await client.get("/v1/me/data-access", headers=bearer(other))
    assert others.json() == {"items": [], "next": None}
    foreign = await client.get(f"/v1/me/data-access?cursor={trail['next']}", headers=bearer(other))
    assert foreign.json()["code"] == "bad_cursor"


async def test_who_asks_twice_gets_one_export(client: AsyncClient, app: FastAPI, someone: Any) -> None:
    tokens = await someone.citizen()
    first, second = await ask(client, tokens), await ask(client, tokens)
    assert first.json() == second.json()
    async with app.state.runtime.database.transaction() as session:
        assert (await session.execute(text("SELECT count(*) FROM exports"))).scalar_one() == 1
