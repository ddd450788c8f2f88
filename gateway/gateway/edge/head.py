"""The head of a request: size, doubled headers, smuggling; refused before anything else is done."""

from itertools import chain

from starlette.types import Scope

from shared.errors import BadRequest, HeadersTooLarge

_MOST = 100
_BYTES = 32_768
_ONCE = frozenset(
    {
        b"authorization",
        b"content-length",
        b"content-type",
        b"host",
        b"idempotency-key",
        b"transfer-encoding",
        b"upload-length",
        b"upload-offset",
        b"x-api-key",
        b"x-device-id",
    }
)


def read(scope: Scope) -> dict[bytes, bytes]:
    """The headers by lower-case name; 431 if too many or too long, 400 if they contradict themselves."""
    pairs = scope["headers"]
    headers = dict(pairs)
    single = len(headers) == len(pairs)
    size = sum(map(len, chain.from_iterable(pairs)))
    size += len(scope.get("query_string", b"")) + len(scope["raw_path"])
    if len(pairs) > _MOST or size > _BYTES:
        raise HeadersTooLarge(headers={"Connection": "close"})
    if not single:
        names = [name for name, _ in pairs if name in _ONCE]
        if len(names) != len(set(names)):
            raise _bad()
    coding = headers.get(b"transfer-encoding")
    if coding is not None and (coding.strip().lower() != b"chunked" or b"content-length" in headers):
        raise _bad()
    if _hides_segments(scope):
        raise _bad()
    return headers


def has_body(headers: dict[bytes, bytes]) -> bool:
    """Whether the request comes with a body (RFC 9112 6)."""
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"


def _hides_segments(scope: Scope) -> bool:
    """Whether a proxy and a service could read the path differently: dots, slashes, controls behind a %."""
    path: str = scope["path"]
    if not path.isprintable():
        return True
    if "/." in path and any(part in (".", "..") for part in path.split("/")):
        return True
    if b"%" not in scope["raw_path"]:
        return "\\" in path
    raw = scope["raw_path"].lower()
    return any(code in raw for code in (b"%2f", b"%5c", b"%00")) or "\\" in path


def _bad() -> BadRequest:
    return BadRequest(headers={"Connection": "close"})
