"""Six small services in one process for the bench of home: each one list, kept by nobody, one may hang."""

import asyncio
import json
import re
import sys
from typing import cast

import uvloop

COUNT, HANGS_SECONDS = 6, 5.0
_ASKED = re.compile(rb"GET (?:/part(\d))?(/[^ ?]*)(?:\?(\S*))? ")
_ITEM = {"title": "demo " * 8, "summary": "demo " * 16, "link": "/v1/demo", "at": "2026-02-02T09:00:00+07:00"}
_PAGE = json.dumps({"items": [{"id": f"demo-{n}", **_ITEM} for n in range(5)], "next": "demo"}).encode()
_QUERY = [{"name": name, "in": "query", "schema": {"type": "number"}} for name in ("limit", "lat", "lon")]


def path(number: int) -> str:
    """The list of one service."""
    return f"/v1/part{number}/list"


def service(number: int, port: int) -> dict[str, object]:
    """As SERVICES names it."""
    url = f"http://127.0.0.1:{port}/part{number}"
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


class Parts(asyncio.Protocol):
    """Answers `/part<n>/…`; `/hang?<n>` makes one hang (9: none), `/count` says how many pages were asked."""

    hangs, pages = COUNT, 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """One client."""
        self._transport, self._rest = cast(asyncio.Transport, transport), b""

    def data_received(self, data: bytes) -> None:
        """Answers each request that is whole."""
        *whole, self._rest = (self._rest + data).split(b"\r\n\r\n")
        for request in whole:
            found = _ASKED.match(request)
            if found is not None:
                self._answer(found[1], found[2], found[3] or b"")

    def _answer(self, part: bytes | None, asked: bytes, query: bytes) -> None:
        if asked == b"/hang":
            Parts.hangs = int(query)
        if part is None:
            self._send(b"%d" % Parts.pages)
        elif asked == b"/openapi.json":
            self._send(_document(int(part)))
        else:
            Parts.pages += 1
            late = HANGS_SECONDS if int(part) == Parts.hangs else 0
            asyncio.get_running_loop().call_later(late, self._send, _PAGE) if late else self._send(_PAGE)

    def _send(self, body: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
        self._transport.write(head + body)


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Parts, "127.0.0.1", port, backlog=1_024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
