"""One GET of a small JSON document: addresses checked where they are connected to, everything bounded."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp
from aiohttp.abc import AbstractResolver

from gateway.bodies import TooLarge, whole
from gateway.fetching.rules import Refused, destination, is_loopback
from shared import outbound

SECONDS = 2.0
LARGEST = 65_536
_LONGEST_VALIDATOR = 200
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


@dataclass(frozen=True, slots=True)
class Fetcher:
    """`local` admits this machine, for development; `resolver` asks the name servers outside."""

    local: bool = False
    seconds: float = SECONDS
    resolver: AbstractResolver = field(default_factory=outbound.Names)

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
        return outbound.session(
            self.resolver,
            lambda address: self.local and is_loopback(address),
            timeout=aiohttp.ClientTimeout(total=self.seconds),
            auto_decompress=False,
            read_bufsize=LARGEST,
        )


def _validator(answer: aiohttp.ClientResponse) -> str | None:
    value = answer.headers.get("ETag", "")
    return value if 0 < len(value) <= _LONGEST_VALIDATOR and value.isascii() and value.isprintable() else None


def _reason(error: Exception) -> str:
    """In one word what went wrong, for `provider_error.<word>`."""
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, outbound.Inside):
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
