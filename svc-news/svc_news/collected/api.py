"""Collected stories over HTTP."""

from typing import Annotated

from fastapi import Request, Response

from shared.auth import Allow, Anyone, Caller
from shared.db import Db
from shared.paging import CursorText, Limit
from shared.replies import reply
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import Page
from svc_news.articles.schemas import InWords
from svc_news.collected.documents import TAG
from svc_news.collected.schemas import CollectedOut, Where
from svc_news.collected.usecases import stories

router = CityRouter(prefix="/v1/news/collected", tags=["collected"])


@router.get("", response_model=Page[CollectedOut], openapi_extra=x_city(tags=[TAG]))
async def list_collected(
    request: Request,
    where: Where,
    session: Db,
    run: Run,
    words: InWords,
    caller: Annotated[Caller, Allow(Anyone)],
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """What agencies and the press wrote in the last 90 days, newest first, each story once."""
    found, following = await stories(session, run, where, limit, cursor)
    items = [CollectedOut.of(story, words) for story in found]
    return reply(request, Page[CollectedOut](items=items, next=following), public=True)
