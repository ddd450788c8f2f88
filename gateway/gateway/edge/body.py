"""The body of a request: counted; where it is small, read whole before a service has to wait for it."""

from collections.abc import AsyncIterator

from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message, Receive

from gateway.edge.exchange import ClientGone, Exchange
from gateway.edge.head import has_body
from shared.edge.limits import JSON_LIMIT, limited
from shared.errors import BadRequest, Problem, TooLarge


def check_declared(x: Exchange) -> None:
    """413 when Content-Length says more than the route takes, 400 when it is no number."""
    text = x.headers.get(b"content-length")
    if text is None:
        return
    if not text.isdigit() or len(text) > 18:
        raise BadRequest(headers={"Connection": "close"})
    limit = x.wanted.city.body_limit
    if int(text) > limit:
        raise TooLarge(limit=limit)


async def take(x: Exchange) -> None:
    """Limits what follows; all but uploads are read now, so that a slow client costs a service nothing."""
    if not has_body(x.headers):
        x.body = b""
        return
    _limit(x)
    if x.wanted.city.body_limit <= JSON_LIMIT:
        await read_whole(x)


def _limit(x: Exchange) -> None:
    if not x.limited:
        x.limited, x.receive = True, limited(x.receive, x.wanted.city.body_limit)


async def read_whole(x: Exchange) -> bytes:
    """All of the body, to be received again by whoever comes next. ClientGone if it never came."""
    if x.body is not None:
        return x.body
    message = await _next(x.receive)
    parts = [message.get("body", b"")]
    while message.get("more_body", False):
        message = await _next(x.receive)
        parts.append(message.get("body", b""))
    x.body = b"".join(parts)
    x.receive = _replayed(x.body, x.receive)
    return x.body


async def form_field(x: Exchange, name: str) -> bytes | None:
    """One field of a form body (Open311 sends its key there), or of the query string."""
    if not has_body(x.headers):
        found = Request(x.scope).query_params.get(name)
        return found.encode() if found else None
    _limit(x)
    body = await read_whole(x)
    try:
        async with Request(x.scope, _replayed(body, x.receive)).form() as form:
            value = form.get(name)
    except (HTTPException, MultiPartException) as error:
        raise BadRequest from error
    return value.encode() if isinstance(value, str) else None


async def parts(x: Exchange) -> AsyncIterator[bytes]:
    """A large body as it arrives; `x.broken` says why it ended early, which aiohttp would hide."""
    try:
        more = True
        while more:
            message = await _next(x.receive)
            more = message.get("more_body", False)
            if message.get("body"):
                yield message["body"]
    except (Problem, ClientGone) as error:
        x.broken = error
        raise


async def _next(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    return message


def _replayed(body: bytes, after: Receive) -> Receive:
    given = False

    async def receive() -> Message:
        nonlocal given
        if given:
            return await after()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
