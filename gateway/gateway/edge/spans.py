"""The spans of the edge: a request that was chosen to be traced, and what is asked of a service for it."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from gateway.edge.exchange import Exchange
from gateway.edge.reply import Headers
from gateway.edge.upstream import Response
from shared.edge import context as contexts
from shared.tracing import Tracing

if TYPE_CHECKING:
    from shared.otlp import Span


def begin(x: Exchange, tracing: Tracing) -> None:
    """The first span of a request; below the client's own, if it sent a trace context."""
    offered = x.headers.get(b"traceparent", b"").decode("latin-1")
    span = tracing.start("request", "server", contexts.traceparent(offered))
    if span is not None:
        x.context.span, x.context.traceparent = span, span.traceparent


def end(x: Exchange, span: "Span") -> None:
    """The answer is over: route template, method, status, front end, memory; nothing of who asked."""
    method = x.method if x.method in contexts.METHODS else "other"
    client = x.client.code if x.client is not None else "none"
    facts = {"city.client": client}
    if (kept := dict(x.answer.headers).get(b"x-cache")) is not None:
        facts["city.cache"] = kept.decode()
    span.end_http(method, x.context.route, x.answer.status, facts)


async def around(asked: Awaitable[Response], headers: Headers, above: "Span", service: str) -> Response:
    """A request to a service, from its first byte to the head of the answer; the service's span is below."""
    span, failed = above.child(f"ask {service}", "client"), True
    headers[:] = [(n, v) for n, v in headers if n != b"traceparent"]
    headers.append((b"traceparent", span.traceparent.encode()))
    try:
        response = await asked
        failed = response.status >= 500
        return response
    finally:
        span.end(failed=failed)
