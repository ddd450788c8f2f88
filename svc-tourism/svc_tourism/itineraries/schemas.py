"""What travels over HTTP about itineraries."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from shared.schemas import Day, Filled, In, Labelled, Line, Out, Point
from svc_tourism.itineraries.rules import MOST_STOPS
from svc_tourism.places.documents import Words
from svc_tourism.places.schemas import ListedOut
from svc_tourism.routes.rules import Mode

PlanDay = Annotated[Day, Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))]
_Clock = Annotated[
    time,
    WithJsonSchema(
        {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$", "maxLength": 8}
    ),
]
"""Local time: the format `time` of JSON Schema (RFC 3339) would promise an offset."""


class StopIn(In):
    """A place and how long; without `stay_minutes` what is usual for its kind."""

    place_id: UUID
    stay_minutes: int | None = Field(default=None, ge=5, le=720, strict=True)
    note: Line | None = None


class ItineraryIn(In):
    """A list of places, in this order; `start` is where the day begins, and is shared with nobody."""

    title: Annotated[Filled, Field(max_length=120)]
    day: PlanDay | None = None
    begins: _Clock = time(9)
    ends: _Clock = time(18)
    start: Point | None = None
    mode: Mode = "motorcycle"
    stops: Annotated[tuple[StopIn, ...], Field(max_length=MOST_STOPS)] = ()

    @model_validator(mode="after")
    def _is_one_day(self) -> Self:
        if self.begins.tzinfo or self.ends.tzinfo or self.begins >= self.ends:
            raise PydanticCustomError("begins_before_ends", "begins before ends, local time")
        ids = [stop.place_id for stop in self.stops]
        if len(set(ids)) != len(ids):
            raise PydanticCustomError("stops_twice", "each place once")
        return self


class StopOut(Out):
    """`place` is null when it is not on the map any more."""

    place_id: UUID
    place: ListedOut | None
    stay_minutes: int | None
    note: str | None


class ItineraryOut(Out):
    """An itinerary as its owner sees it."""

    id: UUID
    version: int
    title: str
    day: date | None
    begins: _Clock
    ends: _Clock
    start: Point | None
    mode: Mode
    stops: Sequence[StopOut]
    shared: bool
    updated_at: datetime

    @classmethod
    def of(cls, saved: Any, words: Words) -> "ItineraryOut":
        """From `usecases.Saved`."""
        plan: ItineraryIn = saved.plan
        return cls(
            id=saved.row.id,
            version=saved.row.version,
            title=plan.title,
            day=plan.day,
            begins=plan.begins,
            ends=plan.ends,
            start=plan.start,
            mode=plan.mode,
            stops=[_stop(stop, saved.places, words, stop.note) for stop in plan.stops],
            shared=saved.row.share_digest is not None,
            updated_at=words.local(saved.row.updated_at),
        )


class SharedOut(Out):
    """What the read-only link shows: no start, no notes, nobody's name."""

    title: str
    day: date | None
    mode: Mode
    stops: Sequence[StopOut]

    @classmethod
    def of(cls, saved: Any, words: Words) -> "SharedOut":
        """From `usecases.Saved`."""
        plan: ItineraryIn = saved.plan
        stops = [_stop(stop, saved.places, words, None) for stop in plan.stops]
        return cls(title=plan.title, day=plan.day, mode=plan.mode, stops=stops)


class ShareOut(Out):
    """The link, told this once: only its digest is kept."""

    link: str


class VisitOut(Out):
    """A stop of the plan. `sure` is false where nobody told the hours: ask before going."""

    place: ListedOut
    way_minutes: int
    arrives_at: datetime
    starts_at: datetime
    ends_at: datetime
    sure: bool


class LeftOutOut(Out):
    """A stop that does not fit, and why."""

    place_id: UUID
    name: str | None
    reason: Labelled


class PlanOut(Out):
    """A day plan by opening hours and estimated ways; it promises no more than an estimate can."""

    day: date
    method: str = "estimate"
    mode: Mode
    visits: Sequence[VisitOut]
    left_out: Sequence[LeftOutOut]

    @classmethod
    def of(cls, planned: Any, words: Words) -> "PlanOut":
        """From `usecases.Planned`."""
        stops, places = planned.saved.plan.stops, planned.saved.places

        def left(index: int, reason: str) -> LeftOutOut:
            place = places.get(stops[index].place_id)
            label = words.label("left_out", reason)
            name = words.name(place.name) if place else None
            return LeftOutOut(place_id=stops[index].place_id, name=name, reason=label)

        visits = [
            VisitOut(
                place=ListedOut.of(places[stops[each.stop].place_id], words),
                way_minutes=round(each.way.total_seconds() / 60),
                arrives_at=words.local(each.arrives),
                starts_at=words.local(each.starts),
                ends_at=words.local(each.ends),
                sure=each.sure,
            )
            for each in planned.plan.visits
        ]
        out = [left(index, reason) for index, reason in sorted(planned.plan.left_out.items())]
        return cls(day=planned.day, mode=planned.saved.plan.mode, visits=visits, left_out=out)


def _stop(stop: StopIn, places: Any, words: Words, note: str | None) -> StopOut:
    place = places.get(stop.place_id)
    listed = ListedOut.of(place, words) if place else None
    return StopOut(place_id=stop.place_id, place=listed, stay_minutes=stop.stay_minutes, note=note)
