"""What travels about markets."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from shared.schemas import Filled, In, Labelled, Out, Point
from svc_prices.commodities.documents import Words
from svc_prices.markets.models import MEDIAN, Market

MOST_MARKETS = 200
"""More than the pages that show every market at once can hold."""


def _not_reserved(code: str) -> str:
    if code == MEDIAN:
        raise PydanticCustomError("reserved", "a word of ours")
    return code


NewCode = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=60), AfterValidator(_not_reserved)
]
Kind = Literal["traditional", "modern", "wholesale"]


class MarketIn(In):
    """What is known of a market; without a point nobody can say how far it is."""

    name: Annotated[Filled, Field(max_length=120)]
    kind: Kind
    point: Point | None = None
    source: Annotated[Filled, Field(max_length=200)]
    active: bool = Field(default=True, strict=True)


class NewMarketIn(MarketIn):
    """A market that opens; its code stands in addresses and never changes."""

    code: NewCode


class MarketOut(Out):
    """A market; `area` is the finest area known."""

    code: str
    version: int
    name: str
    kind: Labelled
    point: Point | None
    district: str | None
    village: str | None
    area: str | None
    source: str
    active: bool

    @classmethod
    def of(cls, market: Market, words: Words) -> "MarketOut":
        """From its row."""
        area = words.run.city.areas.find(market.village or market.district or "")
        here = market.lat is not None and market.lon is not None
        return cls(
            code=market.code,
            version=market.version,
            name=market.name,
            kind=words.label("market_kind", market.kind),
            point=Point(lat=market.lat or 0.0, lon=market.lon or 0.0) if here else None,
            district=market.district,
            village=market.village,
            area=area.name if area is not None else None,
            source=market.source,
            active=market.active,
        )
