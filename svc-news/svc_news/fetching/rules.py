"""Where a fetch may go and when it may come back; refusals as in reliability.md, row 15."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from yarl import URL

from shared.outbound import is_public

PORTS = frozenset({80, 443, 8080, 8443})
LONGEST_URL = 2_000
LONGEST_WAIT = timedelta(hours=24)
_NUMBER = re.compile(r"^(\d+|0x[0-9a-f]*)$", re.IGNORECASE)
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


class Refused(Exception):
    """A fetch that does not begin; `code` is `refused_url` or `refused_address`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def destination(text: str, admitted: frozenset[str] = frozenset(), base: URL | None = None) -> URL:
    """The address to connect to; Refused for what no fetch may go to.

    http and https on a web port, no name or password in it, no number that is no plain IP address. What a
    name leads to is seen when it is connected to. `admitted`: numeric addresses of a test's own servers.
    """
    if len(text) > LONGEST_URL or _UNSEEN.search(text):
        raise Refused("refused_url")
    try:
        url = base.join(URL(text)) if base is not None else URL(text)
        host, port, asks_in = url.raw_host or "", url.port, url.raw_user or url.raw_password
    except (ValueError, TypeError) as error:
        raise Refused("refused_url") from error
    if url.scheme not in ("http", "https") or not host or asks_in is not None:
        raise Refused("refused_url")
    if host in admitted:
        return url.with_fragment(None)
    if port not in PORTS:
        raise Refused("refused_url")
    if _looks_numeric(host) and not is_public(host):
        raise Refused("refused_address")
    return url.with_fragment(None)


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """RFC 9110 10.2.3: seconds or a date; a day at most, None if it says nothing."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdecimal():
        return min(timedelta(seconds=int(text[:9])), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(timedelta(0), min(aware - now, LONGEST_WAIT))


def _looks_numeric(host: str) -> bool:
    """WHATWG: a host that ends in a number is an IPv4 address, however it is written."""
    return ":" in host or bool(_NUMBER.match(host.rstrip(".").rpartition(".")[2]))
