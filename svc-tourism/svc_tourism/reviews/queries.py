"""Reads of reviews: of a place, of a person, and those an editor should look at."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, select, true, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared import paging
from shared.errors import BadCursor
from svc_tourism.places.models import Place
from svc_tourism.reviews.models import Review, ReviewReport

Found = tuple[Sequence[Review], str | None]


async def of_place(session: AsyncSession, place_id: UUID, limit: int, cursor: str | None) -> Found:
    """Published ones, the newest first."""
    mine = select(Review).where(Review.place_id == place_id, Review.state == "published")
    return await _newest(session, mine, {"list": "reviews", "place": place_id}, limit, cursor)


async def waiting(session: AsyncSession, limit: int, cursor: str | None) -> Found:
    """Those an editor should look at, the longest waiting first."""
    bound, place = {"list": "waiting"}, (Review.written_at, Review.id)
    statement = select(Review).where(Review.waiting == true())
    if cursor is not None:
        statement = statement.where(tuple_(*place) > tuple_(*_position(cursor, bound)))
    rows = (await session.scalars(statement.order_by(*place).limit(limit + 1))).all()
    return _page(rows, limit, bound)


async def of_citizen(
    session: AsyncSession, citizen_id: str, after: UUID | None, limit: int
) -> Sequence[Review]:
    """Hers with a greater id, in the order of their ids."""
    mine = select(Review).where(Review.citizen_id == citizen_id)
    mine = mine.where(Review.id > after) if after is not None else mine
    return (await session.scalars(mine.order_by(Review.id).limit(limit))).all()


async def page_of_citizen(session: AsyncSession, citizen_id: str, limit: int, cursor: str | None) -> Found:
    """The same, with the cursor of the next page."""
    bound = {"list": "mine", "citizen": citizen_id}
    after = _id(*paging.decode(cursor, bound, 1)) if cursor is not None else None
    rows = await of_citizen(session, citizen_id, after, limit + 1)
    return rows[:limit], paging.encode((rows[limit - 1].id,), bound) if len(rows) > limit else None


async def find(session: AsyncSession, review_id: UUID) -> Review | None:
    """One, locked."""
    return await session.get(Review, review_id, with_for_update=True)


async def hers(session: AsyncSession, citizen_id: str) -> Sequence[Review]:
    """All of hers, locked in the order of their places: a place's row is locked after its reviews."""
    mine = select(Review).where(Review.citizen_id == citizen_id).order_by(Review.place_id, Review.id)
    return (await session.scalars(mine.with_for_update())).all()


async def by_person(session: AsyncSession, place_id: UUID, citizen_id: str) -> UUID | None:
    """Which review this person has written of the place."""
    mine = select(Review.id).where(Review.place_id == place_id, Review.citizen_id == citizen_id)
    found: UUID | None = await session.scalar(mine)
    return found


async def unread(session: AsyncSession, citizen_id: str) -> int:
    """How many of hers no editor has read; nobody else adds one of hers until the transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(citizen_id, 43))))
    mine = (Review.citizen_id == citizen_id, Review.state == "pending")
    return await session.scalar(select(func.count()).select_from(Review).where(*mine)) or 0


async def add_report(session: AsyncSession, row: ReviewReport) -> bool:
    """Keeps it; False if this person has reported the review before."""
    values = {column.key: getattr(row, column.key) for column in ReviewReport.__table__.columns}
    added = insert(ReviewReport).values(values).on_conflict_do_nothing().returning(ReviewReport.review_id)
    return (await session.scalar(added)) is not None


async def reports_by(
    session: AsyncSession, citizen_id: str, after: UUID | None, limit: int
) -> Sequence[ReviewReport]:
    """What she reported, in the order of the reviews' ids."""
    hers = select(ReviewReport).where(ReviewReport.citizen_id == citizen_id)
    hers = hers.where(ReviewReport.review_id > after) if after is not None else hers
    return (await session.scalars(hers.order_by(ReviewReport.review_id).limit(limit))).all()


async def forget_reports(session: AsyncSession, review_id: UUID) -> None:
    """An editor has decided: whoever reported it is of no more interest."""
    await session.execute(delete(ReviewReport).where(ReviewReport.review_id == review_id))


async def forget_reports_by(session: AsyncSession, citizen_id: str) -> int:
    """Removes what she reported; how many."""
    gone = delete(ReviewReport).where(ReviewReport.citizen_id == citizen_id)
    return len((await session.execute(gone.returning(ReviewReport.review_id))).all())


async def places_of(session: AsyncSession, reviews: Sequence[Review]) -> dict[UUID, Any]:
    """Name and slug of their places, in one statement."""
    ids = {review.place_id for review in reviews}
    rows = await session.execute(select(Place.id, Place.slug, Place.name).where(Place.id.in_(ids)))
    return {row.id: row for row in rows}


async def reasons_of(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Why people reported them, and how many for each reason, in one statement."""
    counted = select(ReviewReport.review_id, ReviewReport.reason_code, func.count())
    grouped = counted.where(ReviewReport.review_id.in_(ids)).group_by(
        ReviewReport.review_id, ReviewReport.reason_code
    )
    found: dict[UUID, dict[str, int]] = {}
    for review_id, code, count in await session.execute(grouped):
        found.setdefault(review_id, {})[code] = count
    return found


async def _newest(
    session: AsyncSession, statement: Select[Any], bound: dict[str, Any], limit: int, cursor: str | None
) -> Found:
    place = (Review.written_at, Review.id)
    if cursor is not None:
        statement = statement.where(tuple_(*place) < tuple_(*_position(cursor, bound)))
    ordered = statement.order_by(*(column.desc() for column in place)).limit(limit + 1)
    return _page((await session.scalars(ordered)).all(), limit, bound)


def _page(rows: Sequence[Review], limit: int, bound: dict[str, Any]) -> Found:
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], paging.encode((last.written_at.isoformat(), last.id), bound)


def _position(cursor: str, bound: dict[str, Any]) -> tuple[Any, UUID]:
    moment, review_id = paging.decode(cursor, bound, 2)
    return paging.moment(moment), _id(review_id)


def _id(text: Any) -> UUID:
    try:
        return UUID(text)
    except (TypeError, ValueError, AttributeError) as error:
        raise BadCursor from error
