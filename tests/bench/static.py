"""The upstream of every peer: answers 3 KB from memory, and one OpenAPI document for the gateway."""

import asyncio
import json
import sys
from typing import Any, cast

import uvloop

#: An answer of some 3 KB, as a page of a list has it.
ITEMS = json.dumps({"items": [{"id": f"demo-{n:04}", "title": "demo " * 8} for n in range(46)], "next": None})
PATH, KEPT, SLOW = "/v1/news/static", "/v1/news/kept", "/v1/news/slow"
"""Passed through; kept by the gateway; answered after `SLOW_SECONDS`."""
COLD, COUNT = "/v1/news/cold", "/count"
"""Kept by the gateway, answered after `SLOW_SECONDS`; how often that was asked for."""
SLOW_SECONDS = 0.03


def _operation(name: str, **city: Any) -> dict[str, Any]:
    stated = {"audience": ["public"], **city}
    answers = {"200": {"description": "demo"}}
    return {"get": {"operationId": name, "x-city": stated, "responses": answers}}


DOCUMENT = json.dumps(
    {
        "openapi": "3.1.0",
        "info": {"title": "demo", "version": "1"},
        "paths": {
            PATH: _operation("static"),
            KEPT: _operation("kept", tags=["demo"]),
            SLOW: _operation("slow"),
            COLD: _operation("cold", tags=["demo"]),
        },
    }
)


def _answer(body: str) -> bytes:
    head = (
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: public, max-age=60\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


_LATE = frozenset({SLOW.encode(), COLD.encode()})


class Static(asyncio.Protocol):
    """Keeps the connection; reads no more of a request than where it ends."""

    _page, _document = _answer(ITEMS), _answer(DOCUMENT)
    cold = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """One client."""
        self._transport, self._rest = cast(asyncio.Transport, transport), b""

    def data_received(self, data: bytes) -> None:
        """Answers each request that is whole."""
        *whole, self._rest = (self._rest + data).split(b"\r\n\r\n")
        for request in whole:
            self._one(request)

    def _one(self, request: bytes) -> None:
        path = request.split(b" ", 2)[1]
        if path in _LATE:
            Static.cold += path == COLD.encode()
            asyncio.get_running_loop().call_later(SLOW_SECONDS, self._transport.write, self._page)
        elif path == COUNT.encode():
            self._transport.write(_answer(str(Static.cold)))
        else:
            self._transport.write(self._document if path == b"/openapi.json" else self._page)


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Static, "127.0.0.1", port, backlog=1_024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
