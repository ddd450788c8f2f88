"""Conditional reads (RFC 9110 13): whether a client already holds what it would be given."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from gateway.edge.cache.codings import plain_tag

Headers = dict[bytes, bytes]


def holds(headers: Headers, etag: bytes, modified: bytes | None) -> bool:
    """If-None-Match by weak comparison, whatever coding the client has; If-Modified-Since only without it."""
    offered = headers.get(b"if-none-match")
    if offered is not None:
        return _names(offered, etag)
    since = headers.get(b"if-modified-since")
    return since is not None and modified is not None and _not_after(modified, since)


def _names(offered: bytes, etag: bytes) -> bool:
    if offered.strip() == b"*":
        return True
    tags = {tag.strip().removeprefix(b"W/") for tag in plain_tag(offered).split(b",")}
    return etag.removeprefix(b"W/") in tags


def _not_after(modified: bytes, since: bytes) -> bool:
    if modified == since:
        return True
    one, other = _date(modified), _date(since)
    return one is not None and other is not None and one <= other


def _date(text: bytes) -> datetime | None:
    """An HTTP date; a header that is none counts as not sent (RFC 9110 13.1.3)."""
    try:
        found = parsedate_to_datetime(text.decode("latin-1"))
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
