"""prices.yaml of the city pack: markets and commodities, sown once and never over what staff changed."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal, Self, cast

from pydantic import Field, model_validator
from sqlalchemy import Table, insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.city.checks import Code, Label, PackModel, distinct, once, refers_to, wrong
from shared.city.files import read_yaml
from shared.city.pack import City
from shared.city.problems import Problems
from shared.events.outbox import emit
from shared.ids import new_id
from shared.runtime import Runtime
from shared.seeds import Seed
from svc_prices.commodities.documents import commodity_published
from svc_prices.commodities.models import Commodity, LocalUnit, ReferencePrice
from svc_prices.commodities.schemas import MOST_COMMODITIES
from svc_prices.markets.documents import market_published
from svc_prices.markets.models import MEDIAN, Market
from svc_prices.markets.schemas import MOST_MARKETS
from svc_prices.observations.rules import Level

FILE = "prices.yaml"
Row = Mapping[str, Any]


class MarketFacts(PackModel):
    """One market; both of `lat` and `lon` (degrees, WGS 84) or none, and then perhaps the `area` it is in."""

    code: Annotated[Code, once("market")]
    name: str
    kind: Literal["traditional", "modern", "wholesale"]
    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)
    area: Annotated[str, refers_to("area", "areas.csv")] | None = None
    source: str

    @model_validator(mode="after")
    def _has_both_or_none(self) -> Self:
        if (self.lat is None) != (self.lon is None):
            raise wrong("needs both lat and lon, or none")
        return self


class UnitFacts(PackModel):
    """One local unit: how many of the commodity's unit it holds."""

    code: Code
    name: Label
    factor: Decimal = Field(gt=0, le=100_000, max_digits=12, decimal_places=6)
    source: str


class ReferenceFacts(PackModel):
    """A reference price, whole rupiah; `source` names the regulation."""

    level: Level = "retail"
    kind: Literal["HET", "HAP"]
    price: int = Field(gt=0)
    valid_from: date
    valid_to: date | None = None
    source: str

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise wrong("ends before it begins", "valid_to")
        return self


class CommodityFacts(PackModel):
    """One commodity; `demo_price` (whole rupiah) is where the made-up series of development begins."""

    code: Annotated[Code, once("commodity")]
    name: Label
    category: Code
    unit: str
    panel_id: int | None = Field(default=None, gt=0, le=32_767)
    source: str
    demo_price: int | None = Field(default=None, gt=0)
    local_units: Annotated[tuple[UnitFacts, ...], distinct("code")] = ()
    reference_prices: tuple[ReferenceFacts, ...] = ()

    @model_validator(mode="after")
    def _sets_each_price_once(self) -> Self:
        prices = [(each.level, each.kind, each.valid_from) for each in self.reference_prices]
        if len(set(prices)) < len(prices):
            raise wrong("two prices of one kind begin on the same day", "reference_prices")
        return self


class PricesPack(PackModel):
    """prices.yaml; the order of the commodities is the order of lists and forms."""

    markets: tuple[MarketFacts, ...] = Field(min_length=1, max_length=MOST_MARKETS)
    commodities: tuple[CommodityFacts, ...] = Field(min_length=1, max_length=MOST_COMMODITIES)

    @model_validator(mode="after")
    def _leaves_our_word(self) -> Self:
        for index, market in enumerate(self.markets):
            if market.code == MEDIAN:
                raise wrong(f'"{MEDIAN}" is what the city\'s line is asked by', "markets", index, "code")
        return self

    @model_validator(mode="after")
    def _numbers_each_once(self) -> Self:
        seen: set[int] = set()
        for index, commodity in enumerate(self.commodities):
            number = commodity.panel_id
            if number is not None and number in seen:
                raise wrong(f'"{number}" is used twice', "commodities", index, "panel_id")
            seen |= {number} if number is not None else set()
        return self

    @cached_property
    def by_code(self) -> Mapping[str, CommodityFacts]:
        """Every commodity."""
        return {commodity.code: commodity for commodity in self.commodities}


def load_prices(city: City) -> PricesPack:
    """The city's markets and commodities; PackError with every problem, each with file and line."""
    problems = Problems()
    file = read_yaml(city.folder / FILE, PricesPack, problems, city.known())
    if problems or file is None:
        raise problems.error()
    return file.value


def check(city: City) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """For `make check-city`: (file, what is there) and (file, what is weak); PackError as on loading."""
    pack = load_prices(city)
    references = sum(len(each.reference_prices) for each in pack.commodities)
    there = f"{len(pack.markets)} markets, {len(pack.commodities)} commodities, {references} reference prices"
    bare = [each.code for each in pack.markets if each.lat is None]
    unsaid = [each.code for each in pack.markets if "unverified" in each.source]
    found = {"markets without a point": bare, "markets unverified": unsaid}
    return [(FILE, there)], [(FILE, f"{len(c)} {what}: {', '.join(c[:6])}") for what, c in found.items() if c]


def market_row(city: City, facts: MarketFacts) -> dict[str, Any]:
    """The columns a market has from the pack; its areas follow from the point, or from the area named."""
    village, district = None, facts.area
    if facts.lat is not None and facts.lon is not None:
        located = city.areas.locate(facts.lat, facts.lon)
        village, district = located.village.code, located.district.code
    row = facts.model_dump(exclude={"area"})
    return row | {"village": village, "district": district}


def _markets(run: Runtime) -> Sequence[Row]:
    return [market_row(run.city, facts) for facts in run.part(PricesPack).markets]


def _commodities(run: Runtime) -> Sequence[Row]:
    left_out = {"local_units", "reference_prices", "demo_price"}
    listed = run.part(PricesPack).commodities
    return [facts.model_dump(exclude=left_out) | {"position": n} for n, facts in enumerate(listed, 1)]


def _new(rows: Sequence[Row], now: datetime) -> list[dict[str, Any]]:
    more = {"version": 1, "active": True, "created_at": now, "updated_at": now}
    return [{**row, **more, "document_id": new_id()} for row in rows]


async def _plant_markets(session: AsyncSession, run: Runtime, rows: Sequence[Row], now: datetime) -> None:
    planted = await session.scalars(insert(Market).returning(Market), _new(rows, now))
    for market in planted.all():
        told = market_published(run, market)
        await emit(session, told, entity_id=str(market.document_id), entity_version=1, now=now)


async def _plant_commodities(session: AsyncSession, run: Runtime, rows: Sequence[Row], now: datetime) -> None:
    planted = (await session.scalars(insert(Commodity).returning(Commodity), _new(rows, now))).all()
    known = run.part(PricesPack).by_code
    for commodity in planted:
        told, facts = commodity_published(run, commodity), known[commodity.code]
        await emit(session, told, entity_id=str(commodity.document_id), entity_version=1, now=now)
        session.add_all(LocalUnit(commodity_id=commodity.id, **u.model_dump()) for u in facts.local_units)
        session.add_all(
            ReferencePrice(commodity_id=commodity.id, **r.model_dump()) for r in facts.reference_prices
        )


SEEDS = (
    Seed(f"{FILE}, markets", cast(Table, Market.__table__), "code", _markets, _plant_markets),
    Seed(f"{FILE}, commodities", cast(Table, Commodity.__table__), "code", _commodities, _plant_commodities),
)
