"""People who visit, edit and review places, for the tests of svc-tourism."""

from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import select

from shared import media
from shared.auth import Caller
from shared.clock import ManualClock
from shared.ids import new_id
from shared.runtime import Runtime
from shared.tables import outbox
from shared.testing import Keys, QueryRecorder

CENTRE = {"lat": -6.1823, "lon": 106.6358}
"""The middle of Sukasari, 36.71.01.1007."""


class Resort:
    """What people do, over HTTP; `get`, `post` and `put` answer whatever came back."""

    def __init__(self, app: FastAPI, client: AsyncClient, keys: Keys, clock: ManualClock) -> None:
        self.run: Runtime = app.state.runtime
        self.client, self.keys, self.clock = client, keys, clock
        self.guest = Caller(client="android", device="device-0001")
        self.citizen = Caller(kind="citizen", sub="citizen-1")
        self.other = Caller(kind="citizen", sub="citizen-2")
        self.editor = Caller(kind="staff", sub="s-1", roles=frozenset({"tourism_editor"}), agency="disbudpar")
        self.stranger = Caller(kind="staff", sub="s-2", roles=frozenset({"editor"}))

    async def call(
        self, method: str, caller: Caller, path: str, body: Any = None, **headers: str
    ) -> Response:
        """Below /v1/tourism, with a fresh Idempotency-Key unless one is given."""
        identity = self.keys.identity(caller, "svc-tourism", self.clock.now())
        sent = {"Idempotency-Key": str(new_id())} | {k.replace("_", "-"): v for k, v in headers.items()}
        url = path if path.startswith("/internal") else f"/v1/tourism{path}"
        return await self.client.request(method, url, json=body, headers=identity | sent)

    async def get(self, caller: Caller, path: str, **headers: str) -> Response:
        """GET."""
        return await self.call("GET", caller, path, **headers)

    async def post(self, caller: Caller, path: str, body: Any = None, **headers: str) -> Response:
        """POST."""
        return await self.call("POST", caller, path, body or {}, **headers)

    async def put(self, caller: Caller, path: str, body: Any, **headers: str) -> Response:
        """PUT."""
        return await self.call("PUT", caller, path, body, **headers)

    async def add(self, **more: Any) -> dict[str, Any]:
        """A place that is accepted, and published unless told otherwise."""
        answer = await self.post(self.editor, "/places", place(**more))
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def statements(self, caller: Caller, path: str) -> int:
        """How many statements a GET costs, savepoints of the test left out."""
        with QueryRecorder().on(self.run.database) as queries:
            answer = await self.get(caller, path)
        assert answer.status_code == 200, answer.text
        return len([each for each in queries.statements if "SAVEPOINT" not in each])

    async def told(self, entity_id: str) -> list[tuple[str, int, dict[str, Any]]]:
        """Type, version and data of what was written to the outbox about an entity, in order."""
        async with self.run.database.transaction() as session:
            where = outbox.c.entity_id == entity_id
            rows = await session.execute(select(outbox).where(where).order_by(outbox.c.id))
            return [(row.type.removeprefix("tourism."), row.entity_version, row.data) for row in rows]

    def receipt(self, owner: Caller) -> str:
        """A receipt of an upload a moment ago, as the gateway signs it."""
        now = self.clock.now()
        facts = media.Receipt(
            media_id=new_id(),
            owner=owner.scope,
            sha256="0" * 64,
            type="image/jpeg",
            size=1_000,
            stored_at=now,
        )
        return media.issue(facts, self.keys.signer, now)

    def wait(self, **time: float) -> None:
        """Time passes."""
        self.clock.advance(timedelta(**time))


def place(**more: Any) -> dict[str, Any]:
    """The body of a place: a museum in Sukasari."""
    body = {
        "category": "museum",
        "status": "published",
        "name": {"id": "Museum Demo", "en": "Demo Museum"},
        "description": {"id": "Demo: benda lama.", "en": "Demo: old things."},
        "point": CENTRE,
        "hours": "Selasa-Minggu 09.00-15.00; Senin tutup",
        "source": "demo",
    }
    return body | more
