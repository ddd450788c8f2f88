"""The nearest places over HTTP."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import Depends, Query

from shared.errors import FieldError, Unprocessable
from shared.runtime import Run
from shared.schemas import Labelled, Latitude, Longitude, Moment, Out
from svc_tourism.nearby import rules
from svc_tourism.nearby.rules import Sought
from svc_tourism.nearby.usecases import Near
from svc_tourism.pack import PlaceCategories
from svc_tourism.places.documents import Words
from svc_tourism.places.schemas import ListedOut, OpenOut
from svc_tourism.routes.rules import Mode

_FORESEEN = timedelta(days=366)


class TripOut(Out):
    """The way there, estimated from the straight line: no route. Metres and seconds, likely and at most."""

    method: Literal["estimate"] = "estimate"
    is_route: Literal[False] = False
    mode: str
    distance_m: int
    longest_m: int
    duration_s: int
    longest_s: int
    arrives_at: datetime


class NearOut(ListedOut):
    """A place nearby; `open_on_arrival` is its state when one gets there."""

    straight_m: int
    trip: TripOut
    open_on_arrival: OpenOut


class KindOut(Out):
    """The nearest of one kind, nearest first."""

    category: Labelled
    items: Sequence[NearOut]


class NearbyOut(Out):
    """In the order that was asked for."""

    groups: Sequence[KindOut]

    @classmethod
    def of(cls, found: Sequence[tuple[str, Sequence[Near]]], mode: str, words: Words) -> "NearbyOut":
        """In words."""
        return cls(
            groups=[
                KindOut(category=words.category(code), items=[_near(each, mode, words) for each in near])
                for code, near in found
            ]
        )


def _near(near: Near, mode: str, words: Words) -> NearOut:
    trip = near.trip
    there = TripOut(
        mode=mode,
        distance_m=trip.distance_m,
        longest_m=trip.longest_m,
        duration_s=trip.duration_s,
        longest_s=trip.longest_s,
        arrives_at=words.local(trip.arrives_at),
    )
    arrival = OpenOut.of(near.state, words)
    made: NearOut = NearOut.of(
        near.row, words, straight_m=round(near.row.apart), trip=there, open_on_arrival=arrival
    )
    return made


async def _sought(
    run: Run,
    lat: Annotated[Latitude, Query()],
    lon: Annotated[Longitude, Query()],
    mix: Annotated[
        str,
        Query(
            max_length=500,
            description="Kinds and how many of each (3 if not said), 8 kinds and 20 of each at most",
            examples=["place_of_worship:3,fuel:2,atm"],
        ),
    ],
    mode: Annotated[Mode, Query()] = "motorcycle",
    arrive_at: Annotated[Moment | None, Query(description="Instead of the estimated time of arrival")] = None,
    open_on_arrival: Annotated[bool, Query(description="Leave out what is closed then")] = False,
) -> Sought:
    if arrive_at is not None and abs(arrive_at - run.clock.now()) > _FORESEEN:
        raise Unprocessable(errors=[FieldError("arrive_at", "invalid")])
    try:
        wanted = rules.mix_of(mix, run.part(PlaceCategories).by_code)
    except rules.BadMix as error:
        raise Unprocessable(errors=[FieldError("mix", "unknown_mix")]) from error
    return Sought((lat, lon), wanted, mode, arrive_at, open_on_arrival)


SoughtHere = Annotated[Sought, Depends(_sought)]
"""The parameters of the search."""
