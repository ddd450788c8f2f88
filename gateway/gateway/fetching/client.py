"""One GET of a small JSON document: addresses checked where they are connected to, everything bounded."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from threading import Thread
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from gateway.bodies import TooLarge, whole
from gateway.fetching.rules import Refused, destination, is_global, is_loopback

SECONDS = 2.0
LARGEST = 65_536
_LONGEST_VALIDATOR = 200
_LOOK_UPS = 64
_HEADERS = {
    "User-Agent": "city-gateway",
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # 64 KiB need no compression, and what is not unpacked is no bomb
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document, and what the next question says of it."""

    body: bytes
    etag: str | None


class FetchFailed(Exception):
    """No document; `code` names a text `provider_error.<code>`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Inside(OSError):
    """An address that is not of the public internet."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """`local` admits this machine, for development; `resolver` asks the name servers outside."""

    local: bool = False
    seconds: float = SECONDS
    resolver: AbstractResolver = field(default_factory=lambda: Names())

    async def fetch(self, url: str, etag: str | None = None) -> Fetched | None:
        """The document, or None if it is still the one of that ETag. FetchFailed with the reason.

        No redirect is followed: whoever has moved says so in its declaration.
        """
        asked = {**_HEADERS, **({"If-None-Match": etag} if etag else {})}
        async with self._asked(url, asked) as answer:
            return await self._document(answer, etag)

    async def check(self, url: str) -> None:
        """Whether it answers 2xx; nothing of the answer is read. FetchFailed with the reason."""
        async with self._asked(url, _HEADERS) as answer:
            if not 200 <= answer.status < 300:
                raise FetchFailed("redirects" if 300 <= answer.status < 400 else "http_status")

    @asynccontextmanager
    async def _asked(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        try:
            wanted = destination(url, local=self.local)
            async with self._session() as http, http.get(wanted, headers=headers, allow_redirects=False) as a:
                yield a
        except Refused as error:
            raise FetchFailed("refused_url") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchFailed(_reason(error)) from error

    async def _document(self, answer: aiohttp.ClientResponse, etag: str | None) -> Fetched | None:
        if answer.status == HTTPStatus.NOT_MODIFIED and etag:
            return None
        if 300 <= answer.status < 400:
            raise FetchFailed("redirects")
        if answer.status != HTTPStatus.OK:
            raise FetchFailed("http_status")
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise FetchFailed("compressed")
        try:
            body = await whole(answer, LARGEST)
        except TooLarge as error:
            raise FetchFailed("too_large") from error
        return Fetched(body, _validator(answer))

    def _session(self) -> aiohttp.ClientSession:
        """One a question: no cookie, no connection and no name is kept from one provider to another."""
        connector = aiohttp.TCPConnector(
            resolver=_Checked(self.resolver, self.local),
            socket_factory=self._socket,
            use_dns_cache=False,
            force_close=True,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self.seconds),
            auto_decompress=False,
            read_bufsize=LARGEST,
        )
        session._retry_connection = False  # aiohttp would knock a second time where somebody hung up
        return session

    def _socket(self, place: tuple[Any, ...]) -> socket.socket:
        """The last word, on the very address that is connected to."""
        family, kind, protocol, _, address = place
        _refuse_inside(str(address[0]), self.local)
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made


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


class _Checked(AbstractResolver):
    """Names that lead inside, if only by one of their addresses, are refused at every look-up anew."""

    def __init__(self, inner: AbstractResolver, local: bool) -> None:
        self._inner, self._local = inner, local

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """What the name leads to; an OSError if that is inside."""
        found = await self._inner.resolve(host, port, family)
        for each in found:
            _refuse_inside(each["host"], self._local)
        return found

    async def close(self) -> None:
        """Closes the resolver behind it."""
        await self._inner.close()


def _refuse_inside(address: str, local: bool) -> None:
    if not is_global(address) and not (local and is_loopback(address)):
        raise _Inside("an address inside")


def _validator(answer: aiohttp.ClientResponse) -> str | None:
    value = answer.headers.get("ETag", "")
    return value if 0 < len(value) <= _LONGEST_VALIDATOR and value.isascii() and value.isprintable() else None


def _reason(error: Exception) -> str:
    """In one word what went wrong, for `provider_error.<word>`."""
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, _Inside):
        return "refused_address"
    words: tuple[tuple[type[Exception], str], ...] = (
        (TimeoutError, "timeout"),
        (aiohttp.ClientConnectorDNSError, "dns"),
        (aiohttp.ClientSSLError, "tls"),
        (aiohttp.ClientResponseError, "broken_answer"),
        (aiohttp.ClientPayloadError, "broken_answer"),
        (aiohttp.ServerDisconnectedError, "broken_answer"),
    )
    return next((word for kind, word in words if isinstance(error, kind)), "connection")
