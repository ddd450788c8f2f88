"""Asking a service as the platform itself, for nobody in particular: pages of `/internal/…`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import aiohttp
from pydantic import BaseModel, ValidationError

from gateway.bodies import TooLarge, whole
from gateway.edge.identity import Identities
from shared.auth import Caller
from shared.settings import ServiceAddress

_SYSTEM = Caller(kind="system", sub="gateway")
_CONNECT_SECONDS = 2
_PAGE_BYTES = 32 * 1_048_576
Page = TypeVar("Page", bound=BaseModel)


class NoAnswer(Exception):
    """A service did not answer, or not as it should: its name, and a status or the kind of failure."""

    def __init__(self, service: str, reason: object) -> None:
        super().__init__(f"{service} ({reason})")
        self.reason = reason


class Service:
    """One of them, while `Services.talk` lasts; `publisher` is `laksa` of `svc-laksa`."""

    def __init__(
        self, http: aiohttp.ClientSession, address: ServiceAddress, identities: Identities, seconds: float
    ) -> None:
        self.name, self.publisher = address.name, _short(address)
        self._url, self._http, self._identities = address.url.rstrip("/"), http, identities
        self._deadline_ms = str(int(seconds * 1_000))

    async def page(self, kind: type[Page], path: str, **query: str) -> Page | None:
        """One page; None if the service has no such thing (404), NoAnswer."""
        headers = {
            "X-Identity": self._identities.token(_SYSTEM, self.name),
            "X-Deadline-Ms": self._deadline_ms,
        }
        try:
            async with self._http.get(
                f"{self._url}{path}", params=query, headers=headers, allow_redirects=False
            ) as answer:
                if answer.status == 404:
                    return None
                answer.raise_for_status()
                return kind.model_validate_json(await whole(answer, _PAGE_BYTES))
        except (aiohttp.ClientError, OSError, TooLarge, ValidationError) as error:
            raise NoAnswer(self.name, getattr(error, "status", None) or type(error).__name__) from error


class Services:
    """All of them, by the name their events begin with (`laksa`)."""

    def __init__(self, addresses: Sequence[ServiceAddress], identities: Identities) -> None:
        self._addresses = {_short(address): address for address in addresses}
        self._identities = identities

    @property
    def names(self) -> list[str]:
        """All of them."""
        return list(self._addresses)

    @asynccontextmanager
    async def talk(self, name: str, seconds: float) -> AsyncIterator[Service]:
        """Several questions over the same connection; each may take so long."""
        timeout = aiohttp.ClientTimeout(total=seconds, connect=_CONNECT_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            yield Service(http, self._addresses[name], self._identities, seconds)


def _short(address: ServiceAddress) -> str:
    return address.name.removeprefix("svc-")
