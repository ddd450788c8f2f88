"""Reads of everything the gateway holds of one resident, over its slices."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accesses.models import Access
from gateway.accounts.models import Session
from gateway.media.models import Media
from gateway.requests.models import CityRequest


async def sessions(session: AsyncSession, citizen_id: UUID) -> Sequence[Session]:
    """Where she is signed in, then where she was until yesterday: each on an index; there are never many."""
    mine = select(Session).where(Session.person_kind == "citizen", Session.person_id == citizen_id)
    live = await session.scalars(mine.where(Session.revoked_at.is_(None)).order_by(Session.id))
    ended = await session.scalars(mine.where(Session.revoked_at.is_not(None)).order_by(Session.id))
    return [*live, *ended]


async def accesses(session: AsyncSession, citizen_id: str, after: UUID, limit: int) -> Sequence[Access]:
    """Her trail, oldest first."""
    mine = select(Access).where(Access.citizen_id == citizen_id, Access.id > after)
    return (await session.scalars(mine.order_by(Access.id).limit(limit))).all()


async def media(session: AsyncSession, owner: str, after: UUID, limit: int) -> Sequence[Media]:
    """What she uploaded, oldest first."""
    mine = select(Media).where(Media.owner == owner, Media.id > after)
    return (await session.scalars(mine.order_by(Media.id).limit(limit))).all()


async def requests(
    session: AsyncSession, citizen_id: str, after: tuple[str, str], limit: int
) -> Sequence[CityRequest]:
    """What she asked the city for; `after` is (kind, id)."""
    place = tuple_(CityRequest.kind, CityRequest.entity_id)
    mine = select(CityRequest).where(CityRequest.citizen_id == citizen_id, place > after)
    return (await session.scalars(mine.order_by(place).limit(limit))).all()
