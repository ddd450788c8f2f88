"""People of the markets and what they do, for the tests of svc-prices."""

from datetime import date, timedelta
from typing import Any

from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import insert, select

from shared.auth import Caller
from shared.clock import ManualClock
from shared.ids import new_id
from shared.runtime import Runtime
from shared.tables import outbox
from shared.testing import Keys
from svc_prices.observations import usecases as observations
from svc_prices.observations.models import Observation
from svc_prices.observations.queries import Touched

TODAY = date(2026, 2, 2)


class Bazaar:
    """Everybody who has to do with prices, over HTTP; `get` and `send` answer whatever came back."""

    def __init__(self, app: FastAPI, client: AsyncClient, keys: Keys, clock: ManualClock) -> None:
        self.run: Runtime = app.state.runtime
        self.client, self.keys, self.clock = client, keys, clock
        self.guest = Caller(client="android", device="device-0001")
        self.citizen = Caller(kind="citizen", sub="c-1")
        self.neighbour = Caller(kind="citizen", sub="c-2")
        self.surveyor = self.staff("market_surveyor", "s-surveyor")
        self.colleague = self.staff("market_surveyor", "s-colleague")
        self.supervisor = self.staff("price_supervisor", "s-supervisor")
        self.deputy = self.staff("price_supervisor", "s-deputy")
        self.editor = self.staff("editor", "s-editor")

    @staticmethod
    def staff(role: str, sub: str) -> Caller:
        """Somebody with one role."""
        return Caller(kind="staff", sub=sub, roles=frozenset({role}))

    @property
    def today(self) -> date:
        """The city's date."""
        return self.clock.now().astimezone(self.run.city.zone).date()

    def headers(self, caller: Caller) -> dict[str, str]:
        """What the gateway would send."""
        return self.keys.identity(caller, "svc-prices", self.clock.now())

    async def get(self, path: str, caller: Caller | None = None, **more: Any) -> Response:
        """GET below /v1/prices, as a guest unless told otherwise."""
        headers = self.headers(caller or self.guest) | more.pop("headers", {})
        return await self.client.get(f"/v1/prices{path}", headers=headers, **more)

    async def send(
        self, caller: Caller, path: str, body: Any = None, method: str = "POST", **headers: str
    ) -> Response:
        """A write below /v1/prices with a fresh key, unless one is given."""
        sent = {"Idempotency-Key": str(new_id())} | {k.replace("_", "-"): v for k, v in headers.items()}
        whole = self.headers(caller) | sent
        url = f"/v1/prices{path}"
        if method == "DELETE":
            return await self.client.delete(url, headers=whole)
        return await self.client.request(method, url, json=body if body is not None else {}, headers=whole)

    async def enter(
        self, rows: list[dict[str, Any]], market: str = "anyar", caller: Caller | None = None, **more: Any
    ) -> list[dict[str, Any]]:
        """A batch that is taken; what became of each row."""
        day = more.pop("day", self.today)
        body = {"market": market, "day": str(day), "rows": rows}
        answer = await self.send(caller or self.surveyor, "/observations", body, **more)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["rows"]
        return found

    async def price(self, commodity: str, price: int, market: str = "anyar", **more: Any) -> dict[str, Any]:
        """One price that is taken."""
        said = {"commodity": commodity, "price": price, **more.pop("row", {})}
        (found,) = await self.enter([said], market, **more)
        return found

    async def past(self, commodity: str, prices: list[int], market: str = "anyar") -> None:
        """Prices of the days before today, the last one yesterday; each with a reason."""
        for back, price in enumerate(reversed(prices), 1):
            day = self.today - timedelta(days=back)
            found = await self.price(
                commodity, price, market, day=day, caller=self.supervisor, row={"reason": "demo"}
            )
            assert found["outcome"]["code"] == "published", found

    async def years(self, days: int, *, market: int = 1, source: str = "demo", ended: int = 0) -> None:
        """Prices of as many days up to today, or to some days ago, of commodity 1.

        10,000 rupiah, and one more for each day.
        """
        same = {"commodity_id": 1, "market_id": market, "level": "retail", "state": "price", "version": 1}
        seen = dict.fromkeys(("observed_at", "received_at"), self.clock.now())
        said = {"status": "published", "entered_by": "demo", "source": source}
        every = [(self.today - timedelta(days=n + ended), 10_000 + days - n) for n in range(days)]
        rows = [{**same, **seen, **said, "day": day, "price": price} for day, price in every]
        async with self.run.database.transaction() as session:
            await session.execute(insert(Observation), rows)
            touched = [Touched(1, "retail", market, day) for day, _ in every]
            await observations.refresh(session, touched, self.clock.now())

    async def items(self, path: str) -> list[dict[str, Any]]:
        """The items of a list that is read."""
        answer = await self.get(path)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def told(self, name: str) -> list[dict[str, Any]]:
        """The data of every event of that name, in order."""
        async with self.run.database.transaction() as session:
            where = outbox.c.type == f"prices.{name}"
            rows = await session.execute(select(outbox.c.data).where(where).order_by(outbox.c.id))
            return list(rows.scalars())

    async def pass_time(self, by: timedelta) -> int:
        """Time passes and what is due is done; how many timers fired."""
        self.clock.advance(by)
        return await self.run.timers.run_due()


def outcomes(rows: list[dict[str, Any]]) -> list[str]:
    """What became of each row."""
    return [row["outcome"]["code"] for row in rows]
