"""The demonstration of the city pack: inserted once, never over what people changed."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pyotp
import pytest
from httpx import AsyncClient
from sqlalchemy import text

from gateway.app import create_app
from gateway.clients import usecases as clients
from gateway.edge.fresh import Memory
from gateway.pack import NoDemo, load, read_demo_users
from gateway.settings import GatewaySettings
from gateway.vault import Vault
from shared.city.pack import load_city
from shared.city.problems import PackError
from shared.clock import ManualClock
from shared.db import Database
from shared.settings import Settings
from shared.testing import in_process

PACK = Path(__file__).resolve().parents[3] / "deploy" / "cities" / "tangerang"


@pytest.fixture
def settings(databases: Any, settings_for: Callable[..., Any]) -> GatewaySettings:
    """A development stack's settings."""
    made = settings_for(
        GatewaySettings, databases.new("gateway"), environment="development", demo_otp="424242"
    )
    assert isinstance(made, GatewaySettings)
    return made


async def test_everybody_in_the_table_can_sign_in(settings: GatewaySettings, clock: ManualClock) -> None:
    demo = await load(settings)
    app = create_app(settings, clock)
    await app.state.runtime.part(Memory).reload()
    async with in_process(app) as client:
        client.headers["X-Api-Key"] = demo["api_keys"]["web"]
        for role, staff in demo["staff"].items():
            me = await _staff_me(client, staff, clock)
            assert (me["agency"], me["roles"]) == (staff["agency"], sorted(staff["roles"])), role
        asked = await client.post("/v1/auth/otp", json={"phone": demo["citizen"]["phone"]})
        body = {"challenge_id": asked.json()["challenge_id"], "code": demo["citizen"]["otp"]}
        signed_in = (await client.post("/v1/auth/otp/verify", json=body)).json()
        assert signed_in["citizen"]["new"] is False
    await app.state.runtime.stop()


async def _staff_me(client: AsyncClient, staff: dict[str, Any], clock: ManualClock) -> dict[str, Any]:
    body = {"username": staff["username"], "password": staff["password"]}
    if "totp_secret" in staff:
        body["totp"] = pyotp.TOTP(staff["totp_secret"]).at(clock.now())
    signed_in = await client.post("/v1/auth/staff", json=body)
    assert signed_in.status_code == 200, signed_in.text
    headers = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
    me: dict[str, Any] = (await client.get("/v1/me", headers=headers)).json()
    return me


async def test_loading_again_says_the_same_and_changes_nothing(settings: GatewaySettings) -> None:
    first = await load(settings)
    async with connected(settings) as database:
        async with database.transaction() as session:
            await session.execute(text("UPDATE credentials SET password = 'changed by her'"))
            await session.execute(text("UPDATE staff SET agency = 'dlh'"))
            await session.execute(text("UPDATE clients SET burst = 7"))
        before = await _rows(database)
        assert await load(settings) == first
        assert await _rows(database) == before


async def test_a_key_that_was_rotated_or_disabled_stays_so(
    settings: GatewaySettings, clock: ManualClock
) -> None:
    await load(settings)
    async with connected(settings) as database:
        async with database.transaction() as session:
            await clients.disable(session, code="web", now=clock.now())
            await clients.rotate(session, code="android", now=clock.now())
        before = await _rows(database)
        await load(settings)
        assert await _rows(database) == before


async def test_other_stacks_have_other_secrets(settings: GatewaySettings) -> None:
    demo = read_demo_users(load_city(PACK))
    here = demo.sign_ins(Vault(None, None, b"a" * 32), "1")  # type: ignore[arg-type]
    there = demo.sign_ins(Vault(None, None, b"b" * 32), "1")  # type: ignore[arg-type]
    secrets = [s["password"] for s in (*here["staff"].values(), *there["staff"].values())]
    assert len(set(secrets)) == len(secrets)
    assert not set(here["api_keys"].values()) & set(there["api_keys"].values())
    text_of_pack = (PACK / "demo-users.yaml").read_text()
    assert not [s for s in (*secrets, *here["api_keys"].values()) if s in text_of_pack]


@pytest.mark.parametrize("more", [{"environment": "test"}, {"demo_otp": None}])
async def test_there_is_no_demonstration_outside_development(
    settings: GatewaySettings, more: dict[str, Any]
) -> None:
    with pytest.raises(NoDemo):
        await load(settings.model_copy(update=more))


def test_a_mistake_names_file_and_line(tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(PACK, pack)
    (pack / "demo-users.yaml").write_text(
        "staff:\n"
        "  - key: one\n"
        "    username: one\n"
        "    name: One\n"
        "    roles: []\n"
        "    agency: nowhere\n"
        "citizens:\n"
        "  - {phone: '021 55', name: A}\n"
        "clients:\n"
        "  - key: web\n"
        "    kind: front_end\n"
        "    name: {id: a, en: b}\n"
        "    origins: ['example.org/path']\n"
        "walk:\n"
        "  category: lubang\n"
        "  point: {lat: 6.1783, lon: 106.6319}\n"
        "  description: demo\n"
        "  finished: demo\n"
    )
    with pytest.raises(PackError) as error:
        read_demo_users(load_city(pack))
    lines = [line.removeprefix(f"{pack}/") for line in str(error.value).splitlines()]
    assert [line.split(": ")[0] for line in lines] == [f"demo-users.yaml:{n}" for n in (5, 6, 8, 13)]
    assert "roles: " in lines[0]
    assert '"nowhere" is not in agencies.yaml' in lines[1]


def test_the_command_prints_one_line_of_json_and_refuses_in_few_words(
    settings: GatewaySettings, as_environment: Callable[..., dict[str, str]]
) -> None:
    done = _command(as_environment(settings))
    printed = json.loads(done.stdout.splitlines()[-1])
    assert {"api_keys", "staff", "citizen"} <= set(printed)
    assert {"web", "android", "partner_test", "police"} <= set(printed["api_keys"])
    assert {"laksa_officer", "laksa_officer_2", "laksa_verifier", "leader", "admin"} <= set(printed["staff"])
    refused = _command(as_environment(settings, DEMO_OTP=""))
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].startswith("gateway: demo users are for ENVIRONMENT=development")


def _command(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gateway", "load-pack"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


@asynccontextmanager
async def connected(settings: Settings) -> Any:
    """The stack's database."""
    database = Database(settings.database_url.get_secret_value(), "gateway")
    try:
        yield database
    finally:
        await database.close()


async def _rows(database: Database) -> list[list[Any]]:
    async with database.transaction() as session:
        tables = ("staff", "credentials", "clients", "citizens", "outbox")
        return [
            [tuple(row) for row in await session.execute(text(f"SELECT * FROM {table} ORDER BY 1"))]
            for table in tables
        ]
