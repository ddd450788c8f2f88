"""Handing out and erasing what this service holds of one citizen."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.privacy import HeldPage
from shared.errors import BadCursor
from shared.runtime import Runtime
from svc_tourism.itineraries import queries as itineraries
from svc_tourism.itineraries.models import Itinerary
from svc_tourism.itineraries.usecases import opened
from svc_tourism.reviews import queries as reviews
from svc_tourism.reviews.models import Review, ReviewReport
from svc_tourism.reviews.usecases import remove

_PAGE = 25
_KINDS = ("itineraries", "reviews", "review_reports")


async def export(session: AsyncSession, run: Runtime, citizen_id: str, after: str | None) -> HeldPage:
    """25 of her itineraries, then reviews, then reports; `after` says of which kind and behind which id."""
    kind, _, last = (after or _KINDS[0]).partition("/")
    try:
        behind = UUID(last) if last else None
    except ValueError as error:
        raise BadCursor from error
    if kind not in _KINDS:
        raise BadCursor
    held = await _held(session, run, citizen_id, kind, behind)
    following = _KINDS[_KINDS.index(kind) + 1 :]
    next_kind = following[0] if following else None
    more = f"{kind}/{held[-1]['id']}" if len(held) == _PAGE else next_kind
    return HeldPage(held={kind: held} if held else {}, next=more)


async def erase(session: AsyncSession, run: Runtime, citizen_id: str, now: datetime) -> Mapping[str, int]:
    """Deletes her itineraries and their links, her reviews with stars and photos, what she reported."""
    gone = {"itineraries": await itineraries.remove_all(session, citizen_id)}
    hers = await reviews.hers(session, citizen_id)
    for row in hers:
        await remove(session, row, now=now)
    return {
        **gone,
        "reviews": len(hers),
        "review_reports": await reviews.forget_reports_by(session, citizen_id),
    }


async def _held(
    session: AsyncSession, run: Runtime, citizen_id: str, kind: str, behind: UUID | None
) -> list[dict[str, Any]]:
    """A page of one kind; each has its `id`."""
    if kind == "itineraries":
        lists = await itineraries.page(session, citizen_id, behind, _PAGE)
        return [_itinerary(run, row) for row in lists]
    if kind == "reviews":
        return [_review(row) for row in await reviews.of_citizen(session, citizen_id, behind, _PAGE)]
    return [_report(row) for row in await reviews.reports_by(session, citizen_id, behind, _PAGE)]


def _itinerary(run: Runtime, row: Itinerary) -> dict[str, Any]:
    return {
        "id": str(row.id),
        **opened(run, row).model_dump(mode="json"),
        "shared": row.share_digest is not None,
        "created_at": row.created_at.isoformat(),
        "updated_at": row.updated_at.isoformat(),
    }


def _review(row: Review) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "place_id": str(row.place_id),
        "rating": row.rating,
        "text": row.text,
        "photos": row.photos,
        "state": row.state,
        "reason_code": row.reason_code,
        "reason": row.reason,
        "written_at": row.written_at.isoformat(),
    }


def _report(row: ReviewReport) -> dict[str, Any]:
    return {
        "id": str(row.review_id),
        "reason_code": row.reason_code,
        "reported_at": row.reported_at.isoformat(),
    }
