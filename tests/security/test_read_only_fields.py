"""What a caller may not set stays as it is: all writes of LAKSA and the gateway, with every field there is.

Those of prices, news, tourism and the gateway's desks are made in test_rights.py, by everybody who may.

Each write is made twice on twins, once plainly and once with the name of every column and of every field of
every answer added, at the top and in each object within. Answer and database must change alike, or the answer
is 422 and nothing changes. READ_ONLY=1 prints the matrix.
"""

import json
import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from deploy.local.actors import Actor, photo
from shared.ids import new_id
from tests.journeys.conftest import MONUMENT, OTP, City

Prepared = tuple[Actor, str, Any]
REPORTS = "/v1/laksa/reports"
#: Written by others at their own time, or different for every twin.
ELSEWHERE = {
    "inbox", "requests", "feed", "chain", "unchained", "media", "media_uses", "idempotency", "seals",
    "data_accesses", "export_parts", "search_documents", "search_words",
    "client_usage",
}  # fmt: skip
ELSEWHERE_MADE = ("/v1/admin", "/provider/v1", "/v1/me/providers")
UNLIKE = {
    "access_token",
    "refresh_token",
    "ticket",
    "traceparent",
    "salt",
    "sent_at",
    "last_seen_at",
    "totp_step",
    "complete_at",
    "look_at",
}
MASKS = [
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"\b20\d\d-\d\d-\d\dT[0-9:.]+([+-][0-9:]+|Z)?"), "<moment>"),
    (re.compile(r"LKS-[0-9A-Z]{4}-[0-9A-Z]{4}"), "<number>"),
    (re.compile(r"\+62812\d+"), "<phone>"),
    (re.compile(r'"tries": \d\b'), '"tries": "<few>"'),
    (re.compile(r'"size": (?!987654321)\d+'), '"size": "<bytes>"'),
    (re.compile(r"exp=\d+&sig=[\w-]+"), "<signature>"),
    (re.compile(r"(\\\\x)?[0-9a-f]{32,}"), "<bytes>"),
]
#: Any name in them is the sender's: answers to a category's questions, tags as OpenStreetMap has them, kinds.
FREE = frozenset({"attributes", "tags", "accessibility", "documents", "request_kinds"})
CANARIES: Mapping[str, Any] = {
    "string": "SMUGGLED",
    "integer": 987_654_321,
    "number": 12.3456789,
    "boolean": True,
    "array": ["SMUGGLED"],
    "object": {"SMUGGLED": "SMUGGLED"},
    "moment": "1999-09-09T09:09:09+00:00",
    "id": "99999999-9999-4999-8999-999999999999",
}
TYPES = {
    "uuid": "id", "timestamp with time zone": "moment", "boolean": "boolean", "jsonb": "object",
    "bigint": "integer", "integer": "integer", "smallint": "integer", "double precision": "number",
}  # fmt: skip
#: How a report gets into the state a step needs: who does what.
WAYS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "received": (),
    "assigned": (("officer", "assign"),),
    "in_work": (("officer", "assign"), ("officer", "start")),
    "question": (("officer", "ask"),),
    "coordination": (("officer", "coordinate"),),
    "finished": (("officer", "assign"), ("officer", "start"), ("officer", "finish")),
}
WAYS |= {"done": (*WAYS["finished"], ("verifier", "verify"))}
WAYS |= {"challenged": (*WAYS["done"], ("resident", "challenge"))}
#: Who takes each step, from which state, saying what.
STEPS: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "assign": ("officer", "received", {"note": "demo: catatan"}),
    "start": ("officer", "assigned", {"note": "demo: mulai"}),
    "ask": ("officer", "received", {"question": "demo: di sisi mana?"}),
    "answer": ("resident", "question", {"answer": "demo: sisi kiri"}),
    "hand-over": ("officer", "received", {"agency": "dishub", "reason": "demo: jalan lain"}),
    "coordinate": ("officer", "received", {"reason": "demo: dua dinas"}),
    "resume": ("officer", "coordination", {"note": "demo: lanjut"}),
    "reject": ("officer", "received", {"reason_code": "not_ours", "note": "demo: jalan provinsi"}),
    "moderate": ("police", "received", {"note": "demo: lolos"}),
    "finish": ("officer", "in_work", {"evidence": "a photo", "note": "demo: sudah ditambal"}),
    "verify": ("verifier", "finished", {"passed": True, "note": "demo: rapi"}),
    "challenge": ("resident", "done", {"reason": "demo: masih berlubang"}),
    "challenge/decide": ("moderator", "challenged", {"upheld": True, "note": "demo: betul"}),
    "withdraw": ("resident", "received", {"reason": "demo: sudah beres"}),
}
STAFF = {
    "officer": "laksa_officer", "verifier": "laksa_verifier", "moderator": "laksa_moderator",
    "police": "laksa_officer_police",
}  # fmt: skip


