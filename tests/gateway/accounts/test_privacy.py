"""Phone, name, code, password and tokens stand nowhere but in the answer to their owner."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, ConnectError
from sqlalchemy import text
from structlog.testing import capture_logs

from gateway.clients import usecases as clients
from gateway.edge.fresh import Memory
from gateway.pack import load
from gateway.senders.client import CodeSender
from gateway.settings import GatewaySettings
from shared.clock import ManualClock
from shared.db import Database
from shared.settings import Settings
from shared.testing import free_port, in_process

PHONE, NAME = "+6281298765432", "Canary Wulandari"


class Carrier:
    """A carrier that takes codes, or breaks and quotes the phone as carriers do."""

    ready = costs = True
    fixed = None

    def __init__(self, broken: bool = False) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.broken = broken

    async def send(self, phone: str, code: str, language: str) -> None:
        if self.broken:
            raise ConnectionError(f"cannot reach {phone} with {code}")
        self.sent.append((phone, code, language))


@asynccontextmanager
async def process(environment: dict[str, str], printed: Path) -> AsyncIterator[None]:
    """`python -m gateway serve` with everything it prints in a file."""
    with printed.open("wb") as file:
        command = [sys.executable, "-m", "gateway", "serve"]
        child = await asyncio.create_subprocess_exec(*command, env=environment, stdout=file, stderr=file)
        try:
            yield
        finally:
            child.terminate()
            await asyncio.wait_for(child.wait(), 15)


async def test_nothing_personal_stands_in_logs_events_metrics_or_plain_columns(
    databases: Any, settings_for: Callable[..., Any], as_environment: Any, tmp_path: Path
) -> None:
    port, ops, printed = free_port(), free_port(), tmp_path / "printed"
    settings = settings_for(
        GatewaySettings,
        databases.new("gateway"),
        environment="development",
        demo_otp="424242",
        port=port,
        ops_port=ops,
    )
    demo = await load(settings)
    secrets = [PHONE, PHONE[3:], NAME, "Wulandari", "Canary password"]
    async with (
        process(as_environment(settings), printed),
        AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        client.headers["X-Api-Key"] = demo["api_keys"]["web"]
        await _answering(client, ops)
        secrets += await _a_day_of(client, demo)
        metrics = await client.get(f"http://127.0.0.1:{ops}/metrics")
    everything = printed.read_text() + metrics.text + await _database(settings)
    assert "code_sent" in everything
    assert [s for s in secrets if s in everything or s.encode().hex() in everything] == []


async def _answering(client: AsyncClient, ops: int) -> None:
    for _ in range(200):
        with suppress(ConnectError):
            if (await client.get(f"http://127.0.0.1:{ops}/health/ready")).status_code == 200:
                return
        await asyncio.sleep(0.1)
    pytest.fail("the gateway did not become ready")


async def _a_day_of(client: AsyncClient, demo: dict[str, Any]) -> list[str]:
    """Signs in, goes wrong in every way, signs out; answers the secrets that were at play."""
    asked = (await client.post("/v1/auth/otp", json={"phone": PHONE})).json()
    code = {"challenge_id": asked["challenge_id"], "code": "424242"}
    first = (await client.post("/v1/auth/otp/verify", json=code)).json()
    headers = {"Authorization": f"Bearer {first['access_token']}"}
    assert (await client.patch("/v1/me", json={"name": NAME}, headers=headers)).json()["name"] == NAME
    again = (await client.post("/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})).json()
    officer = demo["staff"]["laksa_officer"]
    for body in (
        {"username": officer["username"], "password": "Canary password"},
        officer,
        {"username": PHONE},
    ):
        await client.post("/v1/auth/staff", json=body)
    for broken in (b'{"phone": "' + PHONE.encode(), json.dumps([PHONE]).encode(), PHONE.encode() * 10):
        assert (await client.post("/v1/auth/otp", content=broken)).status_code in (400, 415, 422)
    assert (
        await client.post("/v1/auth/logout", json={"refresh_token": again["refresh_token"]})
    ).status_code == 204
    return [officer["password"], *(t[k] for t in (first, again) for k in ("access_token", "refresh_token"))]


async def _database(settings: Settings) -> str:
    """Every row of every table, as text; bytes come as hex."""
    database = Database(settings.database_url.get_secret_value(), "gateway")
    async with database.transaction() as session:
        names = await session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        dump: list[str] = []
        for name in names.all():
            dump += (await session.scalars(text(f'SELECT row_to_json(t)::text FROM "{name}" t'))).all()
    await database.close()
    assert len(dump) > 8
    return "\n".join(dump)


async def test_without_a_fixed_code_each_phone_gets_its_own(
    someone: Any, app: FastAPI, clock: ManualClock
) -> None:
    carrier = _with(app, Carrier())
    challenges = [
        (await someone.ask(p, **{"Accept-Language": "en"})).json() for p in (PHONE, "0812 0000 0001")
    ]
    (first, code, language), (_, other, _) = carrier.sent
    assert (first, language) == (PHONE, "en")
    assert len(code) == 6
    if code != other:
        crossed = await someone.try_code(challenges[1]["challenge_id"], code)
        assert crossed.json()["code"] == "code_wrong"
    assert (await someone.try_code(challenges[0]["challenge_id"], code)).status_code == 200


async def test_a_broken_carrier_changes_no_answer_and_its_words_are_not_logged(
    someone: Any, app: FastAPI
) -> None:
    _with(app, Carrier(broken=True))
    with capture_logs() as lines:
        assert (await someone.ask(PHONE)).status_code == 202
    assert lines[-1] == {"event": "code_not_sent", "error": "ConnectionError", "log_level": "error"}


async def test_a_carrier_that_costs_money_sends_thirty_codes_a_day_to_one_phone(
    someone: Any, app: FastAPI, clock: ManualClock
) -> None:
    carrier = _with(app, Carrier())
    for _ in range(30):
        challenge = (await someone.ask(PHONE)).json()["challenge_id"]
        assert (await someone.try_code(challenge, carrier.sent[-1][1])).status_code == 200
    refused = await someone.ask(PHONE)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "86400")
    clock.advance(timedelta(days=1))
    assert (await someone.ask(PHONE)).status_code == 202


def _with(app: FastAPI, carrier: Carrier) -> Carrier:
    app.state.runtime.parts[CodeSender] = carrier
    return carrier


async def test_production_without_a_carrier_says_so(
    make_app: Callable[..., FastAPI], clock: ManualClock
) -> None:
    app = make_app(environment="production", demo_otp=None)
    run = app.state.runtime
    assert "no carrier for sign-in codes" in [reason for ask in run.degraded for reason in ask()]
    assert run.part(CodeSender).ready is False
    await run.stop()


async def test_codes_that_cannot_be_sent_are_not_promised(someone: Any, app: FastAPI) -> None:
    run = app.state.runtime
    run.parts[CodeSender] = type("NoCarrier", (Carrier,), {"ready": False})()
    refused = await someone.ask(PHONE)
    assert (refused.status_code, refused.json()["code"]) == (503, "codes_not_sent")
    assert refused.headers["retry-after"] == "300"


async def test_the_limit_of_an_address_follows_our_own_proxy_and_nobody_elses_word(
    make_app: Callable[..., FastAPI], clock: ManualClock
) -> None:
    app = make_app(trusted_proxies=("127.0.0.1",))
    async with in_process(app) as client:
        run = app.state.runtime
        await _web_key(run, client, clock)

        async def ask(phone: int, forwarded: str) -> int:
            body = {"phone": f"+62812{phone:08d}"}
            headers = {"X-Forwarded-For": forwarded}
            return (await client.post("/v1/auth/otp", json=body, headers=headers)).status_code

        numbers = iter(range(10_000_000, 20_000_000))
        for n in range(100):
            assert await ask(next(numbers), f"9.9.9.{n}, 2001:db8:1:2::{n}") == 202
        assert await ask(next(numbers), "1.1.1.1, 2001:db8:1:2:ffff::1") == 429
        assert await ask(next(numbers), "1.1.1.1, 2001:db8:1:3::1") == 202
    await app.state.runtime.stop()


async def _web_key(run: Any, client: AsyncClient, clock: ManualClock) -> None:
    async with run.database.transaction() as session:
        key = await clients.register(session, code="web", name="Web", now=clock.now())
    await run.part(Memory).reload()
    client.headers["X-Api-Key"] = key
