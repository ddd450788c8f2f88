"""One request on a connection and its answer: ASGI's receive and send, as lean as the gateway needs them."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from shared import log

if TYPE_CHECKING:
    from gateway.edge.protocol import GatewayProtocol

_log = log.get(__name__)
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
#: No value holds one of these (RFC 9110 5.5); the lines' own ends are counted, so that no value can add one.
_CONTROLS = bytes([*range(9), *range(10, 32), 127])
_NAMES_KEPT, _JOINED_BYTES = 1_024, 65_536
_WITHOUT_BODY = frozenset({204, 304})
_LAST, _CLOSING = b"\r\n", b"connection: close\r\n\r\n"
_names: dict[bytes, bytes] = {}
Headers = Iterable[tuple[bytes, bytes]]
Begin = Callable[[Scope, Receive, Send], Awaitable[None] | None]


class Cycle:
    """The `send` an application is called with; `whole` sends an answer that needs no second message.

    The public attributes are those uvicorn's protocol looks at. The application runs in a task of its own.
    """

    __slots__ = (
        "_chunked",
        "_event",
        "_left",
        "_news",
        "_protocol",
        "_task",
        "body",
        "disconnected",
        "expects",
        "keep_alive",
        "more_body",
        "response_complete",
        "response_started",
        "scope",
    )

    def __init__(self, protocol: "GatewayProtocol", scope: Scope, *, keep_alive: bool, expects: bool) -> None:
        self._protocol, self.scope = protocol, scope
        self.keep_alive, self.expects = keep_alive, expects
        self.disconnected = self.response_started = self.response_complete = False
        self.body, self.more_body = b"", True
        self._news, self._event = False, None
        self._left, self._chunked = 0, False

    _event: asyncio.Event | None

    @property
    def message_event(self) -> "Cycle":
        """uvicorn sets an event when there is something to receive."""
        return self

    def set(self) -> None:
        """There is something to receive."""
        self._news = True
        if self._event is not None:
            self._event.set()

    def start(self, app: ASGIApp) -> None:
        """Runs the application. One that can `begin` without a task says by its answer whether it needs one;
        the server knows of the task until it ends."""
        begin: Begin | None = getattr(app, "begin", None)
        rest = begin(self.scope, self.receive, self) if begin else app(self.scope, self.receive, self)
        if rest is not None:
            self.adopt(rest)

    def adopt(self, rest: Awaitable[None]) -> None:
        """A task for what is left to do."""
        self._task = self._protocol.loop.create_task(self._run(rest))
        self._protocol.tasks.add(self._task)

    async def _run(self, rest: Awaitable[None]) -> None:
        try:
            await rest
        except Exception as error:  # noqa: BLE001 - nobody is behind: without this the client waits for ever
            _log.error("connection_failed", exc_info=error)
        finally:
            self._protocol.tasks.discard(self._task)
            if not self.response_complete and not self.disconnected:
                self._protocol.abandon(self)

    async def receive(self) -> Message:
        """The body as it arrives, then http.disconnect."""
        if self.expects and not self._protocol.transport.is_closing():
            self._protocol.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.expects = False
        if not self.disconnected and not self.response_complete:
            self._protocol.flow.resume_reading()
            await self._until_news()
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        body, self.body = self.body, b""
        return {"type": "http.request", "body": body, "more_body": self.more_body}

    async def _until_news(self) -> None:
        if not self._news:
            self._event = self._event or asyncio.Event()
            self._event.clear()
            await self._event.wait()
        self._news = False

    async def __call__(self, message: Message) -> None:
        """ASGI's send. RuntimeError for messages out of turn, or more or less body than was announced."""
        if self._protocol.flow.write_paused and not self.disconnected:
            await self._protocol.flow.drain()
        if self.disconnected:
            return
        starts = message["type"] == "http.response.start"
        if starts == self.response_started or self.response_complete:
            raise RuntimeError(f"{message['type']} is out of turn")
        if starts:
            self._protocol.transport.write(self._head(message["status"], message.get("headers", ()), None))
        else:
            self._send_body(message.get("body", b""), more=message.get("more_body", False))

    async def whole(self, status: int, headers: Headers, body: bytes) -> None:
        """Head and body at once; Content-Length is added where it is missing."""
        flow = self._protocol.flow
        if flow.write_paused and not self.disconnected:
            await flow.drain()
        if not self.disconnected:
            self.whole_now(status, headers, body)

    def whole_now(self, status: int, headers: Headers, body: bytes) -> None:
        """The same without waiting for a client who reads slowly."""
        if self.response_started:
            raise RuntimeError("the answer has begun")
        head = self._head(status, headers, len(body))
        if self.scope["method"] == "HEAD" or status in _WITHOUT_BODY:
            body, self._left = b"", 0
        if self._left != len(body):
            raise RuntimeError("the body is not as long as announced")
        if len(body) < _JOINED_BYTES:
            self._protocol.transport.write(head + body)
        else:
            self._protocol.transport.writelines((head, body))
        self._complete()

    @property
    def held_up(self) -> bool:
        """Whether the client reads too slowly for another answer, or is gone."""
        return self.disconnected or self._protocol.flow.write_paused

    def ready(self, status: int, made: bytes, own: Headers, body: bytes) -> None:
        """Head and body at once and without waiting; `made` are `lines` with the body's length, `own` are
        headers of the gateway's own making."""
        parts = [STATUS_LINE[status], self._protocol.default_lines, made]
        for name, value in own:
            parts += (name, b": ", value, b"\r\n")
        parts.append(_LAST if self.keep_alive else _CLOSING)
        self.response_started, self.expects = True, False
        if self.scope["method"] != "HEAD":
            parts.append(body)
        self._protocol.transport.write(b"".join(parts))
        self._complete()

    def _send_body(self, body: bytes, *, more: bool) -> None:
        if self.scope["method"] == "HEAD":
            body, self._left = b"", 0
        elif self._chunked:
            body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + (b"" if more else b"0\r\n\r\n")
        else:
            self._left -= len(body)
            if self._left < 0 or (self._left and not more):
                raise RuntimeError("the body is not as long as announced")
        self._protocol.transport.write(body)
        if not more:
            self._complete()

    def _complete(self) -> None:
        self.response_complete = True
        self.set()
        if not self.keep_alive:
            self._protocol.transport.close()
        self._protocol.on_response_complete()

    def _head(self, status: int, headers: Headers, whole: int | None) -> bytes:
        """Status line and headers; `whole` is the length of a body that is all there. RuntimeError for
        headers that would be read as something else."""
        length: bytes | None = None
        lines, closes = [STATUS_LINE[status]], False
        for pairs in (self._protocol.server_state.default_headers, headers):
            for name, value in pairs:
                lower = _names.get(name) or _checked(name)
                if lower == b"content-length":
                    length = value
                elif lower == b"connection":
                    closes = closes or b"close" in value.lower()
                lines += (lower, b": ", value, b"\r\n")
        lines += self._ends(status, length, whole, closes)
        head = b"".join(lines)
        if len(head) - len(head.translate(None, _CONTROLS)) != 2 * (len(lines) // 4 + 1):
            raise RuntimeError("a header holds a control character")
        self.response_started, self.expects = True, False
        return head + b"\r\n"

    def _ends(self, status: int, length: bytes | None, whole: int | None, closes: bool) -> list[bytes]:
        """How the body ends, and whether the connection does; four pieces a line."""
        lines: list[bytes] = []
        if length is not None:
            self._left = int(length)
        elif whole is not None and status not in _WITHOUT_BODY:
            self._left = whole
            lines += (b"content-length", b": ", b"%d" % whole, b"\r\n")
        elif self.scope["method"] != "HEAD" and status not in _WITHOUT_BODY:
            self._chunked = True
            lines += (b"transfer-encoding", b": ", b"chunked", b"\r\n")
        if closes:
            self.keep_alive = False
        elif not self.keep_alive:
            lines += (b"connection", b": ", b"close", b"\r\n")
        return lines


def lines(headers: Headers) -> bytes:
    """Headers as they are sent. RuntimeError for those that would be read as something else."""
    pieces: list[bytes] = []
    for name, value in headers:
        pieces += (_names.get(name) or _checked(name), b": ", value, b"\r\n")
    made = b"".join(pieces)
    if len(made) - len(made.translate(None, _CONTROLS)) != len(pieces) // 2:
        raise RuntimeError("a header holds a control character")
    return made


def _checked(name: bytes) -> bytes:
    if not _TOKEN.fullmatch(name):
        raise RuntimeError("no name of a header")
    lower = name.lower()
    if len(_names) < _NAMES_KEPT:
        _names[name] = lower
    return lower
