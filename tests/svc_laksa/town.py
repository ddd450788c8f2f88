"""People of a town and what they do, for the tests of LAKSA."""

from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import func, select

from shared import media
from shared.auth import Caller
from shared.clock import ManualClock
from shared.events.event import Envelope
from shared.ids import new_id
from shared.runtime import Runtime
from shared.tables import outbox
from shared.testing import Keys
from svc_laksa.reports.models import Report

CENTRE = {"lat": -6.1729, "lon": 106.6319}
BOGOR = {"lat": -6.5971, "lon": 106.806}


class Town:
    """People of the town and what they do, over HTTP; `get` and `post` answer whatever came back."""

    def __init__(self, app: FastAPI, client: AsyncClient, keys: Keys, clock: ManualClock) -> None:
        self.run: Runtime = app.state.runtime
        self.client, self.keys, self.clock = client, keys, clock
        self.citizen = Caller(kind="citizen", sub="c-1")
        self.other = Caller(kind="citizen", sub="c-2")
        self.guest = Caller(client="android", device="device-0001")
        self.officer = self.staff("laksa_officer", "dpupr", "s-officer")
        self.head = self.staff("laksa_head", "dpupr", "s-head")
        self.crew = self.staff("laksa_crew", "dpupr", "s-crew")
        self.stranger = self.staff("laksa_officer", "dishub", "s-stranger")
        self.verifier = self.staff("laksa_verifier", None, "s-verifier")
        self.moderator = self.staff("laksa_moderator", "diskominfo", "s-moderator")
        self.police = self.staff("laksa_officer", "polres", "s-police")

    @staticmethod
    def staff(role: str, agency: str | None, sub: str) -> Caller:
        """Somebody with one role."""
        return Caller(kind="staff", sub=sub, roles=frozenset({role}), agency=agency)

    def headers(self, caller: Caller) -> dict[str, str]:
        """What the gateway would send."""
        return self.keys.identity(caller, "svc-laksa", self.clock.now())

    async def get(self, caller: Caller, path: str, **more: Any) -> Response:
        """GET below /v1/laksa; `headers` are added to the identity."""
        headers = self.headers(caller) | more.pop("headers", {})
        return await self.client.get(f"/v1/laksa{path}", headers=headers, **more)

    async def post(self, caller: Caller, path: str, body: Any = None, **headers: str) -> Response:
        """POST below /v1/laksa with a fresh key, unless one is given."""
        sent = {"Idempotency-Key": str(new_id())} | {k.replace("_", "-"): v for k, v in headers.items()}
        url = f"/v1/laksa{path}"
        return await self.client.post(url, json=body or {}, headers=self.headers(caller) | sent)

    async def submit(self, caller: Caller | None = None, **more: Any) -> dict[str, Any]:
        """A report that is accepted; a pothole in the centre unless told otherwise."""
        answer = await self.post(caller or self.citizen, "/reports", report(**more))
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def act(
        self, caller: Caller, made: dict[str, Any], action: str, body: Any = None
    ) -> dict[str, Any]:
        """A step that must succeed."""
        answer = await self.post(caller, f"/reports/{made['id']}/{action}", body)
        assert answer.status_code == 200, (action, answer.text)
        done: dict[str, Any] = answer.json()
        return done

    def receipt(self, owner: Caller, **more: Any) -> str:
        """A receipt of an upload a moment ago, as the gateway signs it."""
        facts: dict[str, Any] = {
            "media_id": new_id(),
            "owner": owner.scope,
            "sha256": new_id().hex * 2,
            "type": "image/jpeg",
            "size": 1_000,
            "stored_at": self.clock.now(),
        }
        return media.issue(media.Receipt(**facts | more), self.keys.signer, self.clock.now())

    def evidence(self, owner: Caller, **more: Any) -> dict[str, Any]:
        """The body of `finish` with one good photo."""
        self.clock.advance(timedelta(minutes=1))
        made = {"captured_at": self.clock.now(), "captured_lat": CENTRE["lat"], "captured_lon": CENTRE["lon"]}
        return {"evidence": [{"receipt": self.receipt(owner, **made | more)}], "note": "Sudah ditambal"}

    async def finished(self, made: dict[str, Any]) -> dict[str, Any]:
        """From received to finished by the officer."""
        await self.act(self.officer, made, "assign")
        await self.act(self.officer, made, "start")
        return await self.act(self.officer, made, "finish", self.evidence(self.officer))

    async def done(self, made: dict[str, Any]) -> dict[str, Any]:
        """From received to done."""
        await self.finished(made)
        return await self.act(self.verifier, made, "verify", {"passed": True})

    async def events(self, entity_id: str) -> list[Envelope]:
        """What was written to the outbox about an entity, in order."""
        async with self.run.database.transaction() as session:
            where = outbox.c.entity_id == entity_id
            rows = (await session.execute(select(outbox).where(where).order_by(outbox.c.id))).all()
        return [
            Envelope(
                id=str(row.id),
                source="//tangerang/svc-laksa",
                type=row.type,
                subject=row.entity_id,
                time=row.occurred_at,
                partitionkey=row.entity_id,
                entityversion=row.entity_version,
                data=row.data,
            )
            for row in rows
        ]

    async def count(self) -> int:
        """How many reports there are."""
        async with self.run.database.transaction() as session:
            return await session.scalar(select(func.count()).select_from(Report)) or 0

    async def pass_time(self, by: timedelta) -> int:
        """Time passes and what is due is done; how many timers fired."""
        self.clock.advance(by)
        return await self.run.timers.run_due()


def report(**more: Any) -> dict[str, Any]:
    """The body of a submission."""
    body = {
        "category": "jalan-berlubang",
        "description": "Lubang besar di depan pasar",
        "point": CENTRE,
        "attributes": {"bahaya": "ya"},
    }
    if more.get("category", "jalan-berlubang") != "jalan-berlubang":
        body["attributes"] = {}
    return body | more
