"""uvicorn's HTTP protocol, less patient: half a header, half a body or an unread answer ends it."""

import asyncio
import json
from typing import Any, cast
from urllib.parse import unquote

import httptools
from prometheus_client import Counter
from starlette.types import Scope
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from gateway.edge.cycle import Cycle, lines
from gateway.settings import GatewaySettings
from shared import errors
from shared.city.texts import LANGUAGES, Texts
from shared.edge.context import request_id
from shared.runtime import Runtime

_HEAD_BYTES = 65_536
_UNREAD_BYTES = 16 * 1_048_576
_WINDOW_SECONDS = 15.0
_WINDOW_BYTES = 65_536
_IDLE_SLACK_SECONDS = 0.001
_ASGI = {"version": "3.0", "spec_version": "2.3"}
_IDLE, _HEAD, _BODY = "idle", "head", "body"


class GatewayProtocol(HttpToolsProtocol):
    """Times what uvicorn does not. The attributes of the class are set by `gateway_protocol`.

    A header has `head_seconds` in all. A body has `body_seconds`, and after that 15 s for every 64 KiB, so
    that a photo over a bad connection still arrives while a trickle does not. A body that was refused is read
    and thrown away up to 16 MiB, or its sender would never see the answer. An answer that the client does not
    read for `body_seconds` is cut off.
    """

    texts: Texts
    closed: Counter
    head_seconds: float
    body_seconds: float

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._phase = _IDLE
        self._timed = _IDLE
        self._timer: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._received = self._window = 0
        self._idle: asyncio.TimerHandle | None = None
        self._idle_since = 0.0
        self._defaults: list[tuple[bytes, bytes]] = []
        self._default_lines = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection that never says anything is a header that never ends."""
        super().connection_made(transport)
        self._idle = self.loop.call_later(self.timeout_keep_alive, self._check_idle)
        self._phase = _HEAD
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._disarm()
        if self._idle is not None:
            self._idle.cancel()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feeds the parser, then times what is still missing."""
        if self.transport.is_closing():
            return
        self._received += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self._refuse(errors.BadRequest(), "malformed")
            return
        except httptools.HttpParserUpgrade:
            self.shutdown()  # answered as plain HTTP, and no more: what follows would be another protocol
        if self._phase == _HEAD and self._received > _HEAD_BYTES:
            self._refuse(errors.HeadersTooLarge(), "head_too_large")
        elif self._phase == _BODY and self._received > _UNREAD_BYTES and self.cycle.response_complete:
            self._refuse(errors.TooLarge(limit=_UNREAD_BYTES), "body_unread")
        self._watch()

    def on_message_begin(self) -> None:
        """A new request: its time begins now."""
        self.url, self.headers, self.expect_100_continue = b"", [], False
        if self._timed != _IDLE and self._phase != _HEAD:
            self._disarm()
        self._phase = _HEAD

    def on_headers_complete(self) -> None:
        """The body's time begins. A target that is no path, or another version, is a trick (RFC 9112 3.2)."""
        self._phase, self._received, self._window = _BODY, 0, 0
        version = self.parser.get_http_version()
        if not self.url.startswith(b"/") or version not in ("1.1", "1.0"):
            raise ValueError("the request line is not what this server speaks")
        before: Cycle | None = cast(Any, self.cycle)
        keep_alive = version == "1.1" and self.parser.should_keep_alive()
        cycle = Cycle(self, self._scope(version), keep_alive=keep_alive, expects=self.expect_100_continue)
        self.cycle = cast(Any, cycle)
        if before is None or before.response_complete:
            cycle.start(cast(Any, self.app))
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def _scope(self, version: str) -> Scope:
        raw, _, query = self.url.partition(b"#")[0].partition(b"?")
        path = raw.decode("ascii")
        return {
            "type": "http",
            "asgi": _ASGI,
            "http_version": version,
            "method": self.parser.get_method().decode("ascii"),
            "scheme": self.scheme,
            "server": self.server,
            "client": self.client,
            "root_path": "",
            "path": unquote(path) if "%" in path else path,
            "raw_path": raw,
            "query_string": query,
            "headers": self.headers,
            "state": self.app_state.copy(),
        }

    def on_body(self, body: bytes) -> None:
        """Kept until the application asks for it; whoever sends faster has to wait."""
        cycle = self.cycle
        if cycle.response_complete:
            return
        cycle.body += body
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        cycle.message_event.set()

    def on_message_complete(self) -> None:
        """Nothing is missing."""
        self._phase, self._received = _IDLE, 0
        if not self.cycle.response_complete:
            self.cycle.more_body = False
            self.cycle.message_event.set()

    def on_response_complete(self) -> None:
        """The next request of those that came together, or the wait for another one begins."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            cast(Any, cycle).start(app)
        else:
            self._idle_since = self.loop.time()

    @property
    def default_lines(self) -> bytes:
        """What uvicorn adds to every answer: it makes a new list when the date changes."""
        if self._defaults is not self.server_state.default_headers:
            self._defaults = self.server_state.default_headers
            self._default_lines = lines(self._defaults)
        return self._default_lines

    def abandon(self, cycle: Cycle) -> None:
        """Its application ended without an answer, or with half of one, which only an end can show."""
        if not cycle.response_started and not self.transport.is_closing():
            self.transport.write(_raw(errors.Internal(), self.texts))
        self.transport.close()

    def pause_writing(self) -> None:
        """The client does not read what it asked for."""
        super().pause_writing()
        self._stalled = self.loop.call_later(self.body_seconds, self._abandon)

    def resume_writing(self) -> None:
        """It reads again."""
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        flow: FlowControl | None = self.flow
        if flow is not None:
            super().resume_writing()

    def _watch(self) -> None:
        if self._phase == self._timed:
            return
        self._disarm()
        self._timed = self._phase
        if self._phase == _HEAD:
            self._timer = self.loop.call_later(self.head_seconds, self._late)
        elif self._phase == _BODY:
            self._timer = self.loop.call_later(self.body_seconds, self._check_body)

    def _disarm(self) -> None:
        self._timed = _IDLE
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _check_idle(self) -> None:
        """One timer a connection, not one a request: it looks when the connection may have idled enough."""
        since = (
            self._idle_since if self._phase == _IDLE and self.cycle.response_complete else self.loop.time()
        )
        left = since + self.timeout_keep_alive - self.loop.time()
        if left < _IDLE_SLACK_SECONDS:
            self.transport.close()
        else:
            self._idle = self.loop.call_later(left, self._check_idle)

    def _check_body(self) -> None:
        if self._received - self._window < _WINDOW_BYTES and not self.flow.read_paused:
            self._late()
            return
        self._window = self._received
        self._timer = self.loop.call_later(_WINDOW_SECONDS, self._check_body)

    def _late(self) -> None:
        self._refuse(errors.RequestTimeout(), f"{self._phase}_late")

    def _abandon(self) -> None:
        self.closed.labels("unread").inc()
        self.transport.abort()

    def _refuse(self, problem: errors.Problem, reason: str) -> None:
        """Answers, unless an answer has begun, and closes."""
        if self.transport.is_closing():
            return
        self.closed.labels(reason).inc()
        answered = self.cycle is not None and self.cycle.response_complete
        silent = answered if self._phase == _BODY else not self._received
        self._phase = _IDLE
        self._disarm()
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            silent = silent or cycle.response_started
            cycle.disconnected = True
            cycle.message_event.set()
        if not silent:
            self.transport.write(_raw(problem, self.texts))
        self.transport.close()


def gateway_protocol(run: Runtime) -> type[GatewayProtocol]:
    """The class for one process; uvicorn makes an object of it for each connection."""
    settings = cast(GatewaySettings, run.settings)
    closed = run.metrics.counter("city_connections_closed", "Closed by the gateway", "reason")
    attributes = {
        "texts": run.texts,
        "closed": closed,
        "head_seconds": settings.head_seconds,
        "body_seconds": settings.body_seconds,
    }
    return type("Protocol", (GatewayProtocol,), attributes)


def _raw(problem: errors.Problem, texts: Texts) -> bytes:
    language, number = LANGUAGES[0], request_id(None)
    body = json.dumps(errors.document(problem, texts, language, number), ensure_ascii=False).encode()
    head = (
        f"content-type: application/problem+json\r\ncontent-language: {language}\r\n"
        f"cache-control: no-store\r\nx-request-id: {number}\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return STATUS_LINE[problem.status] + head.encode() + body
