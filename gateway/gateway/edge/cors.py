"""Browsers of other origins: allowed for the origins their front end registered."""

from gateway.edge.exchange import Exchange
from gateway.edge.keys import ClientKeys

_ALLOWED = (
    b"Accept, Accept-Language, Authorization, Content-Type, Idempotency-Key, If-Match, If-Modified-Since, "
    b"If-None-Match, Last-Event-ID, Range, Tus-Resumable, Upload-Checksum, Upload-Length, Upload-Metadata, "
    b"Upload-Offset, X-Api-Key, X-App-Platform, X-App-Version, X-Device-Id, X-Follow-Token, "
    b"X-HTTP-Method-Override, X-Request-Id, traceparent"
)
_EXPOSED = (
    b"Age, Content-Language, Deprecation, ETag, Idempotency-Replayed, Link, Location, RateLimit, "
    b"RateLimit-Policy, Retry-After, Sunset, Tus-Checksum-Algorithm, Tus-Extension, Tus-Max-Size, "
    b"Tus-Resumable, Tus-Version, Upload-Expires, Upload-Length, Upload-Metadata, Upload-Offset, X-Cache, "
    b"X-Request-Id"
)
_MAX_AGE = b"600"


async def answer_options(x: Exchange, keys: ClientKeys) -> None:
    """204 to OPTIONS: `Allow`, and to a registered origin's preflight what it may send."""
    allow = x.endpoint.allow.encode() if x.endpoint else b"GET"
    headers = [(b"allow", allow), (b"vary", b"Origin"), (b"cache-control", b"no-store")]
    origin = x.headers.get(b"origin")
    if origin in keys.origins and b"access-control-request-method" in x.headers:
        headers += [
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-methods", allow),
            (b"access-control-allow-headers", _ALLOWED),
            (b"access-control-max-age", _MAX_AGE),
        ]
    await x.answer({"type": "http.response.start", "status": 204, "headers": headers})
    await x.answer({"type": "http.response.body", "body": b""})


def expose(x: Exchange, keys: ClientKeys) -> None:
    """Lets a registered origin read whatever answer follows, problems too."""
    origin = x.headers.get(b"origin")
    if origin is None:
        return
    x.answer.headers.append((b"vary", b"Origin"))
    allowed = keys.origins if x.client is None else x.client.origins
    if origin in allowed:
        x.answer.headers += [
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", _EXPOSED),
        ]
