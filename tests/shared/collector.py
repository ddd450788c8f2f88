"""A collector of traces on loopback: OTLP over HTTP, as any real one speaks it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Told


class Spans:
    """What arrived: (service, span)."""

    def __init__(self) -> None:
        self.url = ""
        self.all: list[tuple[str, Told]] = []
        self.answer = 200
        self.hanging, self.over = False, asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        """One batch; or the request is left hanging."""
        if self.hanging:
            await self.over.wait()
        told = ExportTraceServiceRequest.FromString(await request.read())
        for part in told.resource_spans:
            service = part.resource.attributes[0].value.string_value
            self.all += [(service, span) for scope in part.scope_spans for span in scope.spans]
        return web.Response(status=self.answer)

    async def until(self, good: Callable[["Spans"], bool], seconds: float = 10) -> None:
        """Waits for what is expected."""
        async with asyncio.timeout(seconds):
            while not good(self):
                await asyncio.sleep(0.02)


@asynccontextmanager
async def collecting() -> AsyncIterator[Spans]:
    """`async with collecting() as spans:`; its address is `spans.url`."""
    spans, app = Spans(), web.Application()
    app.router.add_post("/v1/traces", spans.take)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    spans.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1/traces"
    try:
        yield spans
    finally:
        spans.over.set()
        await runner.cleanup()


def facts(span: Told) -> dict[str, Any]:
    """The attributes of a span."""
    kinds = {a.key: a.value.WhichOneof("value") for a in span.attributes}
    return {a.key: getattr(a.value, kinds[a.key] or "string_value") for a in span.attributes}
