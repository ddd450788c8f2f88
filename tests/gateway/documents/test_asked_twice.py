"""Services asked for their documents: one slow answer says nothing, and an endless one is not read."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.app import create_app
from gateway.edge.fresh import _DOCUMENT_BYTES, Documents
from gateway.settings import GatewaySettings
from shared.clock import ManualClock
from shared.settings import ServiceAddress
from shared.testing import free_port, served

NAME = "svc-news"
GOOD = json.dumps({"openapi": "3.1.0", "info": {"title": "demo", "version": "1"}, "paths": {}}).encode()
Respond = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def answering(port: int, respond: Respond) -> AsyncIterator[None]:
    """Whatever is asked there, `respond` answers it, and the connection ends."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        try:
            await respond(writer)
            await writer.drain()
        except ConnectionError:
            pass  # whoever asked reads no further
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", port):
        yield


@pytest.fixture
def documents(settings_for: Callable[..., Any], databases: Any, clock: ManualClock) -> Callable[[int], Any]:
    """The part of a gateway that asks; it asks when told to."""

    @asynccontextmanager
    async def opened(port: int) -> AsyncIterator[Documents]:
        address = ServiceAddress(name=NAME, url=f"http://127.0.0.1:{port}", prefixes=("/v1/news",))
        url = databases.new("gateway")
        settings = settings_for(GatewaySettings, url, services=[address], documents_seconds=3_600)
        app = create_app(settings, clock)
        async with served(app):
            part: Documents = app.state.runtime.part(Documents)
            async with asyncio.timeout(10):
                while not part.begun:
                    await asyncio.sleep(0.02)
            yield part

    return opened


def head(length: int | None = None) -> bytes:
    told = b"" if length is None else b"content-length: %d\r\n" % length
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n" + told + b"\r\n"


async def test_one_answer_that_failed_is_asked_for_again_before_anybody_counts_as_down(
    documents: Callable[[int], Any],
) -> None:
    port, asked = free_port(), 0

    async def every_other(writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        if asked % 2 == 0:
            writer.write(head(len(GOOD)) + GOOD)

    async with documents(port) as part:
        assert part.silent == {NAME}  # nobody listens yet
        async with answering(port, every_other):
            for polls in (1, 2):
                await part.poll()
                assert (part.silent, asked) == (set(), 2 * polls)
        await part.poll()
        assert part.silent == {NAME}


async def test_a_document_without_end_is_read_no_further_than_the_largest_one(
    documents: Callable[[int], Any],
) -> None:
    port, sent = free_port(), 0

    async def without_end(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(head())
        while True:
            writer.write(b" " * 65_536)
            await writer.drain()
            sent += 65_536

    async with documents(port) as part, answering(port, without_end):
        async with asyncio.timeout(20):
            await part.poll()
        assert part.silent == {NAME}
        assert sent < 2 * (
            _DOCUMENT_BYTES + 8 * 1_048_576
        )  # twice asked; some stands in the sockets' buffers
