"""What a resident writes to prices, news and tourism stays there: canaries, then a look everywhere.

The processes' own files and PostgreSQL's log are looked at by test_privacy_sweep.py, on a stack of LAKSA.
"""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import generate_latest
from sqlalchemy import text

from deploy.local.actors import Actor
from shared.ids import new_id
from shared.privacy import LATE
from tests.journeys.conftest import OTP
from tests.security import offers
from tests.security.canaries import Bodies, Canaries
from tests.security.fuzz.document import operations
from tests.security.test_rights import of_shops
from tests.security.town import Town

PHONE = "+6281298760433"
SERVICES = ("prices", "news", "tourism")
#: Where words of hers stand in clear, because the public is to read them once an editor has.
CLEAR = {"tourism.reviews"}
#: What is left of somebody who erased her account, and why.
ARCHIVES = {
    "gateway.erasures": "the proof that she was erased; keeps late news of her out",
    "gateway.outbox": "events carry the opaque id; sent rows go after 7 days",
    "prices.outbox": "the same: notices of a watch",
    "tourism.outbox": "the same: what became of a review",
}


async def test_what_she_writes_is_hers_to_take_away_and_is_gone_when_she_goes(
    town: Town, capfd: pytest.CaptureFixture[str]
) -> None:
    canaries, who = Canaries(), town.guest()
    who.headers["User-Agent"] = canaries.new("header User-Agent")
    await who.sign_in(PHONE, OTP)
    citizen = (await who.get("/v1/me"))["id"]
    hers = await _write(town, who, canaries)
    problems = await _everything_wrong(town, who, canaries)
    await _staff_write(town, canaries)
    await _settled(town)
    rows, printed = await _rows(town), capfd.readouterr()
    places = {
        "logs": f"{printed.out}{printed.err}".encode(),
        "outbox": b"\n".join(value for name, value in rows.items() if name.endswith(".outbox")),
        "sealed rows": b"\n".join(value for name, value in rows.items() if name not in CLEAR),
        "metrics": b"\n".join(generate_latest(_run(town, each).metrics.registry) for each in SERVICES),
        "problems": b"\n".join(problems),
    }
    assert b"request_id" in places["logs"]
    assert b"city_http_requests_total" in places["metrics"]
    assert b"review" in places["outbox"]
    staff = {label for label in canaries.labels.values() if label.startswith("staff")}
    assert {
        name: canaries.found(value) - staff for name, value in places.items() if canaries.found(value) - staff
    } == {}
    for name in ("logs", "metrics", "problems"):
        assert canaries.found(places[name]) == set()
    assert canaries.found(await _export(who)) == hers
    await _leave(town, who)
    after = await _rows(town)
    assert {name for name, value in after.items() if canaries.found(value) & hers} == set()
    assert {name for name, value in after.items() if citizen.encode() in value} <= ARCHIVES.keys()


def _run(town: Town, short: str) -> Any:
    return town.app(short).state.runtime


async def _write(town: Town, who: Actor, canaries: Canaries) -> set[str]:
    """A watch, a plan, a shared plan and reviews, one of them published; answers which words are hers."""
    editor, surveyor = await town.officer("tourism_editor"), await town.officer("market_surveyor")
    first, second = [
        (await editor.post("/v1/tourism/places", offers.place(f"taman {n}")))["id"] for n in range(2)
    ]
    today = town.clock.now().date()
    await surveyor.post("/v1/prices/observations", offers.batch("anyar", today, beras_premium=15_000))
    await who.post("/v1/prices/watches", offers.watch(market="anyar"))
    labels = ["a title", "a note", "a shared title", "a published review", "a waiting review"]
    words = {label: canaries.new(label) for label in labels}
    plan = {"title": words["a title"], "stops": [{"place_id": first, "note": words["a note"]}]}
    await who.post("/v1/tourism/itineraries", plan)
    shared = await who.post(
        "/v1/tourism/itineraries", offers.itinerary(first) | {"title": words["a shared title"]}
    )
    link = (await who.post(f"/v1/tourism/itineraries/{shared['id']}/share"))["link"]
    canaries.watch("a link", link.rpartition("/")[2])
    assert words["a shared title"] in (await town.guest().call("GET", link)).text
    published = offers.review(words["a published review"])
    made = await who.post(f"/v1/tourism/places/{first}/reviews", published)
    await editor.post(f"/v1/tourism/reviews/{made['id']}/publish")
    await who.post(f"/v1/tourism/places/{second}/reviews", offers.review(words["a waiting review"]))
    other = await town.resident(1)
    await other.call("POST", f"/v1/tourism/reviews/{made['id']}/report", body={"reason_code": "other"})
    return set(labels)