class People:
    """Who acts, and what they are about to send: each call prepares the next twin."""

    def __init__(self, city: City, everybody: dict[str, Actor], residents: list[Actor]) -> None:
        self.city, self.everybody, self.residents = city, everybody, residents
        self.turns: Counter[str] = Counter()

    async def prepare(self, operation: str) -> Prepared:
        """Who calls, where, with which plain body."""
        number = self.turns[operation] % 2
        self.turns[operation] += 1
        name = operation.rpartition("/{ref}/")[2]
        if name in STEPS:
            return await self._step(name)
        if operation == f"POST {REPORTS}":
            return self.everybody["resident"], REPORTS, report("jalan-berlubang")
        return await self._account(operation, number)

    async def _step(self, name: str) -> Prepared:
        who, state, body = STEPS[name]
        category = "pencurian" if name == "moderate" else "jalan-berlubang"
        made = await self.everybody["resident"].post(REPORTS, report(category))
        path = f"{REPORTS}/{made['id']}"
        for actor, step in WAYS[state]:
            await self.everybody[actor].post(f"{path}/{step}", await self._said(STEPS[step][2]))
        return self.everybody[who], f"{path}/{name}", await self._said(body)

    async def _said(self, body: dict[str, Any]) -> dict[str, Any]:
        """With a photo of its own where it needs evidence, made after the report."""
        if "evidence" not in body:
            return body
        self.city.clock.advance(timedelta(seconds=2))
        picture = photo(*MONUMENT, self.city.clock.now(), "demo", (320, 240))
        sent = await self.everybody["officer"].upload(picture)
        return body | {"evidence": [{"receipt": sent["receipt"]}]}

    async def _account(self, operation: str, number: int) -> Prepared:
        guest, resident = self.city.guest(), self.residents[number]
        phone = self.city.sign_ins["citizens"][number]["phone"]
        path = operation.partition(" ")[2]
        if path.endswith("/auth/otp"):
            self.city.clock.advance(timedelta(seconds=61))
            return guest, path, {"phone": phone}
        if path.endswith("/otp/verify"):
            self.city.clock.advance(timedelta(seconds=61))
            challenge = (await guest.post("/v1/auth/otp", {"phone": phone}))["challenge_id"]
            return guest, path, {"challenge_id": challenge, "code": OTP}
        if path.endswith("/auth/staff"):
            account = self.city.sign_ins["staff"]["laksa_verifier"]
            return guest, path, {name: account[name] for name in ("username", "password")}
        if path.endswith(("/refresh", "/logout")):
            account = self.city.sign_ins["staff"]["laksa_crew"]
            known = {name: account[name] for name in ("username", "password")}
            token = (await guest.post("/v1/auth/staff", known))["refresh_token"]
            return guest, path, {"refresh_token": token}
        bodies = {"/v1/me": {"name": "Demo Nama"}, "/v1/laksa/places/locate": {"text": "Pasar Anyar"}}
        return resident, path, bodies.get(path)


def report(category: str) -> dict[str, Any]:
    """The body of a report."""
    answers = {"bahaya": "tidak"} if category == "jalan-berlubang" else {}
    lat, lon = MONUMENT
    return {
        "id": str(new_id()),
        "category": category,
        "description": "demo: lubang",
        "point": {"lat": lat, "lon": lon},
        "attributes": answers,
    }


@pytest.fixture(scope="module")
async def people(city: City) -> People:
    """Everybody signed in."""
    everybody = {name: await city.officer(key) for name, key in STAFF.items()}
    residents = [await city.resident(number) for number in range(2)]
    return People(city, everybody | {"resident": residents[0]}, residents)


class Tables:
    """Both databases as they stand, and the names of their columns."""

    def __init__(self, connections: list[asyncpg.Connection]) -> None:
        self._connections = connections
        self._statements: list[str] = []
        self.columns: dict[str, str] = {}

    async def learn(self) -> "Tables":
        """Which tables and columns there are."""
        for connection in self._connections:
            rows = [row for row in await connection.fetch(_COLUMNS) if row[0] not in ELSEWHERE]
            self.columns |= {row[1]: TYPES.get(row[2], "string") for row in rows}
            each = [f"SELECT '{t}', to_jsonb(t) FROM {t} AS t" for t in sorted({row[0] for row in rows})]
            self._statements.append(" UNION ALL ".join(each))
        return self

    async def rows(self) -> Counter[str]:
        """Every row, with what differs from twin to twin masked; what was smuggled shows."""
        found: Counter[str] = Counter()
        for connection, statement in zip(self._connections, self._statements, strict=True):
            for table, row in await connection.fetch(statement):
                found[f"{table} {masked(json.loads(row))}"] += 1
        return found


