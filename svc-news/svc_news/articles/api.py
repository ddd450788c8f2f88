"""Articles over HTTP, for everybody."""

import json
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from shared.auth import Allow, Anyone, Caller
from shared.db import Db
from shared.media import Variant
from shared.paging import CursorText, Limit
from shared.replies import reply, reply_bytes
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import Page
from svc_news.articles import queries, usecases
from svc_news.articles.documents import TAG, linked_data
from svc_news.articles.schemas import Answers, ArticleOut, InWords, ListedOut, Ref, Where, written_as

router = CityRouter(prefix="/v1/news/articles", tags=["articles"])
HOME = x_city(tags=[TAG], home={"section": "news", "order": 50}, menu="city-news")
CACHED = x_city(tags=[TAG])
GONE: Answers = {404: {}, 410: {}}
LINKED = written_as("application/ld+json") | GONE


@router.get("", response_model=Page[ListedOut], openapi_extra=HOME)
async def list_articles(
    request: Request,
    where: Where,
    session: Db,
    words: InWords,
    caller: Annotated[Caller, Allow(Anyone)],
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """What the city tells, newest first."""
    rows, following = await queries.public_page(session, where, limit, cursor)
    page = Page[ListedOut](items=[ListedOut.of(row, words) for row in rows], next=following)
    return reply(request, page, public=True)


@router.get(
    "/{ref}.jsonld",
    response_class=Response,
    openapi_extra=CACHED,
    responses=LINKED,
)
async def read_linked_data(
    request: Request, ref: Ref, session: Db, words: InWords, caller: Annotated[Caller, Allow(Anyone)]
) -> Response:
    """The article as schema.org tells it: NewsArticle, with ClaimReview or Event."""
    found = await usecases.read(session, ref, words)
    told = json.dumps(linked_data(found.article, found.corrections, words), ensure_ascii=False)
    told = told.replace("<", "\\u003c")  # it may be put into a <script> as it is
    return reply_bytes(
        request, told.encode(), "application/ld+json", version=found.article.version, public=True
    )


@router.get("/{ref}", response_model=ArticleOut, openapi_extra=CACHED, responses=GONE)
async def read_article(
    request: Request, ref: Ref, session: Db, words: InWords, caller: Annotated[Caller, Allow(Anyone)]
) -> Response:
    """One article by id or slug, an old slug too; 410 with the reason once it was withdrawn."""
    found = await usecases.read(session, ref, words)
    body = ArticleOut.whole(found, words)
    return reply(request, body, version=body.version, public=True)


@router.get(
    "/{article_id}/images/{media_id}",
    status_code=307,
    response_class=Response,
    openapi_extra=x_city(key="none"),
    responses={307: {"description": "Where the picture can be read for the next hour"}, 404: {}},
)
async def read_image(
    article_id: UUID,
    media_id: UUID,
    session: Db,
    run: Run,
    caller: Annotated[Caller, Allow(Anyone)],
    v: Annotated[Variant, Query(description="Which size")] = "small",
) -> Response:
    """A picture of a public article, at an address that stays."""
    path = await usecases.image_of(session, run, article_id, media_id, v, run.clock.now())
    return Response(status_code=307, headers={"Location": path, "Cache-Control": "public, max-age=600"})
