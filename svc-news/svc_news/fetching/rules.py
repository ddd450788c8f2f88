"""Where a fetch may go and when it may come back; refusals as in reliability.md, row 15."""

import ipaddress
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from yarl import URL

PORTS = frozenset({80, 443, 8080, 8443})
LONGEST_URL = 2_000
LONGEST_WAIT = timedelta(hours=24)
_NUMBER = re.compile(r"^(\d+|0x[0-9a-f]*)$", re.IGNORECASE)
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")

#: IANA IPv4 special-purpose registry, and 168.63.129.16: a cloud's own server behind a public address.
_NOT_PUBLIC_4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
    )
)  # fmt: skip
#: Of IPv6 only global unicast, without protocols (Teredo, ORCHID), documentation and 6to4.
_PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    ipaddress.IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Refused(Exception):
    """A fetch that does not begin; `code` is `refused_url` or `refused_address`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def is_public(address: str) -> bool:
    """Whether the numeric address is of the public internet; one hidden in an IPv6 address counts too."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv4Address):
        return not any(found in network for network in _NOT_PUBLIC_4)
    if found in _NAT64:
        return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)))
    return found in _PUBLIC_6 and not any(found in network for network in _NOT_PUBLIC_6)


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
