"""Two markets and three commodities, and who sends and reads files about them."""

from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import select

from shared.auth import Caller
from shared.clock import ManualClock
from shared.ids import new_id
from shared.runtime import Runtime
from shared.tables import outbox
from shared.testing import Keys, in_process, rolled_back
from svc_prices.app import create_app
from svc_prices.commodities.models import Commodity, LocalUnit
from svc_prices.indicators.usecases import Board
from svc_prices.markets.models import Market
from svc_prices.settings import PricesSettings

WFP_HEADER = "date,market,commodity,unit,priceflag,pricetype,currency,price"
PANEL_HEADER = "Timestamp,ID,Komoditas,Satuan,Harga"


class Exchange:
    """Files in and out, over HTTP."""

    def __init__(self, app: FastAPI, client: AsyncClient, keys: Keys, clock: ManualClock) -> None:
        self.run: Runtime = app.state.runtime
        self.client, self.keys, self.clock = client, keys, clock
        self.supervisor = staff("price_supervisor", "s-supervisor")
        self.surveyor = staff("market_surveyor", "s-surveyor")
        self.guest = Caller(client="web", device="device-0001")

    @property
    def today(self) -> date:
        """Of the city."""
        return self.clock.now().astimezone(self.run.city.zone).date()

    def ago(self, days: int) -> date:
        """Some days back."""
        return self.today - timedelta(days=days)

    def headers(self, caller: Caller) -> dict[str, str]:
        """What the gateway would send."""
        return self.keys.identity(caller, "svc-prices", self.clock.now())

    async def get(self, path: str, caller: Caller | None = None, **headers: str) -> Response:
        """GET below /v1/prices, as a guest unless somebody else is named."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.get(f"/v1/prices{path}", headers=self.headers(caller or self.guest) | sent)

    async def send(self, content: str | bytes, query: str = "", **more: Any) -> Response:
        """An import by the supervisor, with a new key."""
        caller = more.pop("caller", self.supervisor)
        sent = {"Content-Type": "text/csv", "Idempotency-Key": str(new_id())} | more
        return await self.client.post(
            f"/v1/prices/imports{query}", content=content, headers=self.headers(caller) | sent
        )

    async def take(self, content: str, query: str = "") -> dict[str, Any]:
        """An import that is answered with 200."""
        answer = await self.send(content, query)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        assert body["rows"] == sum(
            body[name] for name in ("published", "not_available", "held", "unchanged", "refused")
        )
        return body

    async def rows(self, model: Any) -> list[Any]:
        """All rows of a table."""
        async with self.run.database.transaction() as session:
            return list((await session.scalars(select(model))).all())

    async def events(self, name: str) -> list[dict[str, Any]]:
        """What was told, by the end of its type."""
        async with self.run.database.transaction() as session:
            where = outbox.c.type.endswith(name)
            return list(
                (await session.scalars(select(outbox.c.data).where(where).order_by(outbox.c.id))).all()
            )

    def forget_alerts(self) -> None:
        """As if a minute had passed, and ten."""
        self.run.parts.pop(Board, None)


def staff(role: str, sub: str) -> Caller:
    return Caller(kind="staff", sub=sub, roles=frozenset({role}))


def wfp(rows: Iterable[tuple[date, str, str, object]]) -> str:
    """A WFP file of (day, market, commodity, price), retail by the kilogram."""
    lines = [f"{day},{market},{goods},KG,actual,Retail,IDR,{price}" for day, market, goods, price in rows]
    return "\n".join([WFP_HEADER, *lines])


def panel(rows: Iterable[tuple[date, str, object]]) -> str:
    """A Panel Harga of (day, commodity, price)."""
    lines = [f"{day},27,{goods},Rp./Kg,{price}" for day, goods, price in rows]
    return "\n".join([PANEL_HEADER, *lines])


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    """Monday 2026-02-02, 09:00 in Tangerang."""
    return ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
async def app(
    databases: Any, settings_for: Callable[..., PricesSettings], clock: ManualClock
) -> AsyncIterator[FastAPI]:
    """svc-prices with a database of its own, no broker, no seeds of the pack."""
    made = create_app(settings_for(PricesSettings, databases.new("svc_prices")), clock)
    run: Runtime = made.state.runtime
    async with run.database.transaction() as session:
        session.add_all(places(clock.now()))
        session.add_all(goods(clock.now()))
        await session.flush()
        session.add(
            LocalUnit(commodity_id=1, code="karung", name={"id": "karung"}, factor=Decimal(25), source="t")
        )
    yield made
    await run.database.close()


@pytest.fixture
async def exchange(app: FastAPI, keys: Keys, clock: ManualClock) -> AsyncIterator[Exchange]:
    """What happens is rolled back at the end."""
    async with rolled_back(app.state.runtime.database), in_process(app) as client:
        office = Exchange(app, client, keys, clock)
        office.forget_alerts()
        yield office


def places(now: datetime) -> list[Market]:
    names = {"anyar": "Pasar Anyar", "poris": '=Pasar "Poris", Indah'}
    return [
        Market(
            document_id=new_id(),
            code=code,
            version=1,
            name=name,
            kind="traditional",
            lat=-6.17,
            lon=106.63,
            district="36.71.01",
            village=None,
            source="test",
            active=True,
            created_at=now,
            updated_at=now,
        )
        for code, name in names.items()
    ]


def goods(now: datetime) -> list[Commodity]:
    names = {"beras": "Beras Premium", "cabai": "Cabai Rawit Merah", "garam": "Garam Konsumsi"}
    return [
        Commodity(
            id=number,
            document_id=new_id(),
            code=code,
            version=1,
            name={"id": name, "en": f"{code} in English"},
            category="pangan",
            unit="kg",
            panel_id=20 + number,
            position=number,
            source="test",
            active=True,
            created_at=now,
            updated_at=now,
        )
        for number, (code, name) in enumerate(names.items(), 1)
    ]
