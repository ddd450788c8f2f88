"""What every answer of a deprecated operation says: since when, until when, and what to use instead."""

from datetime import UTC, date, datetime, time
from email.utils import format_datetime

from shared.routes import XCity

_WHERE = '</docs>; rel="deprecation"; type="text/html"'


def headers(city: XCity) -> tuple[tuple[bytes, bytes], ...]:
    """`Deprecation` (RFC 9745), `Sunset` (RFC 8594) and `Link`; nothing for an operation that stays."""
    said = city.deprecated
    if said is None:
        return ()
    found = {"deprecation": f"@{int(_begin(said.since).timestamp())}"}
    if said.sunset is not None:
        found["sunset"] = format_datetime(_begin(said.sunset), usegmt=True)
    following = f', <{said.successor}>; rel="successor-version"' if said.successor is not None else ""
    found["link"] = _WHERE + following
    return tuple((name.encode(), value.encode()) for name, value in found.items())


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
