"""The newsroom over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Allow, Caller, Staff
from shared.db import Db
from shared.paging import CursorText, Limit
from shared.replies import reply
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import Page
from svc_news.articles import usecases as articles
from svc_news.articles.documents import Words
from svc_news.articles.rules import STAFF, Role, State
from svc_news.articles.schemas import InWords
from svc_news.articles.usecases import Article
from svc_news.newsroom import usecases
from svc_news.newsroom.schemas import (
    ArticleIn,
    CorrectIn,
    DeskItemOut,
    ManuscriptOut,
    Read,
    ReasonIn,
    RemarkIn,
    RevisionOut,
    ScheduleIn,
    Seen,
    SendBackIn,
    Which,
)

router = CityRouter(prefix="/v1/news", tags=["newsroom"])
ONCE = x_city(idempotency="required")
Newsroom = Annotated[Caller, Allow(Staff(*sorted(STAFF)))]
Editor = Annotated[Caller, Allow(Staff(Role.EDITOR))]


@router.get("/queue", response_model=Page[DeskItemOut])
async def list_queue(
    request: Request,
    session: Db,
    words: InWords,
    caller: Newsroom,
    state: State | None = None,
    mine: bool = False,
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """Articles of the newsroom, the last changed first: an author's own, for an editor everybody's."""
    rows, following = await articles.desk(session, state, mine, caller=caller, limit=limit, cursor=cursor)
    return reply(
        request, Page[DeskItemOut](items=[DeskItemOut.of(row, words) for row in rows], next=following)
    )


@router.post("/articles", status_code=201, response_model=ManuscriptOut, openapi_extra=ONCE)
async def draft_article(
    request: Request, session: Db, run: Run, words: InWords, body: ArticleIn, caller: Newsroom
) -> Response:
    """Begins an article."""
    row = await usecases.draft(session, run, body, caller=caller, now=run.clock.now())
    return await _told(request, session, row, words, caller, wrote=True, status=201)


@router.get("/articles/{article_id}/manuscript", response_model=ManuscriptOut)
async def read_manuscript(
    request: Request, article_id: UUID, session: Db, words: InWords, caller: Newsroom
) -> Response:
    """The article as its form has it, whatever its state; 404 for another author's."""
    row = await articles.of_staff(session, article_id, caller=caller)
    return await _told(request, session, row, words, caller)


@router.get("/articles/{article_id}/revisions", response_model=Page[RevisionOut])
async def list_revisions(
    request: Request, article_id: UUID, session: Db, words: InWords, caller: Newsroom
) -> Response:
    """Who did what to it, with the text of then; the latest 200, the latest first."""
    rows = await articles.revisions(session, article_id, caller=caller)
    return reply(request, Page[RevisionOut](items=[RevisionOut.of(row, words) for row in rows]))


@router.put("/articles/{ref}", response_model=ManuscriptOut)
async def revise_article(
    request: Request, which: Seen, session: Db, run: Run, words: InWords, body: ArticleIn, caller: Newsroom
) -> Response:
    """The whole text anew, before anybody outside has read it; `If-Match` is required."""
    row = await usecases.revise(session, run, which, body, caller=caller, now=run.clock.now())
    return await _told(request, session, row, words, caller, wrote=True)


@router.post("/articles/{article_id}/submit", response_model=ManuscriptOut, openapi_extra=ONCE)
async def submit_article(
    request: Request,
    which: Which,
    session: Db,
    run: Run,
    words: InWords,
    caller: Newsroom,
    body: RemarkIn = RemarkIn(),
) -> Response:
    """Asks an editor to read it."""
    row = await usecases.submit(session, run, which, body, caller=caller, now=run.clock.now())
    return await _told(request, session, row, words, caller)


@router.post("/articles/{article_id}/send-back", response_model=ManuscriptOut, openapi_extra=ONCE)
async def send_back_article(
    request: Request, which: Which, session: Db, run: Run, words: InWords, body: SendBackIn, caller: Editor
) -> Response:
    """Gives it back to its author with a note."""
    row = await usecases.send_back(session, run, which, body, caller=caller, now=run.clock.now())
    return await _told(request, session, row, words, caller)


