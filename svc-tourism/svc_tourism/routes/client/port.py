"""One engine behind one question: which way? Bounded in time, size and number of questions at once."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import aiohttp
from pydantic import ValidationError

from shared import log
from svc_tourism.routes.client import osrm, valhalla
from svc_tourism.routes.client.answers import EngineFailed, Found, NoRoute, Unserved
from svc_tourism.routes.client.breaker import Breaker
from svc_tourism.routes.rules import KM_PER_HOUR, Mode, Place
from svc_tourism.settings import TourismSettings


class _Engine(Protocol):
    """How one engine is asked and read: a module of this folder."""

    @property
    def NAME(self) -> str: ...

    def request(self, url: str, places: Sequence[Place], mode: Mode) -> tuple[str, str, Any]: ...

    def read(self, answer: Mapping[str, Any]) -> Found: ...


_ENGINES: Mapping[str, _Engine] = {"osrm": osrm, "valhalla": valhalla}
_SECONDS, _MOST_BYTES, _AT_ONCE = 2.0, 4 * 1_048_576, 16
_ANSWERED = (200, 400)  # 400: no road leads there, said in the engine's own words
_log = log.get(__name__)


class RoutePort:
    """The operator's engine, or none. Its address is trusted configuration, never part of a request."""

    def __init__(self, settings: TourismSettings) -> None:
        self._engine = _ENGINES.get(settings.route_engine)
        self._url = settings.route_url
        self.modes = _modes(settings)
        self.attribution = settings.route_attribution
        self._breaker = Breaker()
        self._client: aiohttp.ClientSession | None = None

    async def find(self, places: Sequence[Place], mode: Mode, patience: float) -> Found:
        """The way along these places, within 2 s or `patience` seconds.

        Unserved, NoRoute or EngineFailed: the caller falls back on an estimate, and says so.
        """
        if self._engine is None or mode not in self.modes:
            raise Unserved
        if not self._breaker.admits():
            raise EngineFailed("resting")
        try:
            answer = await self._ask(*self._engine.request(self._url, places, mode), min(_SECONDS, patience))
            found = self._engine.read(answer)
        except NoRoute:
            self._breaker.succeeded()
            raise
        except (aiohttp.ClientError, OSError, ValueError, RecursionError, EngineFailed) as error:
            self._breaker.failed()
            reason = "no answer of its shape" if isinstance(error, ValidationError) else type(error).__name__
            _log.warning("route_engine_failed", engine=self._engine.NAME, error=reason)
            raise EngineFailed(reason) from error
        self._breaker.succeeded()
        return found

    async def close(self) -> None:
        """Lets go of the connections."""
        if self._client is not None:
            await self._client.close()

    async def _ask(self, method: str, url: str, body: Any, seconds: float) -> dict[str, Any]:
        timeout = aiohttp.ClientTimeout(total=max(seconds, 0.05))
        client = self._session()
        async with client.request(method, url, json=body, timeout=timeout, allow_redirects=False) as answer:
            content = await _bounded(answer)
            if answer.status not in _ANSWERED:
                raise EngineFailed(f"status {answer.status}")
        said = json.loads(content)
        if not isinstance(said, dict):
            raise EngineFailed("no object")
        return said

    def _session(self) -> aiohttp.ClientSession:
        if self._client is None:
            self._client = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_AT_ONCE),
                headers={"Accept": "application/json", "User-Agent": "svc-tourism"},
            )
        return self._client


def _modes(settings: TourismSettings) -> frozenset[str]:
    """What the engine is said to serve. OSRM has one profile a server: unless one server per mode is named
    (`{mode}` in its address), or modes are, it is taken for a car's."""
    if settings.route_modes:
        return frozenset(settings.route_modes)
    one_profile = settings.route_engine == osrm.NAME and "{mode}" not in settings.route_url
    return frozenset({"car"} if one_profile else KM_PER_HOUR)


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    """The body, 4 MiB unpacked at most."""
    parts, size = [], 0
    async for part in answer.content.iter_any():
        size += len(part)
        if size > _MOST_BYTES:
            raise EngineFailed("too large")
        parts.append(part)
    return b"".join(parts)
