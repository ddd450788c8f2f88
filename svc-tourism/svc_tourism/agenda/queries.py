"""Reads of events: what is still to come, by when it ends or by how near it is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Float, Row, cast, func, literal, literal_column, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from shared import paging
from svc_tourism.agenda.models import AgendaEvent

_AT: ColumnElement[Any] = literal_column("point(x, y)")
Found = tuple[Sequence[Row[Any]], str | None]


async def coming(
    session: AsyncSession, now: datetime, district: str | None, limit: int, cursor: str | None
) -> Found:
    """Those that have not ended, the first to end first."""
    bound, place = {"list": "events", "district": district}, (AgendaEvent.ends_at, AgendaEvent.id)
    statement = select(AgendaEvent.__table__, literal(None).label("apart")).where(*_still(now))
    if district is not None:
        statement = statement.where(AgendaEvent.district == district)
    if cursor is not None:
        moment, event_id = paging.decode(cursor, bound, 2)
        statement = statement.where(tuple_(*place) > tuple_(paging.moment(moment), paging.word(event_id)))
    rows = (await session.execute(statement.order_by(*place).limit(limit + 1))).all()
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], paging.encode((last.ends_at.isoformat(), last.id), bound)


async def nearest(
    session: AsyncSession, now: datetime, x: float, y: float, radius_m: float, limit: int
) -> Sequence[Row[Any]]:
    """Those within so many metres, nearest first, each with `apart`."""
    apart = _AT.op("<->", return_type=Float(53))(func.point(cast(x, Float(53)), cast(y, Float(53))))
    statement = select(AgendaEvent.__table__, apart.label("apart")).where(
        *_still(now), AgendaEvent.x.is_not(None)
    )
    rows = (await session.execute(statement.order_by(apart, AgendaEvent.id).limit(limit))).all()
    return [row for row in rows if row.apart <= radius_m]


async def find(session: AsyncSession, event_id: str) -> AgendaEvent | None:
    """One, locked, whatever became of it."""
    return await session.get(AgendaEvent, event_id, with_for_update=True)


def _still(now: datetime) -> list[ColumnElement[bool]]:
    return [~AgendaEvent.gone, AgendaEvent.ends_at > now]
