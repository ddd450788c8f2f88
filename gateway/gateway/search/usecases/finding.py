"""Finding what is published."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.search import queries
from gateway.search.queries import Asked
from gateway.search.rules import keys, pages, slips, words
from gateway.search.usecases import cursors
from shared.errors import FieldError, Unprocessable


class Filters(NamedTuple):
    """What a search is narrowed to; a point is (lat, lon) in degrees."""

    text: str
    language: str
    type: str | None
    area: str | None
    point: tuple[float, float] | None
    radius_m: int | None

    def named(self) -> Mapping[str, Any]:
        """What a cursor belongs to."""
        return self._asdict()


class Found(NamedTuple):
    """One page; `did_you_mean`: the question as it was understood, if a word of it was guessed."""

    rows: Sequence[Row[Any]]
    next: str | None
    did_you_mean: str | None


def place(lat: float | None, lon: float | None, radius_m: int | None) -> tuple[float, float] | None:
    """Around which point; Unprocessable if half of it is missing."""
    if lat is not None and lon is not None:
        return lat, lon
    if lat is None and lon is None and radius_m is None:
        return None
    missing = [name for name, value in (("lat", lat), ("lon", lon)) if value is None]
    raise Unprocessable(errors=[FieldError(name, "missing") for name in missing])


async def find(
    session: AsyncSession, filters: Filters, *, cursor: str | None, limit: int, now: datetime
) -> Found:
    """One page of hits, best first within each window of the newest: two queries.

    A question without a word finds nothing. BadCursor: the cursor is of another search.
    """
    position = cursors.decode(cursor, filters.named()) if cursor else pages.Position(as_of=now)
    asked = words.asked(filters.text)
    if not asked:
        return Found([], None, None)
    known = await queries.vocabulary(session, asked, words.is_open(filters.text, asked))
    meant = [slips.meant(each) for each in known]
    rows = await queries.page(session, _asked(filters, asked, meant), position, now=now, limit=limit + 1)
    following = _following(position, rows, limit)
    return Found(
        rows[:limit],
        following and cursors.encode(following, filters.named()),
        slips.suggestion(meant),
    )


def _asked(filters: Filters, asked: Sequence[str], meant: Sequence[slips.Meant]) -> Asked:
    wanted = [keys.type_key(filters.type)] if filters.type else []
    wanted += [keys.area_key(filters.area)] if filters.area else []
    squares: Sequence[str] = ()
    if filters.point is not None and filters.radius_m is not None:
        squares = keys.squares(*filters.point, filters.radius_m)
    return Asked(
        groups=[each.words for each in meant],
        phrase=" ".join(asked),
        language=filters.language,
        keys=wanted,
        squares=squares,
        point=filters.point,
        radius_m=filters.radius_m,
    )


def _following(position: pages.Position, rows: Sequence[Row[Any]], limit: int) -> pages.Position | None:
    if not rows:
        return None if position.end is None else pages.following(position, None, more=False, end=position.end)
    end = position.end
    if position.after is None and rows[0].drawn > pages.WINDOW:
        end = (rows[0].edge_at, rows[0].edge_no)
    last = rows[:limit][-1]
    return pages.following(position, (last.score, last.no), more=len(rows) > limit, end=end)
