"""Six small services in one process for the bench of home: each one list, kept by nobody; one may fail.

Part n listens on the port n + 1 above the first one, where all answer under `/part<n>` and take orders.
"""

import asyncio
import json
import re
import sys
from typing import ClassVar, cast

import uvloop

COUNT, HANGS_SECONDS, NOBODY = 6, 5.0, 9
HANG, STOP, GARBLE = "hang", "stop", "garble"
_ASKED = re.compile(rb"GET (?:/part(\d))?(/[^ ?]*)(?:\?(\S*))? ")
_ITEM = {"title": "demo " * 8, "summary": "demo " * 16, "link": "/v1/demo", "at": "2026-02-02T09:00:00+07:00"}
_PAGE = json.dumps({"items": [{"id": f"demo-{n}", **_ITEM} for n in range(5)], "next": "demo"}).encode()
_QUERY = [{"name": name, "in": "query", "schema": {"type": "number"}} for name in ("limit", "lat", "lon")]


def path(number: int) -> str:
    """The list of one service."""
    return f"/v1/part{number}/list"


def service(number: int, port: int) -> dict[str, object]:
    """As SERVICES names it; `port` is the first one."""
    url = f"http://127.0.0.1:{port + 1 + number}/part{number}"
    return {"name": f"svc-part{number}", "url": url, "prefixes": [f"/v1/part{number}"]}


def _document(number: int) -> bytes:
    city = {"audience": ["public"], "home": {"section": f"part{number}", "order": number}}
    operation = {
        "operationId": "list",
        "parameters": _QUERY,
        "x-city": city,
        "responses": {"200": {"description": "demo"}},
    }
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "demo", "version": "1"},
            "paths": {path(number): {"get": operation}},
        }
    ).encode()


def _answer_of(body: bytes, status: bytes = b"200 OK", kind: bytes = b"application/json") -> bytes:
    return b"HTTP/1.1 %b\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n%b" % (
        status,
        kind,
        len(body),
        body,
    )


_GARBAGE = (
    _answer_of(b'{"items": [{"id": "demo-1", "title": '),
    _answer_of(b"<html>demo</html>", kind=b"text/html"),
    _answer_of(b'"demo"'),
    _answer_of(b"<html>demo</html>", b"500 Internal Server Error", b"text/html"),
    b"\x16\x03\x01 demo is no HTTP\r\n\r\n",
)
"""What a part answers in turn that answers garbage."""


class Parts(asyncio.Protocol):
    """Answers `/part<n>/…`. `/hang?<n>`, `/garble?<n>`: one does so (9: none); `/count`: pages so far."""

    pages, failing = 0, dict.fromkeys((HANG, GARBLE), NOBODY)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """One client."""
        self._transport, self._rest = cast(asyncio.Transport, transport), b""

    def data_received(self, data: bytes) -> None:
        """Answers each request that is whole."""
        *whole, self._rest = (self._rest + data).split(b"\r\n\r\n")
        for request in whole:
            found = _ASKED.match(request)
            if found is not None:
                self._answer(found[1], found[2].decode(), found[3] or b"")

    def _answer(self, part: bytes | None, asked: str, query: bytes) -> None:
        if part is None:
            self._order(asked.removeprefix("/"), query)
        elif asked == "/openapi.json":
            self._transport.write(_answer_of(_document(int(part))))
        else:
            self._page(int(part))

    def _order(self, order: str, query: bytes) -> None:
        if order in Parts.failing:
            Parts.failing[order] = int(query)
        self._transport.write(_answer_of(b"%d" % Parts.pages))

    def _page(self, number: int) -> None:
        Parts.pages += 1
        page = _answer_of(_PAGE)
        if number == Parts.failing[GARBLE]:
            page = _GARBAGE[Parts.pages % len(_GARBAGE)]
        if number == Parts.failing[HANG]:
            asyncio.get_running_loop().call_later(HANGS_SECONDS, self._transport.write, page)
        else:
            self._transport.write(page)


class Part(Parts):
    """A part on a port of its own, which `/stop?<n>` of the first port closes with all its connections."""

    def __init__(self, open_: set[asyncio.Transport]) -> None:
        self._open = open_

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Counted, so that it can be ended."""
        super().connection_made(transport)
        self._open.add(self._transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Gone."""
        self._open.discard(self._transport)


class Orders(Parts):
    """The first port: also stops a part, and lets it listen again when another one is stopped (9: none)."""

    def __init__(self, first: int) -> None:
        self._first = first

    listening: ClassVar[dict[int, tuple[asyncio.Server, set[asyncio.Transport]]]] = {}

    def _order(self, order: str, query: bytes) -> None:
        if order == STOP:
            self._changing = asyncio.create_task(self._stop(int(query)))
        else:
            super()._order(order, query)

    async def _stop(self, number: int) -> None:
        for each in range(COUNT):
            if each == number and each in self.listening:
                server, connections = self.listening.pop(each)
                server.close()
                for connection in list(connections):
                    connection.abort()
            elif each != number and each not in self.listening:
                self.listening[each] = await _listen(self._first + 1 + each)
        super()._order(STOP, b"")


async def _listen(port: int) -> tuple[asyncio.Server, set[asyncio.Transport]]:
    connections: set[asyncio.Transport] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Part(connections), "127.0.0.1", port, backlog=1_024)
    return server, connections


async def _serve(first: int) -> None:
    for number in range(COUNT):
        Orders.listening[number] = await _listen(first + 1 + number)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Orders(first), "127.0.0.1", first, backlog=1_024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
