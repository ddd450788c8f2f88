"""What travels about reviews."""

from typing import Any

from sqlalchemy import Row

from shared.schemas import In
from svc_prices.commodities.documents import Words
from svc_prices.observations.schemas import CityOut, ObservationOut, Reason, SeenOut


class ApprovalIn(In):
    """Why it is right after all, if there is something to say."""

    reason: Reason | None = None


class RejectionIn(In):
    """What is wrong with it."""

    reason: Reason


class HeldOut(ObservationOut):
    """A held price beside the market's last one before and the city's median."""

    market_name: str
    commodity_name: str
    before: SeenOut | None
    city: CityOut | None

    @classmethod
    def listed(cls, row: Row[Any], words: Words) -> "HeldOut":
        """From a row of the queue."""
        whole = ObservationOut.of(row.Observation, (row.code, row.commodity, row.of), words)
        return cls(
            **whole.model_dump(),
            market_name=row.name,
            commodity_name=words.pick(row.commodity_name),
            before=SeenOut(day=row.before_day, price=row.before_price) if row.before_day else None,
            city=CityOut(day=row.city_day, price=row.median, markets=row.markets) if row.city_day else None,
        )
