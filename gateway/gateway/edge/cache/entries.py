"""One answer as it is kept: its body in each coding asked for, its headers ready to send."""

import asyncio
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from gateway.edge.cache import codings
from gateway.edge.cache.keeping import Key
from gateway.edge.cycle import lines

Headers = list[tuple[bytes, bytes]]
NEVER = float("-inf")
#: What Python needs for an entry and its headers, about.
_OVERHEAD_BYTES = 2_500
#: Said anew with every answer, or not meant for whoever comes next.
_OWN = frozenset(
    {
        b"accept-ranges",
        b"age",
        b"connection",
        b"content-length",
        b"date",
        b"etag",
        b"ratelimit",
        b"ratelimit-policy",
        b"server",
        b"transfer-encoding",
        b"vary",
        b"x-cache",
        b"x-request-id",
    }
)
_IN_304 = frozenset(
    {
        b"cache-control",
        b"content-language",
        b"content-location",
        b"etag",
        b"expires",
        b"last-modified",
        b"vary",
    }
)


@dataclass(frozen=True, slots=True)
class Shown:
    """One coding of an answer, ready to send: whole, to HEAD alike, and as 304."""

    body: bytes
    etag: bytes
    headers: Headers
    unchanged: Headers
    lines: bytes
    unchanged_lines: bytes


@dataclass(slots=True, eq=False)
class Entry:
    """An answer with status 200. Times are on the stopwatch; `asked_at` is when its owner was asked.

    `owner` is a service's short name, or the gateway.

    Fresh until `fresh_until`, for `lasts` seconds at most; given while it is asked for anew until
    `grace_until`; where the service fails, until `stale_until`; and nobody asks before `spared_until`.
    """

    key: Key
    owner: str
    tags: frozenset[str]
    headers: Headers
    body: bytes
    offered_etag: bytes | None
    asked_at: float
    as_of: datetime
    etag: bytes = b""
    modified: bytes | None = None
    compressible: bool = False
    fresh_until: float = NEVER
    grace_until: float = NEVER
    stale_until: float = NEVER
    lasts: float = NEVER
    spared_until: float = NEVER
    seen: bool = False
    main: bool = False
    size: int = 0
    shown: list[Shown | None] = field(default_factory=lambda: [None, None, None])
    making: dict[int, asyncio.Future[None]] = field(default_factory=dict)
    near: list[tuple[bytes, bytes, str, bytes | None]] = field(default_factory=list)

    def purge(self) -> None:
        """Something it shows has changed: good for nothing but a service that fails."""
        self.fresh_until = self.grace_until = NEVER

    @property
    def fails(self) -> bool:
        """Whether its owner did not answer when he was asked last."""
        return self.spared_until > 0

    @property
    def plain(self) -> Shown:
        """As it is, in no coding."""
        shown = self.shown[codings.IDENTITY]
        if shown is None:
            raise LookupError("an entry begins with its body as it is")
        return shown

    def make(self, coding: int, body: bytes) -> None:
        """Takes a coding's body, and makes everything that will be sent with it."""
        etag = self.etag[:-1] + codings.SUFFIXES[coding] + b'"' if coding else self.etag
        headers = [*self.headers, (b"etag", etag), (b"content-length", b"%d" % len(body))]
        if coding:
            headers.append((b"content-encoding", codings.NAMES[coding]))
        unchanged = [pair for pair in headers if pair[0] in _IN_304]
        self.shown[coding] = Shown(body, etag, headers, unchanged, lines(headers), lines(unchanged))
        self.size += len(body) + _OVERHEAD_BYTES


def entry(
    key: Key,
    owner: str,
    tags: frozenset[str],
    headers: Iterable[tuple[bytes, bytes]],
    body: bytes,
    asked_at: float,
    as_of: datetime,
) -> Entry:
    """From a service's answer: its headers without those of one connection, a strong ETag, and `Vary`."""
    told = [(name.lower(), value) for name, value in headers]
    found = dict(told)
    kept = [(name, value) for name, value in told if name not in _OWN]
    offered = found.get(b"etag")
    compressible = codings.worth(found.get(b"content-type", b""), len(body))
    vary = [value for name, value in told if name == b"vary"] + [b"Accept-Encoding"]
    kept.append((b"vary", b", ".join(vary)))
    made = Entry(key, owner, tags, kept, body, offered, asked_at, as_of)
    strong = offered is not None and offered.startswith(b'"')
    made.etag = offered if strong and offered else b'"%s"' % hashlib.sha256(body).hexdigest()[:32].encode()
    made.modified, made.compressible = found.get(b"last-modified"), compressible
    made.size = sum(len(name) + len(value) for name, value in kept) + len(key[0]) * 4 + len(repr(key[1]))
    made.make(codings.IDENTITY, body)
    return made
