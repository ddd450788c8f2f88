"""Spans and their way to a collector (OTLP over HTTP); imported only where TRACES_URL is set."""

import asyncio
from collections import deque

import aiohttp
from opentelemetry import trace as otel
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from shared.metrics import Metrics
from shared.tracing import Facts, Kind

_WAITING = 2_048
_BATCH = 128  # written in some milliseconds, which requests wait for
_END_SECONDS = 0.5
_SEND_SECONDS = 2
_HEADERS = {"Content-Type": "application/x-protobuf"}


class Span:
    """One piece of work of a chosen trace."""

    __slots__ = ("_collector", "_span", "traceparent")

    def __init__(self, span: otel.Span, collector: "Collector") -> None:
        self._span, self._collector, context = span, collector, span.get_span_context()
        self.traceparent = f"00-{context.trace_id:032x}-{context.span_id:016x}-01"

    def child(self, name: str, kind: Kind) -> "Span":
        """A part of this work."""
        return self._collector.start(name, kind, self.traceparent)

    def end(self, *, failed: bool = False) -> None:
        """It is over. What failed is said in no words: those of databases and validators quote data."""
        if failed:
            self._span.set_status(otel.Status(otel.StatusCode.ERROR))
        self._span.end()

    def end_http(self, method: str, route: str, status: int, facts: Facts | None = None) -> None:
        """An answer is over; `route` is the template."""
        self._span.update_name(f"{method} {route}")
        told: Facts = {
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": status,
        }
        self._span.set_attributes({**told, **(facts or {})})
        self.end(failed=status >= 500)


class Collector(SpanProcessor):
    """Keeps ended spans, 2,048 at most, and sends them; what it cannot keep or send is counted."""

    def __init__(self, service: str, url: str, metrics: Metrics) -> None:
        self._url, self._waiting = url, deque[ReadableSpan]()
        self._sent = metrics.counter("city_spans_sent", "Spans the collector took")
        self._dropped = metrics.counter("city_spans_dropped", "Spans lost on the way to the collector")
        provider = TracerProvider(ALWAYS_ON, Resource({"service.name": service}), shutdown_on_exit=False)
        provider.add_span_processor(self)
        self._tracer = provider.get_tracer("city")

    def start(self, name: str, kind: Kind, parent: str | None, facts: Facts | None = None) -> Span:
        """A span below `parent`, which came from elsewhere, or the first of a trace."""
        above = otel.set_span_in_context(_remote(parent), Context()) if parent else Context()
        return Span(self._tracer.start_span(name, above, otel.SpanKind[kind.upper()], facts), self)

    def on_end(self, span: ReadableSpan) -> None:
        """The library tells of a span that is over."""
        if len(self._waiting) < _WAITING:
            self._waiting.append(span)
        else:
            self._dropped.inc()

    async def flush(self) -> None:
        """Sends what waits, a batch at a time."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SEND_SECONDS)) as http:
            while self._waiting:
                await self._send(http)

    async def close(self) -> None:
        """What still waits is sent if the collector takes it at once; no process waits longer for its end."""
        try:
            async with asyncio.timeout(_END_SECONDS):
                await self.flush()
        except TimeoutError:
            self._dropped.inc(len(self._waiting))

    async def _send(self, http: aiohttp.ClientSession) -> None:
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), _BATCH))]
        body, counter = encode_spans(batch).SerializeToString(), self._dropped
        try:
            async with http.post(self._url, data=body, headers=_HEADERS, allow_redirects=False) as answer:
                counter = self._sent if answer.ok else self._dropped
        except (aiohttp.ClientError, OSError):
            counter = self._dropped  # counted, not logged: a collector that is away for a day is one fact
        finally:
            counter.inc(len(batch))


def _remote(traceparent: str) -> otel.Span:
    _, trace, span, _ = traceparent.split("-")
    flags = otel.TraceFlags(otel.TraceFlags.SAMPLED)
    return otel.NonRecordingSpan(otel.SpanContext(int(trace, 16), int(span, 16), True, flags))
