"""What travels about watches."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import Row

from shared.schemas import In, Out
from svc_prices.commodities.documents import Words
from svc_prices.commodities.models import Commodity
from svc_prices.markets.models import Market
from svc_prices.observations.rules import Level
from svc_prices.observations.schemas import CodeText
from svc_prices.watches.models import Watch
from svc_prices.watches.rules import Direction


@dataclass(frozen=True, slots=True)
class Watched:
    """A watch with what it watches."""

    row: Watch
    commodity: Commodity
    market: Market | None


class WatchIn(In):
    """Tell me when it moves by this many percent; without a market: the city's median."""

    commodity: CodeText
    market: CodeText | None = None
    level: Level = "retail"
    percent: int = Field(ge=1, le=500, strict=True)
    direction: Direction = "both"


class WatchOut(Out):
    """A watch: `above` and `below` are the prices (whole rupiah for one unit) at which she is told."""

    id: UUID
    commodity: str
    name: str
    unit: str
    market: str | None
    market_name: str | None
    level: Level
    percent: int
    direction: Direction
    baseline_price: int
    baseline_day: date
    above: int | None
    below: int | None
    created_at: datetime

    @classmethod
    def new(cls, watched: Watched, words: Words) -> "WatchOut":
        """One just made."""
        market = watched.market
        place = {"market": market.code if market else None, "market_name": market.name if market else None}
        thing = watched.commodity
        return cls._of(watched.row, thing.code, thing.name, thing.unit, words, **place)

    @classmethod
    def listed(cls, row: Row[Any], words: Words) -> "WatchOut":
        """From a row of a page."""
        place = {"market": row.market, "market_name": row.market_name}
        return cls._of(row.Watch, row.code, row.name, row.unit, words, **place)

    @classmethod
    def _of(
        cls, row: Watch, code: str, name: dict[str, Any], unit: str, words: Words, **place: Any
    ) -> "WatchOut":
        same = ("id", "level", "percent", "direction", "baseline_price", "baseline_day", "above", "below")
        return cls(
            **{name: getattr(row, name) for name in same},
            commodity=code,
            name=words.pick(name),
            unit=unit,
            created_at=words.local(row.created_at),
            **place,
        )
