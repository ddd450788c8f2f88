"""Whose address a request comes from: never what a client claims, only what our own proxies add."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Headers = Iterable[tuple[bytes, bytes]]


class Addresses:
    """Reads X-Forwarded-For from the right, past TRUSTED_PROXIES; whatever stands left of that is claimed."""

    def __init__(self, trusted: Iterable[str]) -> None:
        self._trusted: tuple[IPv4Network | IPv6Network, ...] = tuple(ip_network(t) for t in trusted)
        self._is_trusted = lru_cache(4_096)(self._find_trusted)

    def caller(self, peer: str, headers: Headers) -> bytes:
        """The key an address is limited by: an IPv4 address, or the /64 of an IPv6 address."""
        if not self._trusted or not self._is_trusted(peer):
            return limit_key(peer)
        lines = [value for name, value in headers if name == b"x-forwarded-for"]
        nearest = peer
        for hop in reversed(b",".join(lines).decode("latin-1").split(",")):
            address = _without_port(hop.strip())
            if not _is_address(address):
                break
            nearest = address
            if not self._is_trusted(address):
                break
        return limit_key(nearest)

    def _find_trusted(self, host: str) -> bool:
        return _is_address(host) and any(_plain(host) in network for network in self._trusted)


@lru_cache(16_384)
def limit_key(host: str) -> bytes:
    """One household or phone: an IPv4 address, or the /64 an IPv6 subscriber gets (RFC 6177)."""
    if not _is_address(host):
        return b"a:" + host.encode()
    address = _plain(host)
    if isinstance(address, IPv6Address):
        return b"a:" + address.packed[:8]
    return b"a:" + address.packed


def _plain(host: str) -> IPv4Address | IPv6Address:
    address = ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _without_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
