"""The edge, in order: ids and limits, client, rate limits, token, kept answers, the own app or a service."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.edge import body, cors, head, spans
from gateway.edge.cache.serving import Serving, plain_tags
from gateway.edge.catalogue import Catalogue
from gateway.edge.exchange import Answer, ClientGone, Exchange, HeadTold
from gateway.edge.head import has_body
from gateway.edge.limits import Limits
from gateway.edge.metrics import EdgeMetrics
from gateway.edge.numbers import random_hex
from gateway.edge.proxy import Proxy
from gateway.edge.shortcuts import Shortcuts
from gateway.edge.who import Who
from shared import errors, log
from shared.auth import refuse_unless
from shared.city.texts import Texts
from shared.clock import stopwatch
from shared.db import translate
from shared.edge import context as contexts
from shared.edge.context import RequestContext
from shared.tracing import Tracing, unsampled

_log = log.get(__name__)
_GONE = 499
_language = lru_cache(1_024)(contexts.language)


@dataclass(slots=True)
class Parts:
    """What the edge works with; put together once, at start."""

    catalogue: Catalogue
    who: Who
    limits: Limits
    proxy: Proxy
    metrics: EdgeMetrics
    texts: Texts
    tracing: Tracing
    cache: Serving
    shortcuts: Shortcuts


class GatewayEdge:
    """Pure ASGI, in front of everything; `app` answers the gateway's own routes."""

    def __init__(self, app: ASGIApp, parts: Parts) -> None:
        self._app, self._parts = app, parts
        parts.cache.kept.flights.ask = self._ask
        parts.cache.kept.flights.begin = self._begin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request, or passes lifespan on."""
        rest = self.begin(scope, receive, send)
        if rest is not None:
            await rest

    def begin(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None] | None:
        """Answers at once if the answer is at hand; otherwise what is left to do, which has to wait."""
        if scope["type"] != "http":
            return self._app(scope, receive, send)
        started, failure = stopwatch(), None
        context = RequestContext("", contexts.LANGUAGES[0], started)
        x = Exchange(scope, receive, Answer(send, scope["method"]), context, {})
        try:
            self._meet(x)
            if x.known and x.answer.instant and self._goes_at_once(x, started):
                return None
        except Exception as error:  # noqa: BLE001 - answered below, where answering may wait
            failure = error
        return self._finish(x, started, failure)

    async def _finish(
        self, x: Exchange, started: float, failure: Exception | None, rest: Awaitable[None] | None = None
    ) -> None:
        try:
            if failure is not None:
                raise failure
            await (rest or self._steps(x))
        except HeadTold:
            x.answer.complete = True
        except (ClientGone, ClientDisconnect):
            x.answer.status = _GONE
        except Exception as error:  # noqa: BLE001 - the last place that can still answer
            await self._failed(error, x)
        finally:
            self._ended(x, started)

    def _ended(self, x: Exchange, started: float) -> None:
        self._parts.metrics.answered(x, stopwatch() - started)
        if x.context.span is not None:
            spans.end(x, x.context.span)

    def _meet(self, x: Exchange) -> None:
        """What needs no waiting: the head, the operation, and who asks, unless a form says that."""
        x.headers = head.read(x.scope)
        _name(x)
        if self._parts.tracing.chosen():
            spans.begin(x, self._parts.tracing)
        x.endpoint = self._parts.catalogue.find(x.scope["path"])
        if x.method == "OPTIONS" and not _asks_the_route(x):
            return
        self._find(x)
        body.check_declared(x)
        if not self._parts.who.needs_form(x):
            self._parts.who.client(x)
            self._admit(x)

    def _admit(self, x: Exchange) -> None:
        x.context.caller = self._parts.who.caller(x)
        if not x.wanted.public:
            refuse_unless(x.wanted.audiences, x.context.caller)
        x.known = True

    def _goes_at_once(self, x: Exchange, started: float) -> bool:
        """Whether it was answered, or sent on, without a task; reads alone, and none that is traced."""
        keeping = x.wanted.keeping
        if keeping is None or has_body(x.headers) or x.context.span is not None:
            return False
        self._prepare(x)
        if keeping.kept or x.wanted.service is None or x.method != "GET":
            hit = keeping.kept and self._parts.cache.gives_at_once(x)
            if hit:
                self._ended(x, started)
            return hit
        x.body = b""
        plain_tags(x)
        return self._parts.proxy.begin(
            x,
            lambda: self._ended(x, started),
            lambda rest: x.answer.adopt(self._finish(x, started, None, rest)),
        )

    async def _steps(self, x: Exchange) -> None:
        if x.operation is None:
            await self._options(x)
            return
        if not x.known:
            await self._parts.who.client_of_form(x)
            self._admit(x)
        await self._answer(x)

    def _find(self, x: Exchange) -> None:
        """The operation. 404: no such path, 405: not this method, 503: its service never spoke."""
        if x.endpoint is not None:
            x.context.route = x.endpoint.template
            x.operation = x.endpoint.operation(x.method)
        if x.operation is not None:
            return
        self._parts.limits.charge_address(x)
        if x.endpoint is not None:
            raise errors.MethodNotAllowed(headers={"Allow": x.endpoint.allow})
        raise errors.Unavailable if self._parts.catalogue.awaits(x.scope["path"]) else errors.NotFound

    async def _options(self, x: Exchange) -> None:
        self._parts.limits.charge_address(x)
        if x.endpoint is not None:
            x.context.route = x.endpoint.template
        elif b"origin" not in x.headers:
            raise errors.NotFound
        _tell(x)
        await cors.answer_options(x, self._parts.who.keys)

    async def _answer(self, x: Exchange) -> None:
        await body.take(x)
        self._prepare(x)
        if x.wanted.keeping is None or not await self._parts.cache.gives(x):
            await self._ask(x)

    def _prepare(self, x: Exchange) -> None:
        """The deadline begins, and what every answer says is noted."""
        seconds = x.wanted.seconds
        x.context.expires = stopwatch() + seconds if seconds is not None else float("inf")
        _tell(x)
        cors.expose(x, self._parts.who.keys)

    async def _ask(self, x: Exchange) -> None:
        plain_tags(x)
        if x.wanted.service is None:
            await self._own(x)
        else:
            await self._parts.proxy.forward(x)

    def _begin(
        self, x: Exchange, ended: Callable[[], None], adopt: Callable[[Awaitable[None]], None]
    ) -> bool:
        """The same of a shared read, without a task: a service's, and none that is traced."""
        if x.wanted.service is None or x.context.span is not None:
            return False
        return self._parts.proxy.begin(x, ended, adopt)

    async def _own(self, x: Exchange) -> None:
        """The gateway's own routes, in FastAPI, but for those who know a shorter way."""
        scope = {**x.scope, "method": "GET"} if x.method == "HEAD" else x.scope
        scope["city"] = context = x.context
        structlog.contextvars.bind_contextvars(request_id=context.request_id, traceparent=context.traceparent)
        try:
            answer = await self._parts.shortcuts.answer(x.wanted, scope)
            await (answer or self._app)(scope, x.receive, x.answer)
        finally:
            structlog.contextvars.clear_contextvars()

    async def _failed(self, error: Exception, x: Exchange) -> None:
        context = x.context
        problem = error if isinstance(error, errors.Problem) else translate(error)
        if problem is None:
            _log.error("request_failed", exc_info=error, route=context.route, request_id=context.request_id)
            problem = errors.Internal()
        if x.answer.started:  # half an answer cannot be mended: uvicorn closes the connection
            return
        context.request_id = context.request_id or contexts.request_id(None)
        _tell(x)
        cors.expose(x, self._parts.who.keys)
        answer = errors.render(problem, self._parts.texts, context.language, context.request_id)
        await answer(x.scope, x.receive, x.answer)


