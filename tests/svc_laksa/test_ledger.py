"""The ledger: whole after many steps, readable by anybody, and every count a fold of it."""

import asyncio
import hashlib
import os
import sys
from collections import Counter
from typing import Any

import pytest
import rfc8785
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from shared.chain.verify import verify
from svc_laksa.ledger.usecases import table, verify_ledger
from svc_laksa.seals.client import fetch_seals
from tests.svc_laksa.town import Town


async def many_steps(town: Town) -> list[dict[str, Any]]:
    """Reports in several states, one of them confidential, all chained."""
    made = [await town.submit() for _ in range(3)]
    made.append(await town.submit(category="tagihan-air", attributes={"nomor": "12"}))
    await town.done(made[0])
    await town.act(town.officer, made[1], "hand-over", {"agency": "dishub", "reason": "x"})
    await town.act(town.citizen, made[2], "withdraw")
    while await town.run.sequencer.chain_waiting():
        pass
    return made


async def whole_ledger(town: Town) -> list[dict[str, Any]]:
    links: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = (await town.get(town.guest, f"/ledger?limit=3{cursor}")).json()
        links += page["items"]
        if page["next"] is None:
            return links
        cursor = f"&cursor={page['next']}"


async def test_an_outsider_can_replay_the_ledger_and_the_counts_add_up(town: Town) -> None:
    made = await many_steps(town)
    links = await whole_ledger(town)
    previous, states = bytes(32), Counter[str]()
    for number, link in enumerate(links, 1):
        content = {name: link[name] for name in ("id", "entity", "version", "facts")}
        previous = hashlib.sha256(previous + rfc8785.dumps(content)).digest()
        assert (link["seq"], link["hash"]) == (number, previous.hex())
        states.subtract([link["facts"]["from"]] if link["facts"]["from"] else [])
        states.update([link["facts"]["to"]])
    read = [(await town.get(town.citizen, f"/reports/{m['id']}")).json() for m in made]
    held = Counter(report["state"]["code"] for report in read)
    assert +states == held
    assert sum(states.values()) == len(made)


async def test_the_ledger_names_nobody_and_quotes_nobody(town: Town) -> None:
    await many_steps(town)
    dump = str(await whole_ledger(town))
    assert "'c-1'" not in dump  # as a whole value: a random id may well contain it
    for private in ("s-officer", "Lubang besar", "Sudah ditambal", "tagihan-air"):
        assert private not in dump
    first = (await whole_ledger(town))[0]["facts"]
    assert (first["lat"], first["rule"], first["reason_code"]) == ("-6.173", "jalan-berlubang.city", None)


async def test_the_chain_verifies_after_many_steps_and_the_first_altered_entry_is_named(
    lasting_town: Town, databases: Any
) -> None:
    town = lasting_town
    await asyncio.gather(*(town.submit() for _ in range(5)))
    await many_steps(town)
    verdict, seals = await verify_ledger(town.run.settings)  # type: ignore[arg-type]
    assert verdict.broken is None
    assert verdict.links == len(await whole_ledger(town))
    assert "not all checked" in table(verdict, seals)
    owner = type(town.run.database)(databases.owner_url(_url(town)), "laksa")
    async with owner.transaction() as session:
        await session.execute(text("UPDATE entries SET facts = facts || '{\"agency\": \"x\"}' WHERE id IN"
                                   " (SELECT entry_id FROM chain WHERE seq = 3)"))  # fmt: skip
    await owner.close()
    async with town.run.database.transaction() as session:
        broken = await verify(session)
    assert "link 3" in (broken.broken or "")
    assert "BROKEN: link 3" in table(broken, seals)


async def test_seals_are_fetched_page_by_page_and_an_absent_gateway_is_said() -> None:
    async def seals(request: web.Request) -> web.Response:
        newest = "cursor" not in request.query
        item = {
            "service": "laksa",
            "seq": 2 if newest else 1,
            "hash": "ab" * 32,
            "at": "2026-02-02T09:00:00+07:00",
        }
        return web.json_response({"items": [item], "next": "older" if newest else None})

    gateway = web.Application()
    gateway.router.add_get("/v1/ledger-seals/laksa", seals)
    async with TestServer(gateway, host="127.0.0.1") as server:
        found = await fetch_seals(str(server.make_url("/")))
    assert [(seal.seq, seal.hash) for seal in found.kept] == [(2, b"\xab" * 32), (1, b"\xab" * 32)]
    assert (await fetch_seals("http://127.0.0.1:9")).unreachable is not None


async def test_the_running_service_cannot_change_the_past(town: Town) -> None:
    await many_steps(town)
    for statement in ("UPDATE entries SET entity_version = 9", "DELETE FROM chain"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with town.run.database.transaction() as session:
                await session.execute(text(statement))


def _url(town: Town) -> str:
    return town.run.settings.database_url.get_secret_value()


async def test_the_command_prints_a_verdict_and_its_exit_code_is_the_answer(
    lasting_town: Town, databases: Any
) -> None:
    town = lasting_town
    settings = town.run.settings
    names = ("database_url", "field_keys", "lookup_key", "media_signing_key", "nats_url")
    secrets = {name.upper(): getattr(settings, name).get_secret_value() for name in names}
    plain = {"CITY_PACK": str(settings.city_pack), "IDENTITY_JWKS": str(settings.identity_jwks)}
    more = {"DATABASE_URL": databases.new("svc_laksa"), "PUBLIC_URL": "http://127.0.0.1:9"}
    command = [sys.executable, "-m", "svc_laksa", "ledger-verify"]
    run = await asyncio.create_subprocess_exec(
        *command, env=os.environ | secrets | plain | more, stdout=asyncio.subprocess.PIPE
    )
    printed = (await run.communicate())[0].decode()
    assert run.returncode == 0
    assert [line.split()[0] for line in printed.splitlines()] == [
        "links",
        "waiting",
        "head",
        "seals",
        "verdict",
    ]
