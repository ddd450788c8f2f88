"""Which headers travel: to a service none that it could take for the gateway's word, back none of one hop."""

from collections.abc import Iterable

from gateway.edge.exchange import Exchange

_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
#: What the gateway alone may say, what it has already used, and what only proxies of its own may add.
_NOT_UP = _HOP | {
    b"authorization",
    b"content-length",
    b"cookie",
    b"expect",
    b"forwarded",
    b"host",
    b"traceparent",
    b"true-client-ip",
    b"via",
    b"x-api-key",
    b"x-client-ip",
    b"x-deadline-ms",
    b"x-device-id",
    b"x-identity",
    b"x-real-ip",
    b"x-request-id",
}
_NOT_DOWN = _HOP | {b"date", b"server", b"x-request-id", b"ratelimit", b"ratelimit-policy"}


_NAMES_KEPT = 1_024
_up: dict[bytes, bool] = {}
_down: dict[bytes, bytes] = {}


def up(x: Exchange, identity: str, left_ms: int | None) -> list[tuple[bytes, bytes]]:
    """The headers for the service: the client's own, then the gateway's. Host and length are the sender's."""
    headers = [pair for pair in x.scope["headers"] if (_up[pair[0]] if pair[0] in _up else _goes_up(pair[0]))]
    if b"connection" in x.headers and (named := _named(x.headers[b"connection"])):
        headers = [pair for pair in headers if pair[0] not in named]
    headers.append((b"x-identity", identity.encode()))
    headers.append((b"x-request-id", x.context.request_id.encode()))
    if left_ms is not None:
        headers.append((b"x-deadline-ms", b"%d" % left_ms))
    if x.context.traceparent is not None:
        headers.append((b"traceparent", x.context.traceparent.encode()))
    if x.body is None and b"content-length" in x.headers:
        headers.append((b"content-length", x.headers[b"content-length"]))
    return headers


def down(raw: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of a service's answer that are meant for the client; CORS is the gateway's business."""
    headers, named = [], frozenset[bytes]()
    for name, value in raw:
        lower = _down.get(name)
        if lower is None:
            lower = _goes_down(name)
        if lower:
            headers.append((lower, value))
        elif name.lower() == b"connection":
            named |= _named(value)
    return [pair for pair in headers if pair[0] not in named] if named else headers


def _goes_up(name: bytes) -> bool:
    goes = name not in _NOT_UP and not name.startswith(b"x-forwarded")
    if len(_up) < _NAMES_KEPT:
        _up[name] = goes
    return goes


def _goes_down(name: bytes) -> bytes:
    """The name in lower case; empty if the header goes no further."""
    lower = name.lower()
    goes = b"" if lower in _NOT_DOWN or lower.startswith(b"access-control-") else lower
    if len(_down) < _NAMES_KEPT:
        _down[name] = goes
    return goes


def _named(connection: bytes | None) -> frozenset[bytes]:
    """The headers that Connection declares to be for one hop only."""
    if connection is None or connection.lower() in (b"keep-alive", b"close"):
        return frozenset()
    return frozenset(name.strip().lower() for name in connection.split(b","))
