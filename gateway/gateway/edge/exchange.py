"""One request and its answer on their way through the edge."""

from collections.abc import Awaitable
from dataclasses import dataclass

from starlette.types import Message, Receive, Scope, Send

from gateway.edge.cycle import Cycle
from gateway.edge.gcra import Decision
from gateway.edge.keys import ClientRecord
from gateway.edge.routes import Endpoint, Operation
from shared.edge.context import RequestContext

_EVENTS = (b"content-type", b"text/event-stream; charset=utf-8")


class ClientGone(Exception):
    """The caller hung up; there is nobody to answer."""


class HeadTold(Exception):
    """HEAD of a stream has its whole answer: the stream itself would never end."""


class Answer:
    """A send that adds the edge's headers, drops the body for HEAD, and remembers what left."""

    __slots__ = ("_cycle", "_head_only", "_send", "complete", "headers", "size", "started", "status")

    def __init__(self, send: Send, method: str) -> None:
        self._send = send
        self._cycle = send if isinstance(send, Cycle) else None
        self._head_only = method == "HEAD"
        self.headers: list[tuple[bytes, bytes]] = []
        self.started = self.complete = False
        self.status, self.size = 500, 0

    async def __call__(self, message: Message) -> None:
        """Passes one ASGI message on."""
        if message["type"] == "http.response.start":
            self.started, self.status = True, message["status"]
            message["headers"] = [*message.get("headers", ()), *self.headers]
            if self._head_only and _EVENTS in message["headers"]:
                await self._end_at_once(message)
        else:
            self.complete = not message.get("more_body", False)
            if self._head_only:
                message["body"] = b""
            self.size += len(message.get("body", b""))
        await self._send(message)

    async def whole(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        """Passes on an answer that is all there: at once, where the server can (`cycle.py`)."""
        if self._cycle is None:
            await self({"type": "http.response.start", "status": status, "headers": headers})
            await self({"type": "http.response.body", "body": body})
            return
        self.status, self.size = status, 0 if self._head_only else len(body)
        await self._cycle.whole(status, (*headers, *self.headers), body)
        self.started = self.complete = True

    @property
    def instant(self) -> bool:
        """Whether an answer that is at hand can be sent without waiting."""
        return self._cycle is not None and not self._cycle.held_up

    def send_now(self, status: int, made: bytes, body: bytes) -> None:
        """Sends one, if `instant`; `made` are its headers as `cycle.lines`, with the body's length."""
        if self._cycle is None:
            raise LookupError("this server takes ASGI messages alone")
        self._cycle.ready(status, made, self.headers, body)
        self.status, self.size = status, 0 if self._head_only else len(body)
        self.started = self.complete = True

    def whole_now(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        """The same with headers that were not looked at yet."""
        self.status, self.size = status, 0 if self._head_only else len(body)
        if self._cycle is not None:
            self._cycle.whole_now(status, (*headers, *self.headers), body)
        self.started = self.complete = True

    def adopt(self, rest: Awaitable[None]) -> None:
        """A task for what is left to do."""
        if self._cycle is not None:
            self._cycle.adopt(rest)

    async def _end_at_once(self, start: Message) -> None:
        await self._send(start)
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        raise HeadTold


@dataclass(slots=True)
class Exchange:
    """What the steps of the edge learn about a request, one after the other."""

    scope: Scope
    receive: Receive
    answer: Answer
    context: RequestContext
    headers: dict[bytes, bytes]
    endpoint: Endpoint | None = None
    operation: Operation | None = None
    client: ClientRecord | None = None
    tightest: Decision | None = None
    body: bytes | None = None
    broken: Exception | None = None
    limited: bool = False
    known: bool = False
    """Whether it is settled who asks, and that he may."""

    @property
    def method(self) -> str:
        """As the client sent it."""
        method: str = self.scope["method"]
        return method

    @property
    def wanted(self) -> Operation:
        """The operation, once the edge has found one."""
        if self.operation is None:
            raise LookupError("no operation was found for this request")
        return self.operation
