"""The edge of a service: identity, deadline, language, limits, metrics, and a problem for whatever breaks."""

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import errors, log
from shared.auth import Caller, Identity
from shared.clock import stopwatch
from shared.db import translate
from shared.edge import limits
from shared.edge.context import METHODS, RequestContext, deadline, language, request_id, traceparent
from shared.runtime import Runtime

_log = log.get(__name__)
_GONE = 499  # the caller hung up: nobody is left to answer


class ServiceEdge:
    """Pure ASGI. Without a valid `X-Identity` the caller is a guest, and no other header is believed."""

    def __init__(self, app: ASGIApp, *, identity: Identity, run: Runtime) -> None:
        self._app, self._identity, self._texts, self._metrics = app, identity, run.texts, run.metrics
        self._tracing, self._longest_ms = run.tracing, max(run.settings.request_deadline_ms, 10_000)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request, or passes lifespan on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = stopwatch()
        headers = Headers(scope=scope)
        context = self._untrusted(headers)
        answer = _Answer(send, context)
        scope["city"] = context
        try:
            context.caller = self._caller(headers, context)
            limits.declared_length(headers, limits.UPLOAD_LIMIT)
            await self._app(scope, limits.limited(receive, limits.UPLOAD_LIMIT), answer)
        except ClientDisconnect:
            answer.status = _GONE
        except Exception as error:  # noqa: BLE001 - the last place that can still answer
            await self._failed(error, scope, receive, answer)
        finally:
            structlog.contextvars.clear_contextvars()
            route = getattr(scope.get("route"), "path_format", "unmatched")
            method = scope["method"] if scope["method"] in METHODS else "other"
            self._metrics.answered(route, method, answer.status, stopwatch() - started)
            if context.span is not None:
                context.span.end_http(method, route, answer.status)

    def _untrusted(self, headers: Headers) -> RequestContext:
        return RequestContext(request_id(None), language(headers.get("accept-language")), stopwatch() + 10)

    def _caller(self, headers: Headers, context: RequestContext) -> Caller:
        token = headers.get("x-identity")
        caller = Caller()
        context.expires = stopwatch() + self._longest_ms / 1_000
        if token is not None:
            caller = self._identity.caller(token)
            context.request_id = request_id(headers.get("x-request-id"))
            context.traceparent = traceparent(headers.get("traceparent"))
            context.span = self._tracing.follow("request", "server", context.traceparent)
            context.traceparent = context.span.traceparent if context.span else context.traceparent
            context.expires = deadline(headers, self._longest_ms)
        structlog.contextvars.bind_contextvars(request_id=context.request_id, traceparent=context.traceparent)
        return caller

    async def _failed(self, error: Exception, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        problem = error if isinstance(error, errors.Problem) else translate(error)
        if problem is None:
            _log.error("request_failed", exc_info=error, path=getattr(scope.get("route"), "path_format", ""))
            problem = errors.Internal()
        if not answer.started:
            context = answer.context
            await errors.render(problem, self._texts, context.language, context.request_id)(
                scope, receive, answer
            )


class _Answer:
    """A send that adds the request id and remembers the status."""

    def __init__(self, send: Send, context: RequestContext) -> None:
        self._send, self.context = send, context
        self.status, self.started = 500, False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started, self.status = True, message["status"]
            MutableHeaders(scope=message)["X-Request-Id"] = self.context.request_id
        await self._send(message)
