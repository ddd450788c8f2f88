"""Reads of this slice."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import DateTime, Integer, Row, Select, Text, bindparam, not_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.providers.models import Provider
from gateway.requests.models import CityRequest

Show = Literal["open", "closed"]
Place = tuple[datetime, str, str]


async def of_citizen(
    session: AsyncSession,
    citizen_id: str,
    show: Show | None,
    *,
    before: Place | None,
    limit: int,
    now: datetime,
) -> Sequence[Row[Any]]:
    """A citizen's requests, last changed first; `before`: (updated_at, kind, id) of the last one seen.

    Without what a provider told that may not tell of requests now.
    """
    given: dict[str, Any] = {"citizen_id": citizen_id, "limit": limit, "now": now}
    if before is not None:
        given |= zip(("at", "kind", "id"), before, strict=True)
    wanted = _of_citizen(show, further=before is not None)
    found: Sequence[Row[Any]] = (await session.execute(wanted, given)).all()
    return found


@cache
def _of_citizen(show: Show | None, *, further: bool) -> Select[Any]:
    """Made once: home asks it for everybody who is signed in."""
    place = (CityRequest.updated_at, CityRequest.kind, CityRequest.entity_id)
    moment = DateTime(timezone=True)
    heard = not_(Provider.silenced(CityRequest.kind, bindparam("now", type_=moment)))
    wanted = select(CityRequest.__table__).where(CityRequest.citizen_id == bindparam("citizen_id"), heard)
    if show is not None:
        wanted = wanted.where(CityRequest.closed == (show == "closed"))
    if further:
        last = (bindparam("at", type_=moment), bindparam("kind", type_=Text), bindparam("id", type_=Text))
        wanted = wanted.where(tuple_(*place) < tuple_(*last))
    return wanted.order_by(*(each.desc() for each in place)).limit(bindparam("limit", type_=Integer))


async def kinds_of(session: AsyncSession, publisher: str) -> Sequence[str]:
    """The kinds of request that one service has told of: they begin with its name."""
    its = CityRequest.kind.startswith(f"{publisher}_", autoescape=True)
    return (await session.scalars(select(CityRequest.kind).where(its).distinct())).all()


async def after(
    session: AsyncSession, kinds: Sequence[str], entity_id: str, limit: int
) -> Sequence[tuple[str, str, int]]:
    """(kind, id, version) of requests with a greater id, in the order of their ids, on the primary key."""
    found: list[tuple[str, str, int]] = []
    for kind in kinds:  # one, or a few
        wanted = select(CityRequest.kind, CityRequest.entity_id, CityRequest.version)
        wanted = wanted.where(CityRequest.kind == kind, CityRequest.entity_id > entity_id)
        rows = await session.execute(wanted.order_by(CityRequest.entity_id).limit(limit))
        found += [(row.kind, row.entity_id, row.version) for row in rows]
    return sorted(found, key=lambda row: row[1])[:limit]
