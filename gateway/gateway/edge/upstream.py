"""One service as the gateway calls it: its own pool (the bulkhead), breaker and retry budget."""

from collections.abc import AsyncIterator
from typing import Protocol

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from gateway.edge.breaker import Breaker, RetryBudget
from gateway.edge.cycle import lines
from gateway.edge.metrics import EdgeMetrics
from gateway.edge.reply import Headers, Reply, answered
from gateway.edge.wire import Broken, Wires, refuse_strange
from shared.clock import stopwatch
from shared.settings import ServiceAddress

#: Services keep idle connections for 75 s; giving ours up much earlier, no request races a closing socket.
_IDLE_SECONDS = 15
_CONNECT_SECONDS = 1.0
_STATES = {"closed": 0.0, "half-open": 0.5, "open": 1.0}
Body = AsyncIterator[bytes] | bytes | None


class Response(Protocol):
    """An answer as the proxy passes it on."""

    status: int
    raw_headers: Headers

    async def readany(self) -> bytes:
        """Some of the body; empty at its end."""

    def release(self) -> None:
        """Nobody reads on."""


class Upstream:
    """Sends requests to one service over kept connections; `pool` is how many may be under way, and as many
    uploads and streams beside them."""

    def __init__(self, service: ServiceAddress, pool: int, metrics: EdgeMetrics) -> None:
        self.name = service.name
        self.breaker = Breaker()
        self.budget = RetryBudget()
        self._url, self._pool, self._metrics = service.url.rstrip("/"), pool, metrics
        self._wires = Wires(service.url, pool)
        self._session: aiohttp.ClientSession | None = None
        metrics.breaker.labels(self.name).set_function(lambda: _STATES[self.breaker.state])
        self._seconds = metrics.upstream.labels(self.name)

    async def send(self, method: str, target: str, headers: Headers, body: Body, *, long: bool) -> Response:
        """The head of the answer; `long` is a stream, which takes no place of the short ones.

        NotSent, aiohttp.ClientConnectorError or ConnectionTimeoutError: nothing was sent; another OSError or
        ClientError: something may have been.
        """
        started = stopwatch()
        response: Response
        if long or not isinstance(body, bytes | None):
            response = await self._send_long(method, target, headers, body)
        else:
            response = await self._wires.send(method, target, headers, body or b"")
        self.took(started)
        return response

    def send_now(self, target: str, headers: Headers) -> Reply | None:
        """GET over a connection that is idle, `headers` told what they must; None if there is none."""
        return self._wires.send_now("GET", target, headers)

    async def answered(self, reply: Reply, asked_at: float) -> Response:
        """The head of the answer to `send_now`; Broken if it never comes."""
        await answered(reply)
        self.took(asked_at)
        return reply

    def took(self, asked_at: float) -> None:
        """An answer has come to what was sent at that time."""
        self._seconds.observe(stopwatch() - asked_at)

    async def _send_long(self, method: str, target: str, headers: Headers, body: Body) -> Response:
        sent = CIMultiDict((n.decode("latin-1"), v.decode("utf-8", "replace")) for n, v in headers)
        url = URL(self._url + target, encoded=True)
        response = await self._open().request(method, url, headers=sent, data=body, allow_redirects=False)
        try:
            refuse_strange(response.status)
            lines(response.raw_headers)
        except (Broken, RuntimeError) as error:  # aiohttp reads services leniently, control characters too
            response.close()
            raise Broken(f"no HTTP: {error}") from error
        return _Streamed(response)

    @property
    def full(self) -> bool:
        """Whether every place is taken, of the short requests or of the long ones."""
        connector = self._session.connector if self._session is not None else None
        busy = len(connector._acquired) if isinstance(connector, aiohttp.TCPConnector) else 0
        return self._wires.full or busy >= self._pool

    def failed(self, reason: str) -> None:
        """The service is to blame for an answer that did not come."""
        self.breaker.failed()
        self._metrics.failures.labels(self.name, reason).inc()

    def may_retry(self) -> bool:
        """Whether a read that failed may be sent once more."""
        if not self.budget.spend():
            return False
        self._metrics.retries.labels(self.name).inc()
        return True

    async def close(self) -> None:
        """Closes the kept connections."""
        await self._wires.close()
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = _session(self._pool)
        return self._session


class _Streamed:
    """aiohttp's answer, read like any other."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.status, self.raw_headers = response.status, list(response.raw_headers)
        self.readany, self.release = response.content.readany, response.release


def _session(pool: int) -> aiohttp.ClientSession:
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=pool, keepalive_timeout=_IDLE_SECONDS),
        timeout=aiohttp.ClientTimeout(total=None, connect=_CONNECT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        max_line_size=16_384,
        max_field_size=16_384,
    )
    session._retry_connection = False  # aiohttp would send PUT and DELETE a second time by itself
    return session
