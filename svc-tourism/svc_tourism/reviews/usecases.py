"""Residents review places and report reviews; editors publish them or take them down."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Caller
from shared.contracts.city import MediaAttachedV1, MediaReleasedV1, TagsPurgedV1
from shared.errors import Conflict, FieldError, NotFound, Unprocessable
from shared.events.event import Event
from shared.events.outbox import emit
from shared.ids import new_id
from shared.media import accept
from shared.replies import refuse_stale
from shared.runtime import Runtime
from svc_tourism.places import usecases as places
from svc_tourism.places.documents import TAG
from svc_tourism.reviews import documents, queries
from svc_tourism.reviews.models import Review, ReviewReport
from svc_tourism.reviews.queries import Found
from svc_tourism.reviews.rules import State, stars
from svc_tourism.reviews.schemas import RejectIn, ReportIn, ReviewIn

_MOST_PHOTOS = 5
MOST_UNREAD = 50
"""So many of one person's may wait for an editor: nobody fills the queue, or the disk, by herself."""
_AS_FIRST_WRITTEN = '"1"'


class ReviewedAlready(Conflict):
    code = "reviewed_already"


class TooManyReviews(Conflict):
    code = "too_many_reviews"


class OwnReview(Conflict):
    code = "own_review"


async def write(
    session: AsyncSession, run: Runtime, ref: str, sent: ReviewIn, *, caller: Caller, now: datetime
) -> tuple[Review, places.Place]:
    """Her review of a listed place; it waits for an editor.

    404, 409 `reviewed_already` or `too_many_reviews` (fifty of hers wait), 422 for a photo.
    """
    place = await places.find_listed(session, ref)  # locked: two requests of hers come one after the other
    if await queries.by_person(session, place.id, caller.person):
        raise ReviewedAlready
    if await queries.unread(session, caller.person) >= MOST_UNREAD:
        raise TooManyReviews(most=MOST_UNREAD)
    row = Review(
        id=new_id(),
        place_id=place.id,
        citizen_id=caller.person,
        version=1,
        decided_by=None,
        decided_at=None,
    )
    row.write(sent.rating, sent.text, _photos(run, [], sent, caller, now), now)
    session.add(row)
    await _tell(session, row, _media(set(row.photos), set()), now)
    return row, place


async def rewrite(
    session: AsyncSession,
    run: Runtime,
    review_id: UUID,
    sent: ReviewIn,
    if_match: str | None,
    *,
    caller: Caller,
    now: datetime,
) -> tuple[Review, places.Place]:
    """She says something else; it waits again. 404 for another's, 412."""
    row = await _own(session, review_id, caller)
    refuse_stale(if_match, row.version)
    before, held = stars(row.state, row.rating), set(row.photos)
    row.write(sent.rating, sent.text, _photos(run, row.photos, sent, caller, now), now)
    row.version += 1
    kept = set(row.photos)
    await places.rate(session, row.place_id, before, None, now=now)
    await _tell(session, row, _media(kept - held, held - kept), now)
    return row, await places.form_of(session, str(row.place_id))


async def withdraw(session: AsyncSession, review_id: UUID, *, caller: Caller, now: datetime) -> None:
    """She takes it back: it is gone, and out of the average. 404 for another's."""
    row = await _own(session, review_id, caller)
    await remove(session, row, now=now)


async def remove(session: AsyncSession, row: Review, *, now: datetime) -> None:
    """Deletes a review, its stars and its photos."""
    await places.rate(session, row.place_id, stars(row.state, row.rating), None, now=now)
    await _tell(session, row, _media(set(), set(row.photos)), now, version=row.version + 1)
    await session.delete(row)
    await session.flush()


async def publish(
    session: AsyncSession, review_id: UUID, if_match: str | None, *, caller: Caller, now: datetime
) -> tuple[Review, places.Place]:
    """An editor has read it: it is public from now on, and its writer is told. 404, 412.

    Who does not say which version she read means the first: nothing becomes public that was written anew
    while she read.
    """
    read = if_match or _AS_FIRST_WRITTEN
    return await _decide(session, review_id, read, "published", None, caller=caller, now=now)


