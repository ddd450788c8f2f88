"""Asking the public internet: an address is looked at where it is connected to (reliability.md, row 15)."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

_LOOK_UPS = 64
Admits = Callable[[str], bool]
"""Numeric addresses that are asked although they are not public: one's own machine, a test's servers."""

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


class Inside(OSError):
    """An address that is not of the public internet."""


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


def session(resolver: AbstractResolver, admits: Admits, **more: Any) -> aiohttp.ClientSession:
    """For one question: no cookie, no connection and no name is kept from one to the next.

    `more` goes to aiohttp. Whatever leads inside ends in ClientConnectorError with Inside as its `os_error`.
    """
    connector = aiohttp.TCPConnector(
        resolver=_Checked(resolver, admits),
        socket_factory=partial(_socket, admits),
        use_dns_cache=False,
        force_close=True,
    )
    made = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), **more)
    made._retry_connection = False  # aiohttp would knock a second time where somebody hung up
    return made


def _socket(admits: Admits, place: tuple[Any, ...]) -> socket.socket:
    """The last word, on the very address that is connected to."""
    family, kind, protocol, _, address = place
    _refuse_inside(str(address[0]), admits)
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    return made


def _refuse_inside(address: str, admits: Admits) -> None:
    if not is_public(address) and not admits(address):
        raise Inside("an address inside")


class _Checked(AbstractResolver):
    """Names that lead inside, if only by one of their addresses, are refused at every look-up anew."""

    def __init__(self, inner: AbstractResolver, admits: Admits) -> None:
        self._inner, self._admits = inner, admits

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """What the name leads to; an OSError if that is inside."""
        found = await self._inner.resolve(host, port, family)
        for each in found:
            _refuse_inside(each["host"], self._admits)
        return found

    async def close(self) -> None:
        """Closes the resolver behind it."""
        await self._inner.close()


class Names(AbstractResolver):
    """The machine's name servers, each look-up in a thread of its own.

    A look-up cannot be broken off, and whoever runs a name server can have it last half a minute: in the
    threads that all share, some such would hold up whatever compresses or stores, and the end of the process.
    """

    def __init__(self) -> None:
        self._asking: dict[tuple[str, int], asyncio.Future[list[Any]]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """What the name leads to; OSError if nobody knows, or 64 names are being looked up."""
        asking = self._asking.get((host, family)) or self._ask(host, family)
        numeric = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        return [
            ResolveResult(hostname=host, host=address[0], port=port, family=found, proto=proto, flags=numeric)
            for found, _, proto, _, address in await asyncio.shield(asking)
        ]

    def _ask(self, host: str, family: int) -> asyncio.Future[list[Any]]:
        """One thread a name: whoever asks again meanwhile waits for the same."""
        if len(self._asking) >= _LOOK_UPS:
            raise OSError("too many names are being looked up")
        loop = asyncio.get_running_loop()
        asking: asyncio.Future[list[Any]] = loop.create_future()
        self._asking[host, family] = asking
        asking.add_done_callback(partial(self._asked, (host, family)))
        Thread(target=_look_up, args=(host, family, loop, asking), name="names", daemon=True).start()
        return asking

    def _asked(self, key: tuple[str, int], asking: "asyncio.Future[list[Any]]") -> None:
        del self._asking[key]
        if not asking.cancelled():
            asking.exception()  # nobody may be waiting for it any more

    async def close(self) -> None:
        """Nothing is held between look-ups."""


def _look_up(host: str, family: int, loop: asyncio.AbstractEventLoop, asking: "asyncio.Future[Any]") -> None:
    tell: Callable[[], None]
    try:
        kind, flags = socket.SOCK_STREAM, socket.AI_ADDRCONFIG
        tell = partial(_tell, asking, socket.getaddrinfo(host, None, family, kind, flags=flags))
    except (OSError, ValueError) as error:  # ValueError: what IDNA cannot write
        tell = partial(_tell, asking, error)
    try:
        loop.call_soon_threadsafe(tell)
    except RuntimeError:  # the process has ended its work meanwhile: nobody is there to be told
        return


def _tell(asking: "asyncio.Future[Any]", found: Any) -> None:
    if asking.done():
        return
    if isinstance(found, OSError):
        asking.set_exception(found)
    elif isinstance(found, Exception):
        asking.set_exception(OSError(str(found)))
    else:
        asking.set_result(found)
