"""Finding what is near, of several kinds, and open on arrival."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from svc_tourism.hours.rules import Now
from svc_tourism.nearby import rules
from svc_tourism.nearby.rules import Sought, Trip
from svc_tourism.places import usecases as places
from svc_tourism.places.documents import Words

_LOOKED_AT, _MOST = 5, 60


@dataclass(frozen=True, slots=True)
class Near:
    """A place, the way there, and how it stands on arrival."""

    row: Any
    trip: Trip
    state: Now


async def nearby(session: AsyncSession, words: Words, sought: Sought) -> list[tuple[str, list[Near]]]:
    """The nearest of each kind in one statement; `only_open` looks at five times as many, 60 at most.

    What nobody knows the hours of stays in: a closed door is told, an unknown one is said to be unknown.
    """
    more = _LOOKED_AT if sought.only_open else 1
    looked = [(code, min(count * more, _MOST)) for code, count in sought.mix]
    found = await places.nearest(session, words.run, *sought.place, looked)
    return [(code, _first(words, found[code], count, sought)) for code, count in sought.mix]


def _first(words: Words, rows: Sequence[Any], count: int, sought: Sought) -> list[Near]:
    """Looks no farther than it must: how a place stands at a minute of its own is what takes the time."""
    near: list[Near] = []
    for row in rows:
        if len(near) == count:
            break
        trip = rules.trip(row.apart, sought.mode, words.now, sought.arrive_at)
        state = words.state(row, trip.arrives_at)
        if not (sought.only_open and state.state == "closed"):
            near.append(Near(row, trip, state))
    return near