async def reject(
    session: AsyncSession,
    review_id: UUID,
    sent: RejectIn,
    if_match: str | None,
    *,
    caller: Caller,
    now: datetime,
) -> tuple[Review, places.Place]:
    """An editor takes it down with a reason its writer reads. 404, 412."""
    return await _decide(session, review_id, if_match, "rejected", sent, caller=caller, now=now)


async def report(
    session: AsyncSession, review_id: UUID, sent: ReportIn, *, caller: Caller, now: datetime
) -> None:
    """Somebody says that a published review should not stand there; said twice it counts once.

    The third person hides it until an editor has looked at it. 404, 409 `own_review`.
    """
    row = await queries.find(session, review_id)
    if row is None or row.state != "published":
        raise NotFound
    if row.citizen_id == caller.person:
        raise OwnReview
    told = ReviewReport(
        review_id=review_id, citizen_id=caller.person, reason_code=sent.reason_code, reported_at=now
    )
    if await queries.add_report(session, told):
        before = stars(row.state, row.rating)
        row.be_reported(now)
        await places.rate(session, row.place_id, before, stars(row.state, row.rating), now=now)


async def list_of_place(session: AsyncSession, ref: str, limit: int, cursor: str | None) -> Found:
    """Published reviews of a listed place, the newest first; 404."""
    place = await places.read(session, places.Target(ref))
    return await queries.of_place(session, place.id, limit, cursor)


async def list_own(session: AsyncSession, caller: Caller, limit: int, cursor: str | None) -> Found:
    """Hers, in the order they were begun."""
    return await queries.page_of_citizen(session, caller.person, limit, cursor)


async def _decide(
    session: AsyncSession,
    review_id: UUID,
    if_match: str | None,
    state: State,
    why: RejectIn | None,
    *,
    caller: Caller,
    now: datetime,
) -> tuple[Review, places.Place]:
    row = await queries.find(session, review_id)
    if row is None:
        raise NotFound
    refuse_stale(if_match, row.version)
    before = stars(row.state, row.rating)
    reason_code, note = (why.reason_code, why.note) if why else (None, None)
    row.decide(state, caller.person, now, reason_code, note)
    await queries.forget_reports(session, row.id)
    await places.rate(session, row.place_id, before, stars(row.state, row.rating), now=now)
    place = await places.form_of(session, str(row.place_id))
    await _tell(session, row, [documents.decided(row, place), TagsPurgedV1(tags=(TAG,))], now)
    return row, place


async def _own(session: AsyncSession, review_id: UUID, caller: Caller) -> Review:
    row = await queries.find(session, review_id)
    if row is None or row.citizen_id != caller.person:
        raise NotFound
    return row


def _photos(run: Runtime, held: Sequence[str], sent: ReviewIn, caller: Caller, now: datetime) -> list[str]:
    kept = [str(each) for each in sent.keep]
    if not set(kept) <= set(held):
        raise Unprocessable(errors=[FieldError("keep", "unknown")])
    new = [str(accept(token, run.keys, caller.scope, now).media_id) for token in sent.photos]
    photos = list(dict.fromkeys([*kept, *new]))
    if len(photos) > _MOST_PHOTOS:
        raise Unprocessable(errors=[FieldError("photos", "too_long", {"max_length": _MOST_PHOTOS})])
    return photos


def _media(attached: set[str], released: set[str]) -> list[Event]:
    told: list[Event] = [MediaAttachedV1(media_ids=tuple(sorted(attached)))] if attached else []
    return told + ([MediaReleasedV1(media_ids=tuple(sorted(released)))] if released else [])


async def _tell(
    session: AsyncSession, row: Review, events: Sequence[Event], now: datetime, version: int | None = None
) -> None:
    if events:
        entity_version = version or row.version
        await emit(session, *events, entity_id=str(row.id), entity_version=entity_version, now=now)
