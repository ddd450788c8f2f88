"""Reviews over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Request, Response

from shared.auth import Allow, Anyone, Caller, Citizen, Staff
from shared.db import Db
from shared.paging import CursorText, Limit
from shared.replies import IfMatch, reply
from shared.routes import CityRouter, x_city
from shared.schemas import Page
from svc_tourism.places.documents import TAG
from svc_tourism.places.schemas import InWords, Ref
from svc_tourism.reviews import queries, usecases
from svc_tourism.reviews.schemas import OwnOut, RejectIn, ReportIn, ReviewIn, ReviewOut, WaitingOut

router = CityRouter(prefix="/v1/tourism", tags=["reviews"])
ONCE = x_city(idempotency="required")
Everybody = Annotated[Caller, Allow(Anyone)]
Resident = Annotated[Caller, Allow(Citizen)]
Editor = Annotated[Caller, Allow(Staff("tourism_editor"))]


@router.get("/places/{ref}/reviews", response_model=Page[ReviewOut], openapi_extra=x_city(tags=[TAG]))
async def list_reviews(
    request: Request,
    ref: Ref,
    session: Db,
    words: InWords,
    caller: Everybody,
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """What residents say of a place, the newest first."""
    rows, following = await usecases.list_of_place(session, ref, limit, cursor)
    items = [ReviewOut.of(row, words) for row in rows]
    return reply(request, Page[ReviewOut](items=items, next=following), public=True)


@router.post("/places/{ref}/reviews", status_code=201, response_model=OwnOut, openapi_extra=ONCE)
async def write_review(
    request: Request, ref: Ref, body: ReviewIn, session: Db, words: InWords, caller: Resident
) -> Response:
    """One review a person and place; it is public once an editor has read it."""
    row, place = await usecases.write(session, words.run, ref, body, caller=caller, now=words.now)
    return reply(request, OwnOut.of(row, words, at=place), version=row.version, status=201)


@router.get("/reviews/mine", response_model=Page[OwnOut])
async def list_own_reviews(
    request: Request,
    session: Db,
    words: InWords,
    caller: Resident,
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """Her reviews and how they stand."""
    rows, following = await usecases.list_own(session, caller, limit, cursor)
    places = await queries.places_of(session, rows)
    items = [OwnOut.of(row, words, at=places[row.place_id]) for row in rows]
    return reply(request, Page[OwnOut](items=items, next=following))


@router.put("/reviews/{review_id}", response_model=OwnOut)
async def rewrite_review(
    request: Request,
    review_id: UUID,
    body: ReviewIn,
    session: Db,
    words: InWords,
    caller: Resident,
    if_match: IfMatch = None,
) -> Response:
    """Says something else; an editor reads it again before it is public."""
    row, place = await usecases.rewrite(
        session, words.run, review_id, body, if_match, caller=caller, now=words.now
    )
    return reply(request, OwnOut.of(row, words, at=place), version=row.version)


@router.delete("/reviews/{review_id}", status_code=204)
async def withdraw_review(review_id: UUID, session: Db, words: InWords, caller: Resident) -> None:
    """Takes her review back."""
    await usecases.withdraw(session, review_id, caller=caller, now=words.now)


@router.post("/reviews/{review_id}/report", status_code=204, openapi_extra=ONCE, responses={404: {}})
async def report_review(
    review_id: UUID, body: ReportIn, session: Db, words: InWords, caller: Resident
) -> None:
    """Says that a review should not stand there."""
    await usecases.report(session, review_id, body, caller=caller, now=words.now)


@router.get("/reviews/queue", response_model=Page[WaitingOut])
async def list_waiting_reviews(
    request: Request,
    session: Db,
    words: InWords,
    caller: Editor,
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """What an editor should read, the longest waiting first: new, changed, or reported."""
    return reply(request, await _queue(session, words, limit, cursor))


@router.post("/reviews/{review_id}/publish", response_model=OwnOut, openapi_extra=ONCE)
async def publish_review(
    request: Request,
    review_id: UUID,
    session: Db,
    words: InWords,
    caller: Editor,
    if_match: IfMatch = None,
) -> Response:
    """Lets a review through, or leaves a reported one where it is; a changed one with `If-Match`."""
    row, place = await usecases.publish(session, review_id, if_match, caller=caller, now=words.now)
    return reply(request, OwnOut.of(row, words, at=place), version=row.version)


@router.post("/reviews/{review_id}/reject", response_model=OwnOut, openapi_extra=ONCE)
async def reject_review(
    request: Request,
    review_id: UUID,
    body: RejectIn,
    session: Db,
    words: InWords,
    caller: Editor,
    if_match: IfMatch = None,
) -> Response:
    """Takes a review down, with a reason its writer reads."""
    row, place = await usecases.reject(session, review_id, body, if_match, caller=caller, now=words.now)
    return reply(request, OwnOut.of(row, words, at=place), version=row.version)


async def _queue(session: Db, words: InWords, limit: int, cursor: str | None) -> Page[WaitingOut]:
    rows, following = await queries.waiting(session, limit, cursor)
    places = await queries.places_of(session, rows)
    reasons = await queries.reasons_of(session, [row.id for row in rows])
    items = [
        WaitingOut.of(row, words, at=places[row.place_id], reported_for=reasons.get(row.id, {}))
        for row in rows
    ]
    return Page[WaitingOut](items=items, next=following)
