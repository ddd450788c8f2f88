"""Feeds over HTTP, for everybody and without a key."""

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated

from fastapi import Path, Request, Response

from shared.auth import Allow, Anyone, Caller
from shared.db import Db
from shared.replies import reply_bytes
from shared.routes import CityRouter, x_city
from shared.runtime import Run, Runtime
from svc_news.articles.documents import FEED_TYPES, TAG
from svc_news.articles.rules import Kind
from svc_news.articles.schemas import InWords, written_as
from svc_news.feeds.documents import Form, Written
from svc_news.feeds.usecases import Feed, Scope, feed

router = CityRouter(prefix="/feeds", tags=["feeds"])
OPEN = x_city(tags=[TAG], key="none")
FEEDS = written_as(*FEED_TYPES.values())
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
DistrictCode = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,40}$", description="Code of a district")]


@router.get("/news.{form}", response_class=Response, openapi_extra=OPEN, responses=FEEDS)
async def read_feed(
    request: Request,
    form: Form,
    session: Db,
    run: Run,
    words: InWords,
    caller: Annotated[Caller, Allow(Anyone)],
) -> Response:
    """The newest of everything the city tells."""
    return _told(request, await feed(session, words, Scope()), form, run)


@router.get("/news/kinds/{kind}.{form}", response_class=Response, openapi_extra=OPEN, responses=FEEDS)
async def read_feed_of_kind(
    request: Request,
    kind: Kind,
    form: Form,
    session: Db,
    run: Run,
    words: InWords,
    caller: Annotated[Caller, Allow(Anyone)],
) -> Response:
    """The newest of one kind."""
    return _told(request, await feed(session, words, Scope(kind=kind)), form, run)


@router.get("/news/{district}.{form}", response_class=Response, openapi_extra=OPEN, responses=FEEDS)
async def read_feed_of_district(
    request: Request,
    district: DistrictCode,
    form: Form,
    session: Db,
    run: Run,
    words: InWords,
    caller: Annotated[Caller, Allow(Anyone)],
) -> Response:
    """The newest of what concerns one district."""
    return _told(request, await feed(session, words, Scope(district=district)), form, run)


def _told(request: Request, found: Feed, form: Form, run: Runtime) -> Response:
    """With ETag and Last-Modified; 304 to whoever has either."""
    modified = found.last_modified
    known = modified is not None and modified <= run.clock.now()
    more = {"Last-Modified": format_datetime(modified, usegmt=True)} if modified and known else {}
    content = run.part(Written).of(found, form)
    answer = reply_bytes(request, content, FEED_TYPES[form], version=0, public=True, status=200, **more)
    if known and modified and modified <= _seen(request):
        return Response(status_code=304, headers=dict(answer.headers))
    return answer


def _seen(request: Request) -> datetime:
    """If-Modified-Since, where no ETag says it better (RFC 9110, 13.1.3); long ago if it says nothing."""
    said = request.headers.get("if-modified-since")
    if said is None or "if-none-match" in request.headers:
        return _LONG_AGO
    try:
        moment = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return _LONG_AGO
    return moment if moment.tzinfo else _LONG_AGO
