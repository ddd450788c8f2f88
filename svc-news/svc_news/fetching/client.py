"""One GET: addresses checked where they are connected to, everything bounded, nothing remembered."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from weakref import WeakValueDictionary

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from shared import outbound
from svc_news.fetching.rules import Refused, destination, retry_after

ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
_CODINGS = ("gzip", "deflate", "identity", "")
_PIECE = 65_536
_LONGEST_VALIDATOR = 500
_AT_ONCE_PER_HOST = 4
_READ_AT_ONCE = 2
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FOR_GOOD = frozenset({301, 308})


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes of one fetch; `size` counts after decompression."""

    total: float = 15.0
    first_byte: float = 10.0
    connect: float = 5.0
    size: int = 5_000_000
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """What to fetch, and what the last answer said of its version."""

    url: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document; `moved_to` is where it is for good, if it was found somewhere else."""

    url: str
    body: bytes
    charset: str | None
    etag: str | None
    last_modified: str | None
    moved_to: str | None


class FetchFailed(Exception):
    """No document; `code` names a text `source_error.<code>`, `wait` is what the server asked for."""

    def __init__(self, code: str, wait: timedelta | None = None) -> None:
        super().__init__(code)
        self.code, self.wait = code, wait


@dataclass(slots=True)
class Fetcher:
    """`agent` says who asks and how to reach them; `admitted` are numeric addresses allowed besides public
    ones (a test's own servers); `resolver` stands in for the name servers outside."""

    agent: str
    limits: Limits = Limits()
    admitted: frozenset[str] = frozenset()
    resolver: AbstractResolver = field(default_factory=outbound.Names)
    reading: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_READ_AT_ONCE))
    """A hostile document of 5 MB may need a hundred while it is read: few are at once."""
    _hosts: WeakValueDictionary[str, asyncio.Semaphore] = field(default_factory=WeakValueDictionary)

    async def fetch(self, asked: Asked, now: datetime) -> Fetched | None:
        """The document, or None if it is still what was fetched before. FetchFailed with the reason."""
        try:
            url = destination(asked.url, self.admitted)
            place = self._hosts.setdefault(url.authority, asyncio.Semaphore(_AT_ONCE_PER_HOST))
            async with place, asyncio.timeout(self.limits.total), self._session() as session:
                return await self._follow(session, asked, url, now)
        except Refused as error:
            raise FetchFailed(error.code) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchFailed(_reason(error)) from error

    async def _follow(
        self, session: aiohttp.ClientSession, asked: Asked, url: URL, now: datetime
    ) -> Fetched | None:
        seen, for_good = {url}, True
        while True:
            async with session.get(url, headers=_conditions(asked), allow_redirects=False) as answer:
                if answer.status not in _REDIRECTS:
                    moved = str(url) if for_good and len(seen) > 1 else None
                    return await self._document(answer, asked, moved, now)
                for_good = for_good and answer.status in _FOR_GOOD
                url = destination(answer.headers.get("Location", ""), self.admitted, base=url)
            if url in seen:
                raise FetchFailed("redirect_loop")
            if len(seen) > self.limits.redirects:
                raise FetchFailed("too_many_redirects")
            seen.add(url)

    async def _document(
        self, answer: aiohttp.ClientResponse, asked: Asked, moved_to: str | None, now: datetime
    ) -> Fetched | None:
        if answer.status == HTTPStatus.NOT_MODIFIED and (asked.etag or asked.last_modified):
            return None
        if answer.status != HTTPStatus.OK:
            raise FetchFailed(_refusal(answer.status), retry_after(answer.headers.get("Retry-After"), now))
        if answer.headers.get("Content-Encoding", "identity").lower() not in _CODINGS:
            raise FetchFailed("broken_answer")  # asked for or not, aiohttp unpacks whatever it can
        return Fetched(
            url=str(answer.url),
            body=await self._body(answer),
            charset=answer.charset,
            etag=_validator(answer, "ETag"),
            last_modified=_validator(answer, "Last-Modified"),
            moved_to=moved_to,
        )

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        """Read in pieces, decompressed in pieces: neither a long body nor a bomb is ever held whole."""
        if (answer.content_length or 0) > self.limits.size:
            raise FetchFailed("too_large")
        body = bytearray()
        async for piece in answer.content.iter_chunked(_PIECE):
            body += piece
            if len(body) > self.limits.size:
                raise FetchFailed("too_large")
        return bytes(body)

    def _session(self) -> aiohttp.ClientSession:
        return outbound.session(
            self.resolver,
            self.admitted.__contains__,
            headers={"User-Agent": self.agent, "Accept": ACCEPT, "Accept-Encoding": ", ".join(_CODINGS[:2])},
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=self.limits.connect, sock_read=self.limits.first_byte
            ),
        )


def _conditions(asked: Asked) -> dict[str, str]:
    sent = {"If-None-Match": asked.etag, "If-Modified-Since": asked.last_modified}
    return {name: value for name, value in sent.items() if value}


def _validator(answer: aiohttp.ClientResponse, name: str) -> str | None:
    value = answer.headers.get(name, "")
    return value if 0 < len(value) <= _LONGEST_VALIDATOR and value.isascii() and value.isprintable() else None


def _refusal(status: int) -> str:
    known = {401: "forbidden", 403: "forbidden", 404: "not_found", 410: "gone", 429: "too_many_requests"}
    return known.get(status, "server_error" if status >= 500 else "http_status")


def _reason(error: Exception) -> str:
    """In one word what went wrong, for `source_error.<word>`."""
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, outbound.Inside):
        return "refused_address"
    words: tuple[tuple[type[Exception], str], ...] = (
        (TimeoutError, "timeout"),
        (aiohttp.ClientConnectorDNSError, "dns"),
        (aiohttp.ClientConnectorCertificateError, "tls"),
        (aiohttp.ClientConnectorSSLError, "tls"),
        (aiohttp.InvalidURL, "refused_url"),
        (aiohttp.ServerDisconnectedError, "broken_answer"),
        (aiohttp.ClientPayloadError, "broken_answer"),
        (aiohttp.ClientResponseError, "broken_answer"),
    )
    return next((word for kind, word in words if isinstance(error, kind)), "connection")
