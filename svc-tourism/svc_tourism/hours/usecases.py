"""Understanding what people write about opening hours."""

from collections.abc import Sequence
from datetime import datetime

from shared.errors import FieldError, Unprocessable
from shared.runtime import Runtime
from svc_tourism.hours.rules import CityHours, Day, Hours, NotUnderstood, Written, for_a_month, understood

_WEEK = 7


class HoursNotUnderstood(Unprocessable):
    code = "hours_not_understood"


def in_osm(run: Runtime, text: str | None, field: str) -> Written:
    """What was written, in OSM's grammar; 422 `hours_not_understood` names the part that is wrong."""
    try:
        return Written(None) if text is None else understood(text, run.city.zone.key)
    except NotUnderstood as error:
        raise _refused(error, field) from error


def in_ramadan(run: Runtime, text: str | None, field: str) -> str | None:
    """What was written of Ramadan alone, in OSM's grammar; 422 as `in_osm`."""
    written = in_osm(run, text, field)
    try:
        return written.ramadan_hours or (written.opening_hours and for_a_month(written.opening_hours))
    except NotUnderstood as error:
        raise _refused(error, field) from error


async def interpret(run: Runtime, text: str, *, now: datetime) -> tuple[Written, Sequence[Day]]:
    """How it is understood, and the next seven days by it; 422 as `in_osm`."""
    written = in_osm(run, text, "hours")
    known: CityHours = run.part(CityHours)
    hours = Hours(written.opening_hours, written.ramadan_hours)
    return written, list(known.days_from(hours, now.astimezone(run.city.zone).date(), _WEEK))


def _refused(error: NotUnderstood, field: str) -> HoursNotUnderstood:
    wrong = FieldError(field, error.code, {"part": error.part})
    return HoursNotUnderstood(errors=[wrong], part=error.part)
