"""What travels over HTTP."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from pydantic import Field
from sqlalchemy import Row

from shared.runtime import Runtime
from shared.schemas import Moment, Out


class CountsOut(Out):
    """All answers, and of these: refused (4xx), limited (429), failed (5xx, given up); bytes of bodies."""

    requests: int
    refused: int = Field(description="Answered 4xx")
    limited: int = Field(description="Answered 429: over a limit")
    failed: int = Field(description="Answered 5xx, or given up")
    bytes: int


class DayOut(CountsOut):
    """One day of the city."""

    day: date


class SeenOut(Out):
    """A platform and version that its requests named; null: they named none."""

    platform: str
    version: str | None = Field(description="Of the app; `other` beyond 50 a day")
    requests: int
    last_at: Moment = Field(description="Last seen")


class ClientUsageOut(Out):
    """Days without a request are left out; the last seconds are still being counted."""

    client: str = Field(description="Code of the front end")
    since: date = Field(description="The first day")
    until: date = Field(description="The last day, included")
    days: Sequence[DayOut] = Field(description="Oldest first")
    seen: Sequence[SeenOut] = Field(description="The most used first, 100 at most")


class ClientDayOut(CountsOut):
    """One front end on that day."""

    client: str = Field(description="Code of the front end")
    last_at: Moment = Field(description="Last request")


def seen_out(row: Row[Any], run: Runtime) -> SeenOut:
    """A platform and version, with the city's time."""
    at = row.last_at.astimezone(run.city.zone)
    return SeenOut(platform=row.platform, version=row.version or None, requests=row.requests, last_at=at)


def client_day(row: Row[Any], run: Runtime) -> ClientDayOut:
    """A front end's day, with the city's time."""
    return ClientDayOut.model_validate({**row._mapping, "last_at": row.last_at.astimezone(run.city.zone)})
