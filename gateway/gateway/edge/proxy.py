"""The way to a service and back: deadline, breaker, one retry for reads, streaming both ways."""

from collections.abc import Awaitable, Callable, Mapping

import aiohttp

from gateway.edge import body, passing, spans
from gateway.edge.direct import Direct
from gateway.edge.exchange import Exchange
from gateway.edge.identity import Identities
from gateway.edge.patience import DeadlinePassed, Patience, Ticks
from gateway.edge.reply import Headers
from gateway.edge.upstream import Response, Upstream
from gateway.edge.wire import NotSent
from shared import log
from shared.clock import stopwatch
from shared.errors import DeadlineExceeded, OutcomeUnknown, Unavailable

_log = log.get(__name__)
_READS = frozenset({"GET", "HEAD"})
_WHOLE = 1_048_576
_CROWDED = (aiohttp.ConnectionTimeoutError, NotSent)
_NOT_SENT = (aiohttp.ClientConnectorError, *_CROWDED)


class Proxy:
    """Forwards exchanges; `upstreams` by service name."""

    def __init__(self, upstreams: Mapping[str, Upstream], identities: Identities) -> None:
        self._upstreams, self._identities, self._ticks = upstreams, identities, Ticks()

    def broken(self) -> dict[str, str]:
        """Services whose breaker is not closed -> its state."""
        states = {name: upstream.breaker.state for name, upstream in self._upstreams.items()}
        return {name: state for name, state in states.items() if state != "closed"}

    def begin(self, x: Exchange, ended: Callable[[], None], adopt: Callable[[Awaitable[None]], None]) -> bool:
        """Sends a read at once, if a connection is idle. `ended` is called when it was answered without a
        task; `adopt` gets what is left to do where that takes one."""
        upstream = self._upstreams[x.wanted.service or ""]
        if upstream.breaker.state != "closed":
            return False
        asked_at, reply = stopwatch(), upstream.send_now(_target(x), self._headers(x, upstream))
        if reply is None:
            return False
        upstream.budget.earn()

        def whole() -> bool:
            if not x.answer.instant:
                return False
            upstream.took(asked_at)
            upstream.breaker.succeeded()
            try:
                x.answer.whole_now(reply.status, passing.down(reply.raw_headers), reply.taken())
                ended()
            except Exception as error:  # noqa: BLE001 - it would end in the parser, and the client wait for ever
                adopt(_raising(error))
            return True

        Direct(reply, self._ticks, whole, lambda: adopt(self.forward(x, upstream.answered(reply, asked_at))))
        return True

    async def forward(self, x: Exchange, begun: Awaitable[Response] | None = None) -> None:
        """Answers with what the service answers, to `begun` if the first request is already on its way.

        503 when nothing was kept, 504 `outcome_unknown` when a write may have been; no write is sent twice.
        """
        upstream = self._upstreams[x.wanted.service or ""]
        if begun is None and not upstream.breaker.admits():
            raise Unavailable
        follows = x.method in _READS and x.body is not None
        try:
            with Patience(x, self._ticks, follows_client=follows) as patience:
                response = await self._send(x, upstream, begun)
                try:
                    await _relay(x, response, patience)
                finally:
                    response.release()
        except (aiohttp.ClientError, OSError, DeadlinePassed) as error:
            raise _blame(x, upstream, error) from error
        upstream.breaker.succeeded()

    async def _send(self, x: Exchange, upstream: Upstream, begun: Awaitable[Response] | None) -> Response:
        """The answer's head; a read whose connection failed is sent once more while the budget lasts."""
        if begun is None:
            upstream.budget.earn()
        try:
            return await (begun or self._once(x, upstream))
        except (aiohttp.ClientError, OSError) as error:
            if x.method not in _READS or x.body is None or not upstream.may_retry():
                raise
            _log.info("read_retried", service=upstream.name, error=type(error).__name__)
        return await self._once(x, upstream)

    async def _once(self, x: Exchange, upstream: Upstream) -> Response:
        content = body.parts(x) if x.body is None else x.body or None
        headers, long = self._headers(x, upstream), x.wanted.city.stream
        sent = upstream.send(x.wanted.method, _target(x), headers, content, long=long)
        span = x.context.span
        return await (sent if span is None else spans.around(sent, headers, span, upstream.name))

    def _headers(self, x: Exchange, upstream: Upstream) -> Headers:
        identity = self._identities.token(x.context.caller, upstream.name)
        left = None if x.wanted.seconds is None else int((x.context.expires - stopwatch()) * 1_000)
        return passing.up(x, identity, left)


async def _relay(x: Exchange, response: Response, patience: Patience) -> None:
    """The answer as it comes. Up to 1 MiB is taken whole first: a slow client then holds no connection."""
    whole: list[bytes] = []
    size, ended, streams = 0, x.method == "HEAD", x.wanted.city.stream
    while not ended and not streams and size < _WHOLE:
        part = await response.readany()
        ended = not part
        whole.append(part)
        size += len(part)
    patience.until(None)
    headers = passing.down(response.raw_headers)
    if ended:
        await x.answer.whole(response.status, headers, b"".join(whole))
        return
    await x.answer({"type": "http.response.start", "status": response.status, "headers": headers})
    await x.answer({"type": "http.response.body", "body": b"".join(whole), "more_body": True})
    patience.listen()
    while not ended:
        patience.until(x.wanted.seconds)
        part = await response.readany()
        ended = not part
        patience.until(None)
        await x.answer({"type": "http.response.body", "body": part, "more_body": not ended})


async def _raising(error: Exception) -> None:
    raise error


def _blame(x: Exchange, upstream: Upstream, error: Exception) -> Exception:
    """What the client is told; the service is blamed unless the client's own body ended early."""
    if x.broken is not None:
        return x.broken
    late = isinstance(error, DeadlinePassed)
    if not isinstance(error, _CROWDED) or not upstream.full:  # our own crowd is no fault of the service
        upstream.failed("deadline" if late else "connection")
    if isinstance(error, _NOT_SENT):
        return Unavailable()
    if x.method not in _READS:
        return OutcomeUnknown()
    return DeadlineExceeded() if late else Unavailable()


def _target(x: Exchange) -> str:
    raw: bytes = x.scope["raw_path"]
    query: bytes = x.scope["query_string"]
    return (raw + b"?" + query if query else raw).decode("latin-1")