async def _everything_wrong(town: Town, who: Actor, canaries: Canaries) -> list[bytes]:
    """Every operation of the three with canaries where they are refused; the problems that came back."""
    document = (await town.http.get("/openapi.json")).json()
    bodies, found = Bodies(document, canaries), []
    for label, operation in operations(document):
        if not of_shops(label):
            continue
        method, _, path = label.partition(" ")
        for name in (each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"):
            path = path.replace(f"{{{name}}}", canaries.new(f"path {name} of {label}"))
        query = {
            each["name"]: canaries.new(f"query {each['name']} of {label}")
            for each in operation.get("parameters", ())
            if each["in"] == "query"
        }
        sent = {**who.headers, "Idempotency-Key": new_id().hex}
        body = bodies.spoiled(method, label.partition(" ")[2], operation) if method != "GET" else None
        answer = await town.http.request(method, path, params=query, json=body, headers=sent)
        assert answer.status_code < 500, (label, answer.text)
        found += [str(dict(answer.headers)).encode() + answer.content] if answer.is_error else []
    return found


async def _staff_write(town: Town, canaries: Canaries) -> None:
    """What stays inside: a surveyor's reason, a draft, an editor's remark to its author."""
    surveyor, author = await town.officer("market_surveyor"), await town.officer("news_author")
    sent = offers.batch("poris", town.clock.now().date(), beras_premium=15_000)
    sent["rows"][0]["reason"] = canaries.new("staff: a surveyor's reason")
    await surveyor.post("/v1/prices/observations", sent)
    words = {"title": {"id": canaries.new("staff: a draft")}}
    made = await author.post("/v1/news/articles", offers.article(**words))
    remark = {"note": canaries.new("staff: a remark")}
    await author.post(f"/v1/news/articles/{made['id']}/submit", remark)
    async with _run(town, "news").database.transaction() as session:
        told = "\n".join((await session.scalars(text("SELECT data::text FROM outbox"))).all())
    assert canaries.found(told.encode()) == set()


async def _rows(town: Town) -> dict[str, bytes]:
    """`<database>.<table>` -> its rows as JSON, bytes as hex."""
    found = {}
    for short, run in (
        ("gateway", town.gateway.state.runtime),
        *((each, _run(town, each)) for each in SERVICES),
    ):
        async with run.database.transaction() as session:
            tables = await session.scalars(
                text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            )
            for table in tables.all():
                rows = await session.scalars(text(f'SELECT to_jsonb(t)::text FROM "{table}" t'))
                found[f"{short}.{table}"] = "\n".join(rows.all()).encode()
    return found


async def _settled(town: Town) -> None:
    """Until every event of the three has left."""
    waiting = text("SELECT count(*) FROM outbox WHERE sent_at IS NULL")
    async with asyncio.timeout(60):
        for short in SERVICES:
            while True:
                async with _run(town, short).database.transaction() as session:
                    if not await session.scalar(waiting):
                        break
                await asyncio.sleep(0.1)


async def _export(who: Actor) -> bytes:
    """All that the city holds of her, as she downloads it."""
    await who.post("/v1/me/export")
    async with asyncio.timeout(60):
        while (await who.get("/v1/me/export"))["state"] == "pending":
            await asyncio.sleep(0.2)
    return (await who.call("GET", "/v1/me/export/file")).content


async def _leave(town: Town, who: Actor) -> None:
    """Her account is erased, and every service has said that it is done."""
    erasure = (await who.call("DELETE", "/v1/me")).json()["id"]
    async with asyncio.timeout(60):
        answered = text("SELECT erased ?& array['gateway', 'prices', 'tourism'] FROM erasures WHERE id = :id")
        while True:
            async with town.gateway.state.runtime.database.transaction() as session:
                if await session.scalar(answered, {"id": erasure}):
                    break
            await asyncio.sleep(0.1)
    town.clock.advance(LATE + timedelta(minutes=1))
    async with asyncio.timeout(60):
        while (await town.guest().get(f"/v1/erasures/{erasure}"))["done_at"] is None:
            await asyncio.sleep(0.2)