_COLUMNS = """
    SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name <> 'alembic_version' ORDER BY 1, 2
"""


@pytest.fixture(scope="module")
async def tables(city: City) -> AsyncIterator[Tables]:
    """The tables of svc-laksa and the gateway."""
    urls = [app.state.runtime.settings.database_url.get_secret_value() for app in (city.laksa, city.gateway)]
    connections = [await asyncpg.connect(url) for url in urls]
    yield await Tables(connections).learn()
    for connection in connections:
        await connection.close()


@pytest.fixture(scope="module")
async def document(city: City) -> dict[str, Any]:
    """The merged document."""
    found: dict[str, Any] = (await city.http.get("/openapi.json")).json()
    return found


def masked(value: Any) -> str:
    """As text, without what no two twins share."""
    text = json.dumps(_without_unlike(value), sort_keys=True)
    for pattern, instead in MASKS:
        text = pattern.sub(instead, text)
    return text


def _without_unlike(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_unlike(v) for k, v in value.items() if k not in UNLIKE}
    return [_without_unlike(v) for v in value] if isinstance(value, list) else value


def answered(document: Mapping[str, Any]) -> dict[str, str]:
    """Every field of every answer, with its type."""
    schemas = document["components"]["schemas"]
    found: dict[str, str] = {}
    for name, schema in schemas.items():
        if not name.endswith("In"):
            for field, said in schema.get("properties", {}).items():
                found[field] = said.get("type", "string") if said.get("type") in CANARIES else "string"
    return found


def writes(document: Mapping[str, Any]) -> Iterator[tuple[str, set[str]]]:
    """Each operation that takes JSON, or takes nothing, with the fields it may be sent."""
    for path, item in document["paths"].items():
        for method in ("post", "put", "patch"):
            if method not in item or path.startswith("/v1/media"):  # files have tests of their own
                continue
            content = item[method].get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            yield f"{method.upper()} {path}", set(_fields(schema, document["components"]["schemas"]))


def _fields(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    """The names a body and the objects in it may have."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from _fields(inner, schemas)
    items = [schema["items"]] if "items" in schema else []
    for inner in (*schema.get("anyOf", ()), *schema.get("allOf", ()), *items):
        yield from _fields(inner, schemas)


def smuggled(body: Any, more: Mapping[str, Any], top: bool = True) -> Any:
    """The body with everything more in it, and in each object and list of objects inside."""
    if isinstance(body, list):
        return [smuggled(each, more, top=False) for each in body]
    if not isinstance(body, dict):
        return body
    inner = {k: v if k in FREE else smuggled(v, more, top=False) for k, v in body.items()}
    return {**more, **inner}


async def sent(prepared: Prepared, operation: str, more: Mapping[str, Any]) -> tuple[int, str]:
    """Status and masked answer."""
    actor, path, body = prepared
    whole = smuggled(body or {}, more) if more or body is not None else None
    answer = await actor.call(operation.partition(" ")[0], path, body=whole)
    return answer.status_code, masked(answer.json()) if answer.content else ""


def unlike(plain: Any, smuggling: Any) -> str:
    """What the two did differently."""
    rows = [*(plain[2] - smuggling[2]), "instead:", *(smuggling[2] - plain[2])]
    return "\n".join([f"{plain[:2]}", f"{smuggling[:2]}", *rows])


async def test_no_write_takes_more_than_its_fields(
    document: dict[str, Any], people: People, tables: Tables
) -> None:
    everything = answered(document) | tables.columns
    assert len(everything) > 100
    matrix = []
    for operation, own in sorted(writes(document)):
        if operation.partition(" ")[2].startswith(ELSEWHERE_MADE):
            continue
        more = {name: CANARIES[kind] for name, kind in everything.items() if name not in own}
        results = []
        for extra in ({}, more):
            prepared = await people.prepare(operation)
            before = await tables.rows()
            status, answer = await sent(prepared, operation, extra)
            results.append((status, answer, (await tables.rows()) - before))
        (plain, smuggling) = results
        assert plain[0] < 300, f"{operation}: the plain one is refused: {plain[1]}"
        ignored = smuggling == plain
        refused = smuggling[0] == 422 and not smuggling[2]
        assert ignored or refused, f"{operation}\n{unlike(plain, smuggling)}"
        matrix.append(f"  {'ignored' if ignored else '422':<8} {len(more):>4} fields  {operation}")
    assert len(matrix) > 20
    if "READ_ONLY" in os.environ:
        print("\n" + "\n".join(matrix))
