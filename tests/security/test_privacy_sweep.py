"""Canaries in every field that takes text, then a look everywhere: reliability.md row 22."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.actors import Actor
from deploy.local.nats import Broker
from deploy.local.postgres import Cluster
from gateway import pack
from shared.ids import new_id
from shared.privacy import LATE
from tests.journeys.conftest import delete_streams
from tests.security import offers, walk_of_desks, walk_of_shops
from tests.security.canaries import Bodies, Canaries
from tests.security.stack import Stack, make_stack
from tests.security.walk import PHONE, Walk, everything, pothole

#: What the public reads of a report that is not sensitive, and of a review that an editor let through: said
#: to everybody, and gone with its writer.
PUBLIC = re.compile(
    rf"^((POST /v1/laksa/reports|a guest's) (description|address)|{re.escape(walk_of_shops.PUBLISHED)})$"
)
#: What staff of prices and news say among themselves: in their own tables, and nowhere else.
AMONG_STAFF = re.compile(r"^(staff: .*|(POST|PATCH) /v1/(prices|news)/.* (note|reason))$")
DESKS = ("prices.", "news.", *walk_of_desks.DESKS)
#: A guest has no account: nobody but the holder of her follow token can know which report is hers.
LEFT = frozenset({"a guest's description", "a guest's address"})
#: Columns that hold words in clear, and why.
CLEAR = {
    "laksa.report_texts.plain": "description and address of a public report: everybody reads them",
    "tourism.reviews": "everybody reads them, once an editor has",
    "prices, news": "reasons, remarks and drafts of staff",
    "gateway.clients, providers, flags": "remarks of administrators",
    "gateway.provider_links, requests, feed": "what a provider told of her; gone with her",
    "idempotency, media, media_uploads": "Idempotency-Key (24 h, 15 days): front ends make them, not people",
    "logs, problems": "X-Request-Id: front ends make it",
}
#: Operations with text in their body that the walk cannot end with a 2xx, and why.
NOT_WALKED: dict[str, str] = {}
#: What is left of somebody who erased her account, and why.
ARCHIVES = {
    "gateway.erasures": "the proof that she was erased; keeps late news of her out",
    "gateway.outbox": "events carry the opaque id; sent rows go after 7 days",
    "laksa.outbox": "the same",
    "prices.outbox": "the same: notices of a watch",
    "tourism.outbox": "the same: what became of a review",
    "gateway.media": "photos, until the cleaner comes; of a confidential matter, until it is over",
}


#: Encrypted words cannot be looked for: of matters that are over or public, only the agency's are left.
SEALED_LEFT = """
SELECT DISTINCT kind FROM report_texts JOIN reports ON reports.id = report_id
WHERE citizen_id IS NULL AND follow_digest IS NULL AND privacy <> 'confidential' ORDER BY kind
"""


@pytest.fixture
async def stack(
    databases: Any, settings_for: Any, broker: Broker, postgres: Cluster, tmp_path: Path
) -> AsyncIterator[Stack]:
    await delete_streams(broker.url())
    made = make_stack(tmp_path / "stack", databases, settings_for, broker, postgres)
    yield made
    await delete_streams(broker.url())


async def test_no_canary_is_found_where_it_does_not_belong_nor_anywhere_after_an_erasure(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    canaries = Canaries()
    demo = await pack.load(stack.gateway)
    canaries.watch("an API key", *demo["api_keys"].values())
    canaries.watch("a phone", PHONE, PHONE[1:], PHONE[3:], f"0{PHONE[3:]}")
    canaries.watch("a one-time code", "9041726358")
    async with stack.running() as http:
        bodies = Bodies((await http.get("/openapi.json")).json(), canaries)
        walk = Walk(http, bodies, canaries, demo["api_keys"]["web"])
        resident, tokens = await everything(walk, demo)
        place = await walk_of_shops.everything_of_shops(walk, demo, resident)
        await walk_of_desks.everything_of_desks(walk, demo, resident)
        await walk.send(resident, "POST", "/v1/me/export")
        await _everything_wrong(walk)
        await _faults(walk, stack, resident)
        strangers = await _what_strangers_read(walk, demo, place)
        held = walk.canaries.found(await _export(resident))
        await _settled(stack)
        before = await _places(stack, walk, strangers)
        await _leave(stack, resident, tokens)
    async with stack.running(LATE.total_seconds() + 60) as http:
        await _done(http, walk, tokens["erasure"])
        after = await _places(stack, walk, {})
    with capsys.disabled():
        _print("place", before, after, len(canaries.labels) + len(canaries.exact))
    assert held >= walk_of_shops.HERS | walk_of_desks.HERS
    assert {each for each in held if AMONG_STAFF.match(each)} == set()
    texted = {f"{m} {path}" for m, path, each in bodies.operations() if bodies.text_fields(each)}
    assert sorted(texted - walk.accepted - NOT_WALKED.keys()) == []
    assert {place: hits for place, hits in before.items() if hits} == {}
    assert {place: hits for place, hits in after.items() if hits} == {}
    assert await _mentions(stack, tokens["citizen"]["id"]) - ARCHIVES.keys() == set()
    assert stack.sql(stack.services["laksa"], SEALED_LEFT).split() == ["internal", "note", "question"]
    folders = [path for path in (stack.folder / "media").glob("*/*") if any(path.iterdir())]
    assert str(len(folders)) == stack.sql(stack.gateway, "SELECT count(*) FROM media")


async def _everything_wrong(walk: Walk) -> None:
    """Every operation again, with canaries where they are refused: paths, queries, headers, bodies."""
    new, resident = walk.canaries.new, walk.actor()
    await walk.sign_in(resident, "+6281298760418", "9041726358")
    last = ("DELETE /v1/me", "POST /v1/auth/logout")  # afterwards every answer is 401
    for method, template, operation in sorted(
        walk.bodies.operations(), key=lambda o: f"{o[0]} {o[1]}" in last
    ):
        if "text/event-stream" in json.dumps(operation["responses"]):
            continue
        path = re.sub(r"\{\w+\}", new(f"path of {template}"), template)
        named = [p for p in operation.get("parameters", ()) if p["name"].lower() != "idempotency-key"]
        query = {p["name"]: new(f"query {p['name']}") for p in named if p["in"] == "query"}
        headers = {p["name"]: new(f"header {p['name']}") for p in named if p["in"] == "header"}
        body = json.dumps(walk.bodies.spoiled(method, template, operation)).encode()
        for content in (body, body[:-2], b'["' + new(f"list for {template}").encode() + b'"]'):
            sent = {**resident.headers, **headers, "Idempotency-Key": new_id().hex}
            sent |= {"Content-Type": "application/json", "Cookie": f"a={new('header Cookie')}"}
            content = b"" if method == "GET" else content
            answer = await walk.http.request(method, path, params=query, headers=sent, content=content)
            assert answer.status_code < 500, (method, template, answer.text)
            walk.answers.append(answer)
            if method == "GET":
                break
    for header in ("X-Api-Key", "Authorization", "X-Device-Id", "X-Follow-Token", "Accept-Language"):
        sent = {**resident.headers, header: f"Bearer {walk.canaries.new(f'wrong {header}')}"}
        walk.answers.append(await walk.http.get("/v1/laksa/reports/mine", headers=sent))


async def _faults(walk: Walk, stack: Stack, resident: Actor) -> None:
    """Faults of our own while people write: what breaks must not be told with their words."""
    for settings, table, column, method, template, given in (
        (stack.services["laksa"], "report_texts", "salt", "POST", "/v1/laksa/reports", pothole()),
        (stack.services["tourism"], "itineraries", "plan", "POST", "/v1/tourism/itineraries", {"stops": []}),
        (
            stack.services["prices"],
            "watches",
            "percent",
            "POST",
            "/v1/prices/watches",
            offers.watch(market=None),
        ),
        (stack.gateway, "citizens", "name", "PATCH", "/v1/me", {}),
    ):
        stack.sql(settings, f"ALTER TABLE {table} RENAME COLUMN {column} TO away")
        body = walk.bodies.filled(method, template, given)
        answer = await resident.call(method, template, body=body)
        walk.answers.append(answer)
        assert answer.status_code == 500, answer.text
        stack.sql(settings, f"ALTER TABLE {table} RENAME COLUMN away TO {column}")


async def _export(who: Actor) -> bytes:
    """All that the city holds of somebody who has asked for it, as she downloads it."""
    async with asyncio.timeout(60):
        while (await who.get("/v1/me/export"))["state"] == "pending":
            await asyncio.sleep(0.2)
    return (await who.call("GET", "/v1/me/export/file")).content


async def _what_strangers_read(walk: Walk, demo: dict[str, Any], place: str) -> dict[str, bytes]:
    """Everything public as a guest, with the reviews of a place, and the export of another resident."""
    other = walk.actor()
    await walk.sign_in(other, demo["citizens"][1]["phone"], "9041726358")
    await walk.send(other, "POST", "/v1/me/export")
    export = await _export(other)
    guest, read = walk.actor(), [b""]
    for _, template, operation in [each for each in walk.bodies.operations() if each[0] == "GET"]:
        if "{" not in template and "text/event-stream" not in json.dumps(operation["responses"]):
            for who in (guest, other):
                read.append((await who.call("GET", template)).content)
    for item in (await guest.get("/v1/laksa/reports?limit=100"))["items"]:
        for more in ("", "/timeline"):
            read.append((await guest.call("GET", f"/v1/laksa/reports/{item['id']}{more}")).content)
    read.append((await guest.call("GET", f"/v1/tourism/places/{place}/reviews")).content)
    assert walk_of_shops.PUBLISHED in walk.canaries.found(read[-1]), "the public reads what is public"
    return {"answers to strangers": b"\n".join(read), "export of another resident": export}


async def _settled(stack: Stack) -> None:
    """Waits until every event has left."""
    waiting = "SELECT count(*) FROM outbox WHERE sent_at IS NULL"
    async with asyncio.timeout(60):
        while any(stack.sql(each, waiting) != "0" for each in stack.all.values()):
            await asyncio.sleep(0.2)


async def _leave(stack: Stack, resident: Actor, tokens: dict[str, Any]) -> None:
    """Erases the account, and waits for the first answers."""
    answer = await resident.call("DELETE", "/v1/me")
    assert answer.status_code == 202, answer.text
    tokens["erasure"] = erasure = answer.json()["id"]
    async with asyncio.timeout(60):
        every = "array['gateway', 'laksa', 'prices', 'tourism']"
        answered = f"SELECT erased ?& {every} FROM erasures WHERE id = '{erasure}'"
        while stack.sql(stack.gateway, answered) != "t":
            await asyncio.sleep(0.2)


async def _done(http: httpx.AsyncClient, walk: Walk, erasure_id: str) -> None:
    async with asyncio.timeout(60):
        headers = {"X-Api-Key": walk.key}
        while (await http.get(f"/v1/erasures/{erasure_id}", headers=headers)).json()["done_at"] is None:
            await asyncio.sleep(0.2)


async def _places(stack: Stack, walk: Walk, strangers: dict[str, bytes]) -> dict[str, set[str]]:
    """Place -> what was found there although it should not be; `strangers`: before the erasure."""
    rows = await stack.rows()
    public, reviews = rows.pop("laksa.report_texts.plain"), rows.pop("tourism.reviews")
    hers = b"\n".join(rows.pop(name) for name in walk_of_desks.HER_ROWS)
    told = [data for name, data in rows.items() if name.endswith("outbox")]
    desks = [data for name, data in rows.items() if name.startswith(DESKS) and data not in told]
    problems = [answer for answer in walk.answers if answer.is_error]
    places = {
        "logs of the processes": stack.logs(),
        "logs of PostgreSQL and NATS": stack.server_logs(),
        "metrics": await stack.metrics(),
        "events in all streams": await stack.events(),
        "outbox rows": b"\n".join(told),
        "rows of the desks": b"\n".join(desks),
        "all other rows": b"\n".join(data for data in rows.values() if data not in (*told, *desks)),
        "error bodies and headers": b"\n".join(_raw(answer) for answer in problems),
        "addresses in answers": b"\n".join(_addresses(walk.answers)),
        "media files": stack.files("media"),
        "temporary and other files": stack.files("tmp") + (stack.folder / "rates").read_bytes(),
        **strangers,
    }
    found = {place: walk.canaries.found(data) for place, data in places.items()}
    for place in strangers:
        found[place] = {label for label in found[place] if not PUBLIC.match(label)}
    found["rows of the desks"] = {each for each in found["rows of the desks"] if not AMONG_STAFF.match(each)}
    found["addresses in answers"] -= {walk_of_shops.LINK, walk_of_desks.SUBJECT}
    found["what providers told of her"] = walk.canaries.found(hers) - (
        walk_of_desks.HERS if strangers else set()
    )
    found["reviews"] = walk.canaries.found(reviews) - (walk_of_shops.HERS if strangers else set())
    shown = walk.canaries.found(public)
    found["what the public reads (rows)"] = {
        label for label in shown if not (strangers and PUBLIC.match(label))
    } - LEFT
    _look_where_there_is_something(places)
    return found


def _look_where_there_is_something(places: dict[str, bytes]) -> None:
    """Nothing found proves nothing where nothing was."""
    for place, known in (
        ("logs of the processes", b"request_failed"),
        ("logs of PostgreSQL and NATS", b"ERROR"),
        ("metrics", b"city_http_requests_total"),
        ("events in all streams", b"gateway.citizen_erased.v1"),
        ("events in all streams", b"tourism.review_"),
        ("events in all streams", b"prices."),
        ("rows of the desks", b"knr"),
        ("all other rows", b"report_id"),
        ("error bodies and headers", b"application/problem+json"),
        ("addresses in answers", b"/v1/laksa/reports/"),
        ("media files", b".jpg"),
    ):
        assert known in places[place], place


def _raw(answer: httpx.Response) -> bytes:
    return str(dict(answer.headers)).encode() + answer.content


def _addresses(answers: Iterable[httpx.Response]) -> list[bytes]:
    found = [answer.headers.get("location", "").encode() for answer in answers]
    return found + [a for answer in answers for a in re.findall(rb'"((?:/|https?://)[^"]*)"', answer.content)]


async def _mentions(stack: Stack, citizen_id: str) -> set[str]:
    """Tables that still have her opaque id."""
    return {name for name, rows in (await stack.rows()).items() if citizen_id.encode() in rows}


def _print(head: str, before: dict[str, set[str]], after: dict[str, set[str]], count: int) -> None:
    print(f"\n{count} canaries; hits where they do not belong, and anywhere after the erasure:")
    for place in before:
        left = len(after[place]) if place in after else "-"
        print(f"  {place:<32} {len(before[place]):>4} {left:>4}")
    for title, known in (("in clear on purpose", CLEAR), ("kept after an erasure", ARCHIVES)):
        print(f"  {title}:")
        for name, why in known.items():
            print(f"    {name}: {why}")
