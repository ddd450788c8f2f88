"""What travels about the survey plan and a day's completeness."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Annotated, Any

from pydantic import Field, WithJsonSchema
from sqlalchemy import Row

from shared.schemas import In, Labelled, Out
from svc_prices.commodities.documents import Words
from svc_prices.surveys.models import PlannedSurvey
from svc_prices.surveys.rules import Weekday, days_of

LocalTime = Annotated[
    time, WithJsonSchema({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$"})
]
"""An hour of the city's day: the format `time` of JSON Schema (RFC 3339) would promise an offset."""


class PlanIn(In):
    """On which days somebody surveys a market, and by which hour (local time)."""

    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1, max_length=7)]
    by: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["11:00"])]


class PlanOut(Out):
    """One line of the plan; `staff_id` is opaque."""

    market: str
    market_name: str
    staff_id: str
    weekdays: Sequence[Weekday]
    by: LocalTime
    version: int
    updated_at: datetime

    @classmethod
    def of(cls, row: PlannedSurvey, market: str, name: str, words: Words) -> "PlanOut":
        """From its row."""
        return cls(
            market=market,
            market_name=name,
            staff_id=row.staff_id,
            weekdays=days_of(row.weekdays),
            by=row.by,
            version=row.version,
            updated_at=words.local(row.updated_at),
        )

    @classmethod
    def listed(cls, row: Row[Any], words: Words) -> "PlanOut":
        """From a row of a page."""
        return cls.of(row.PlannedSurvey, row.code, row.name, words)


class MarketDayOut(Out):
    """A market on a day; `by` is local time, absent where it is not due."""

    market: str
    name: str
    state: Labelled
    by: LocalTime | None
    expected: int
    entered: int
    completed_at: datetime | None


class SurveyDayOut(Out):
    """How complete a day is; `text` says it in words."""

    day: date
    due: int
    complete: int
    late: int
    text: str
    markets: Sequence[MarketDayOut]
