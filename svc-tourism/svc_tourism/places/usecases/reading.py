"""Finding and reading places."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.snapshots import SnapshotItem
from shared.errors import NotFound
from shared.runtime import Runtime
from svc_tourism.places import documents, queries, rules
from svc_tourism.places.documents import Words
from svc_tourism.places.models import Place
from svc_tourism.places.queries import Filters, Found
from svc_tourism.places.rules import Target

_AT_ONCE, _ROUNDS = 200, 5


async def list_public(
    session: AsyncSession, words: Words, filters: Filters, limit: int, cursor: str | None, *, open_now: bool
) -> Found:
    """A page of listed places.

    Whether a place is open only its hours tell, so `open_now` walks the list, 1,000 places a call at most: a
    page may then have fewer places than asked for, or none, and still a next one.
    """
    if not open_now:
        return await queries.page(session, filters, limit, cursor)
    found: list[Row[Any]] = []
    for _ in range(_ROUNDS):
        rows, cursor = await queries.page(session, filters, _AT_ONCE, cursor)
        for row in rows:
            if words.state(row).state == "open":
                found.append(row)
                if len(found) == limit:
                    more = cursor is not None or row is not rows[-1]
                    return found, queries.cursor_at(row, filters) if more else None
        if cursor is None:
            break
    return found, cursor


async def read(session: AsyncSession, target: Target) -> Place:
    """One that is listed; 404 for any other."""
    row = await queries.find(session, target.ref)
    if row is None or not row.listed:
        raise NotFound
    return row


async def find_listed(session: AsyncSession, ref: str) -> Place:
    """The same, locked: for whoever changes what hangs on it."""
    row = await queries.find(session, ref, lock=True)
    if row is None or not row.listed:
        raise NotFound
    return row


async def nearest(
    session: AsyncSession, run: Runtime, lat: float, lon: float, wanted: Sequence[tuple[str, int]]
) -> dict[str, list[Row[Any]]]:
    """The nearest places of each category, so many of each; `apart` is metres in a straight line."""
    x, y = rules.plane_of(run.city.bounding_box).metres(lat, lon)
    return await queries.nearest(session, x, y, wanted)


async def list_for_editors(session: AsyncSession, status: str, limit: int, cursor: str | None) -> Found:
    """A page of one status, the last changed first."""
    return await queries.editing(session, status, limit, cursor)


async def published_documents(
    session: AsyncSession, run: Runtime, after: UUID | None, limit: int
) -> list[SnapshotItem]:
    """What search was told of those that are listed, for whoever lost it."""
    return [
        SnapshotItem(
            id=str(row.id),
            version=row.version,
            at=row.updated_at,
            data=documents.published(run, row).model_dump(mode="json"),
        )
        for row in await queries.after(session, after, limit)
    ]