@router.post("/articles/{article_id}/schedule", response_model=ManuscriptOut, openapi_extra=ONCE)
async def schedule_article(
    request: Request, which: Which, session: Db, run: Run, words: InWords, body: ScheduleIn, caller: Editor
) -> Response:
    """It will be published by itself at that moment."""
    row = await usecases.schedule(session, run, which, body, caller=caller, now=run.clock.now())
    return await _told(request, session, row, words, caller)


@router.post("/articles/{article_id}/unschedule", response_model=ManuscriptOut, openapi_extra=ONCE)
async def unschedule_article(
    request: Request,
    which: Which,
    session: Db,
    run: Run,
    words: InWords,
    caller: Editor,
    body: RemarkIn = RemarkIn(),
) -> Response:
    """It waits for an editor again."""
    row = await usecases.unschedule(session, run, which, body, caller=caller, now=run.clock.now())
    return await _told(request, session, row, words, caller)


@router.post("/articles/{article_id}/publish", response_model=ManuscriptOut, openapi_extra=ONCE)
async def publish_article(
    request: Request,
    which: Which,
    session: Db,
    run: Run,
    words: InWords,
    caller: Editor,
    body: RemarkIn = RemarkIn(),
) -> Response:
    """The public reads it from now on; not by who wrote it, unless the city has one editor."""
    row = await usecases.publish(session, run, which, body, caller=caller, now=run.clock.now())
    return await _told(request, session, row, words, caller)


@router.post("/articles/{article_id}/correct", response_model=ManuscriptOut, openapi_extra=ONCE)
async def correct_article(
    request: Request, which: Read, session: Db, run: Run, words: InWords, body: CorrectIn, caller: Editor
) -> Response:
    """Puts right what the public has read, with a note that everybody sees; `If-Match` is required."""
    row = await usecases.correct(session, run, which, body, caller=caller, now=run.clock.now())
    return await _told(request, session, row, words, caller)


@router.post("/articles/{article_id}/cancel", response_model=ManuscriptOut, openapi_extra=ONCE)
async def cancel_event(
    request: Request, which: Which, session: Db, run: Run, words: InWords, body: ReasonIn, caller: Editor
) -> Response:
    """An event of the agenda will not take place; calendars show it as cancelled."""
    row = await usecases.cancel(session, run, which, body, caller=caller, now=run.clock.now())
    return await _told(request, session, row, words, caller)


@router.post("/articles/{article_id}/withdraw", response_model=ManuscriptOut, openapi_extra=ONCE)
async def withdraw_article(
    request: Request, which: Which, session: Db, run: Run, words: InWords, body: ReasonIn, caller: Editor
) -> Response:
    """Takes it back; its address answers 410 with the reason."""
    row = await usecases.withdraw(session, run, which, body, caller=caller, now=run.clock.now())
    return await _told(request, session, row, words, caller)


@router.post("/articles/{article_id}/discard", response_model=ManuscriptOut, openapi_extra=ONCE)
async def discard_article(
    request: Request,
    which: Which,
    session: Db,
    run: Run,
    words: InWords,
    caller: Newsroom,
    body: RemarkIn = RemarkIn(),
) -> Response:
    """Nobody will publish this draft."""
    row = await usecases.discard(session, run, which, body, caller=caller, now=run.clock.now())
    return await _told(request, session, row, words, caller)


async def _told(
    request: Request,
    session: AsyncSession,
    row: Article,
    words: Words,
    caller: Caller,
    *,
    wrote: bool = False,
    status: int = 200,
) -> Response:
    actions = await articles.actions_of(session, words.run, row, caller=caller, wrote=wrote)
    body = ManuscriptOut.whole(row, words, actions)
    place = f"/v1/news/articles/{row.id}/manuscript" if status == 201 else None
    return reply(request, body, version=row.version, status=status, location=place)
