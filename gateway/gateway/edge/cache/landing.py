"""What an answer that was asked for everybody is good for: kept, told to all who wait, or to nobody."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway.edge.cache import entries
from gateway.edge.cache.asking import Asked, Captured
from gateway.edge.cache.entries import Entry, Headers
from gateway.edge.cache.keeping import Key
from gateway.edge.cache.pages import garbage
from shared.errors import Unavailable

Outcome = Literal["hit", "miss", "stale", "revalidated"]
#: These depend on who asks, or how often.
_PERSONAL = frozenset({401, 403, 407, 429})
_OF_ONE_ANSWER = frozenset(
    {
        b"connection",
        b"content-length",
        b"date",
        b"ratelimit",
        b"ratelimit-policy",
        b"server",
        b"transfer-encoding",
        b"x-request-id",
    }
)


@dataclass(frozen=True, slots=True)
class Told:
    """An answer that is not kept, for everybody who waited for it: 404, 410, 422, 307, 503 …

    Or a 200 for whoever reads as a guest, which came at `as_of`.
    """

    status: int
    headers: Headers
    body: bytes
    request_id: str
    as_of: datetime | None = None

    def as_for(self, request_id: str) -> bytes:
        """The body with the reader's own request id in a problem."""
        named = b'"request_id": "%s"', b'"request_id":"%s"'
        body = self.body
        if (b"content-type", b"application/problem+json") in self.headers:
            for form in named:
                body = body.replace(form % self.request_id.encode(), form % request_id.encode())
        return body


@dataclass(slots=True)
class Landed:
    """How a read ended: an entry, what to tell, or why there is neither. `alone`: for its asker at most."""

    key: Key
    entry: Entry | None = None
    told: Told | None = None
    failure: Exception | None = None
    outcome: Outcome = "miss"
    alone: bool = False

    @property
    def failed(self) -> bool:
        """Whether the service is not well, so that an older answer is better than this one."""
        return self.failure is not None or (self.told is not None and self.told.status >= 500)


def judge(asked: Asked, key: Key, taken: Captured, asked_at: float, as_of: datetime) -> Landed:
    """Reads status and headers of a whole answer."""
    headers = [(name.lower(), value) for name, value in taken.headers]
    names = {name for name, _ in headers}
    if taken.status != 200:
        kept = [pair for pair in headers if pair[0] not in _OF_ONE_ANSWER]
        told = Told(taken.status, kept, taken.body, asked.request_id)
        return Landed(key, told=told, alone=taken.status in _PERSONAL or b"set-cookie" in names)
    section = asked.keeping.kept and asked.operation.city.home is not None
    if section and b"content-encoding" not in names and garbage(taken.body):
        return Landed(key, failure=Unavailable())  # the list of a section of home: the one before stays
    vary = b",".join(value for name, value in headers if name == b"vary")
    lasts = seconds(headers)
    private = lasts is None or names & {b"set-cookie", b"content-encoding"}
    alone = not asked.keeping.learn(vary) or bool(private)
    following = asked.key()
    if alone or following is None or not asked.keeping.kept:
        told = Told(200, [], taken.body, asked.request_id, as_of)
        return Landed(following or key, told=told, alone=alone or following is None)
    owner, tags = asked.owner, asked.keeping.tags
    entry = entries.entry(following, owner, tags, headers, taken.body, asked_at, as_of)
    entry.lasts = lasts or 0.0
    return Landed(following, entry)


def confirm(asked: Asked, before: Entry, taken: Captured, asked_at: float, as_of: datetime) -> Landed:
    """Reads a 304: the answer is what it was, if everybody may still have it."""
    headers = [(name.lower(), value) for name, value in taken.headers]
    said = any(name == b"cache-control" for name, _ in headers)
    lasts = seconds(headers) if said else before.lasts
    vary = b",".join(value for name, value in headers if name == b"vary")
    if lasts is None or not asked.keeping.learn(vary):
        return Landed(before.key, alone=True)
    following = asked.key()
    if following != before.key:  # it was confirmed to one of those who are told apart from now on
        return Landed(before.key, alone=following is None)
    before.asked_at, before.as_of, before.lasts = asked_at, as_of, lasts
    return Landed(before.key, before, outcome="revalidated")


def seconds(headers: Headers) -> float | None:
    """How long Cache-Control lets everybody share the answer, if it says so; None: not at all.

    `no-cache` is for those after us: within the city an event says when an answer is no longer true.
    """
    said = b",".join(value for name, value in headers if name == b"cache-control").lower()
    directives = {part.strip() for part in said.split(b",")}
    if b"public" not in directives or directives & {b"private", b"no-store"}:
        return None
    stated = dict(part.split(b"=", 1) for part in directives if b"=" in part)
    least = stated.get(b"s-maxage", stated.get(b"max-age", b"")).strip(b'"')
    return float(least) if least.isdigit() and len(least) < 10 else float("inf")
