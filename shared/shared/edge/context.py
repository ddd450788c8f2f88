"""What is known of one request before any handler sees it."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from shared.auth import Caller
from shared.clock import stopwatch
from shared.ids import new_id

if TYPE_CHECKING:
    from shared.otlp import Span

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
LANGUAGES = ("id", "en")
_NOBODY = Caller()
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""What metrics and spans name; any other is `other`."""


@dataclass(slots=True)
class RequestContext:
    """Stands in the ASGI scope under `city`. `expires` is on the stopwatch, in seconds."""

    request_id: str
    language: str
    expires: float
    caller: Caller = _NOBODY
    traceparent: str | None = None
    route: str = "unmatched"
    span: "Span | None" = None
    """Of the few requests that are traced."""

    @property
    def left(self) -> float:
        """Seconds until the caller stops waiting."""
        return self.expires - stopwatch()


def request_id(offered: str | None) -> str:
    """The id the client sent, if it is a harmless one, else a new one."""
    return offered if offered and _REQUEST_ID.fullmatch(offered) else new_id().hex


def traceparent(offered: str | None) -> str | None:
    """A W3C trace context that is well formed, or None."""
    return offered if offered and _TRACEPARENT.fullmatch(offered) else None


def language(accept: str | None) -> str:
    """The best of our languages for an Accept-Language header (RFC 9110 12.5.4); Indonesian by default."""
    best, best_weight = LANGUAGES[0], 0.0
    for part in (accept or "").split(",")[:20]:
        name, _, weight_text = part.partition(";")
        tag = name.strip().lower().partition("-")[0]
        weight = _weight(weight_text)
        if tag in LANGUAGES and weight > best_weight:
            best, best_weight = tag, weight
    return best


def deadline(headers: Headers, longest_ms: int) -> float:
    """The moment (stopwatch seconds) at which an answer is of no use any more; never longer than allowed."""
    text = headers.get("x-deadline-ms", "")
    allowed = min(int(text), longest_ms) if text.isdecimal() and len(text) < 9 else longest_ms
    return stopwatch() + allowed / 1_000


def _weight(text: str) -> float:
    value = text.strip().removeprefix("q=")
    try:
        return min(max(float(value), 0.0), 1.0) if value else 1.0
    except ValueError:
        return 0.0
