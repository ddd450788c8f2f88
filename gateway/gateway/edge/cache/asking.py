"""A read on behalf of everybody: asked as a guest of no front end, and taken in whole."""

import asyncio
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from starlette.types import Message, Receive, Scope

from gateway.edge.cache.keeping import Headers, Keeping, Key, shown_to_service
from gateway.edge.exchange import Answer, Exchange
from gateway.edge.routes import Operation
from shared.clock import stopwatch
from shared.edge.context import RequestContext

if TYPE_CHECKING:
    from shared.otlp import Span

#: The largest answer that is kept, and that anybody else may wait for.
MOST_BYTES = 1_048_576
#: What stands in a path as it is (RFC 3986, 3.3).
_PLAIN = "/:@!$&'()*+,;=~"


class TooLong(Exception):
    """The answer is larger than what is kept: whoever wants it has it streamed to himself."""


class Captured:
    """A send that keeps what it is given."""

    def __init__(self) -> None:
        self.status, self.complete = 0, False
        self.headers: list[tuple[bytes, bytes]] = []
        self._parts: list[bytes] = []
        self._size = 0

    async def __call__(self, message: Message) -> None:
        """Takes one ASGI message; TooLong beyond 1 MiB."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], message["headers"]
            return
        self._parts.append(message.get("body", b""))
        self._size += len(self._parts[-1])
        if self._size > MOST_BYTES:
            raise TooLong
        self.complete = not message.get("more_body", False)

    def whole(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        """Takes an answer that is all there; TooLong beyond 1 MiB."""
        self.status, self.headers, self._parts, self._size = status, headers, [body], len(body)
        if self._size > MOST_BYTES:
            raise TooLong
        self.complete = True

    @property
    def body(self) -> bytes:
        """All of it."""
        return b"".join(self._parts)


class Taking(Answer):
    """The edge's way of answering, into `taken`; an answer that is all there needs no task."""

    __slots__ = ("_taken",)

    def __init__(self, taken: Captured) -> None:
        super().__init__(taken, "GET")
        self._taken = taken

    @property
    def instant(self) -> bool:
        """Always."""
        return True

    def whole_now(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        """All of it; TooLong beyond 1 MiB."""
        self._taken.whole(status, headers, body)
        self.status, self.started, self.complete = status, True, True


@dataclass(slots=True)
class Asked:
    """What is read, and what of its reader the answer may depend on."""

    operation: Operation
    keeping: Keeping
    path: str
    query: bytes
    language: str
    headers: Headers
    request_id: str
    traceparent: str | None = None
    span: "Span | None" = None
    """Of the reader who asked first, if his request is traced."""
    _key: Key | None = None
    _varies: tuple[bytes, ...] | None = None

    @classmethod
    def of(cls, x: Exchange, keeping: Keeping) -> "Asked":
        """A reader's request."""
        return cls(
            operation=x.wanted,
            keeping=keeping,
            path=x.scope["path"],
            query=x.scope["query_string"],
            language=x.context.language,
            headers=x.headers,
            request_id=x.context.request_id,
            traceparent=x.context.traceparent,
            span=x.context.span,
        )

    @property
    def owner(self) -> str:
        """Whose answer it is: a service's short name, or the gateway."""
        return (self.operation.service or "gateway").removeprefix("svc-")

    def key(self) -> Key | None:
        """Where its answer is kept; computed anew once something was learned of what answers vary by."""
        if self._varies is not self.keeping.varies:
            self._varies = self.keeping.varies
            self._key = self.keeping.key(self.path, self.query, self.language, self.headers)
        return self._key

    def exchange(self, taken: Captured, held: bytes | None) -> Exchange:
        """The request as it is sent, with the operation's deadline; `held` is the ETag of what is kept."""
        headers = [(b"accept-language", self.language.encode()), *shown_to_service(self.headers)]
        if held is not None:
            headers.append((b"if-none-match", held))
        expires = stopwatch() + (self.operation.seconds or 0)
        context = RequestContext(self.request_id, self.language, expires)
        context.traceparent, context.route = self.traceparent, self.operation.template
        context.span = self.span
        x = Exchange(self._scope(headers), _nothing_more(), Taking(taken), context, dict(headers))
        x.operation, x.body = self.operation, b""
        return x

    def _scope(self, headers: list[tuple[bytes, bytes]]) -> Scope:
        """Nothing of the reader's connection, nor how he spells: that may not get into everybody's answer."""
        key = self.key()
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": self.path,
            "raw_path": _quoted(self.path),
            "query_string": self.query if key is None else _written(key[1]),
            "root_path": "",
            "headers": headers,
            "client": None,
            "server": None,
            "state": {},
        }


@lru_cache(1_024)
def _quoted(path: str) -> bytes:
    return quote(path, safe=_PLAIN).encode()


@lru_cache(1_024)
def _written(pairs: tuple[tuple[str, str], ...]) -> bytes:
    return urlencode(pairs).encode()


def _nothing_more() -> Receive:
    """No body; and nobody who could hang up."""
    given = False

    async def receive() -> Message:
        nonlocal given
        if given:
            await asyncio.get_running_loop().create_future()
        given = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return receive