def _asks_the_route(x: Exchange) -> bool:
    """Whether OPTIONS is an operation of its own there; a browser's preflight never is."""
    own = x.endpoint is not None and "OPTIONS" in x.endpoint.operations
    return own and b"access-control-request-method" not in x.headers


def _name(x: Exchange) -> None:
    """Request id, language and trace, from the request's own headers where they are harmless."""
    context = x.context
    new = random_hex()
    offered = x.headers.get(b"x-request-id")
    context.request_id = new[:32] if offered is None else contexts.request_id(_text(offered))
    context.language = _language(_text(x.headers.get(b"accept-language")))
    trace = contexts.traceparent(_text(x.headers.get(b"traceparent")))
    context.traceparent = unsampled(trace) if trace else f"00-{new[:32]}-{new[32:]}-00"


def _tell(x: Exchange) -> None:
    """The headers every answer has."""
    x.answer.headers = [(b"x-request-id", x.context.request_id.encode())]
    if x.tightest is not None:
        x.answer.headers += [
            (b"ratelimit-policy", x.tightest.policy.header),
            (b"ratelimit", x.tightest.header),
        ]
    if x.operation is not None and x.operation.retiring:
        x.answer.headers += x.operation.retiring


def _text(value: bytes | None) -> str | None:
    return value.decode("latin-1") if value is not None else None
