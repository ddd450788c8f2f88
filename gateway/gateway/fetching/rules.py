"""Where a question to somebody outside may go; refusals as in reliability.md, row 15."""

import ipaddress
import re
from collections.abc import Iterable

from yarl import URL

PORTS = frozenset({443, 8443})
HOST = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$"
"""The name of a host, in small letters; of other alphabets as DNS has it (xn--…)."""
LONGEST_URL = 500
_NUMBER = re.compile(r"^(\d+|0x[0-9a-f]*)$", re.IGNORECASE)
_UNSEEN = re.compile(r"[\x00-\x20\\\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_NAME = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])", re.IGNORECASE)


class Refused(ValueError):
    """An address nobody is asked at, and nobody is sent to."""


def is_loopback(address: str) -> bool:
    """Whether the numeric address is this machine."""
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


def leads_to(url: URL, hosts: Iterable[str], *, local: bool = False) -> bool:
    """Whether the address is at one of these hosts, or below one; `local`: or at this machine."""
    host = (url.raw_host or "").rstrip(".")
    if local and is_loopback(host):
        return True
    return any(host == each or host.endswith(f".{each}") for each in hosts)


def destination(text: str, *, local: bool = False) -> URL:
    """The address, in the form it is asked at; Refused for what may not be.

    https to a name of the public internet, no user or password, no number in place of a name. What the name
    leads to is seen when it is connected to. `local` (development): http and https to 127.0.0.1 as well.
    """
    if len(text) > LONGEST_URL or _UNSEEN.search(text):
        raise Refused("the address has characters that cannot be seen, or too many")
    try:
        url = URL(text)
        host, port, asks_in = url.raw_host or "", url.port, url.raw_user or url.raw_password
    except (ValueError, TypeError) as error:
        raise Refused("this is no address") from error
    if asks_in is not None or url.scheme not in ("http", "https"):
        raise Refused("neither https nor free of names and passwords")
    if local and is_loopback(host):
        return url.with_fragment(None)
    if url.scheme != "https" or port not in PORTS or not _NAME.fullmatch(host.rstrip(".")):
        raise Refused("https to a name of the public internet is wanted")
    if _NUMBER.match(host.rstrip(".").rpartition(".")[2]):
        raise Refused("a number stands for no name")
    return url.with_fragment(None)
