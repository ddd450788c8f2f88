"""Puts home together: all sections at once, none waited for longer than it may take, the own part first."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import Histogram
from pydantic import TypeAdapter

from gateway.declarations.usecases import Declarations, Part, Section, Wanted
from gateway.edge.bounded import Bounded
from gateway.home import documents
from gateway.home.documents import Page, Piece
from gateway.home.schemas import MyRequestOut
from gateway.menus.usecases import Menus
from gateway.requests import queries
from gateway.settings import GatewaySettings
from shared import log
from shared.city.areas import Village
from shared.clock import stopwatch
from shared.errors import Unavailable
from shared.runtime import Runtime

_log = log.get(__name__)
#: However many ask, each section is looked at ten times a second at most.
_SHOWN_SECONDS = 0.1
_REMEMBERED = 256
_SECONDS = (0.0005, 0.002, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4)
_MINE, _MY_REQUESTS = "my_requests", 5
_REQUESTS = TypeAdapter(list[MyRequestOut])
_MISSING = Part("unavailable")
_Key = tuple[str, str, str]


@dataclass(slots=True)
class Public:
    """What everybody of one language, platform class and village sees; `joined` are the sections as JSON."""

    told: tuple[Section, ...]
    parts: list[Part]
    joined: Piece
    until: float


def equip(run: Runtime, settings: GatewaySettings) -> None:
    """Makes `run.part(Home)`."""
    run.parts[Home] = Home(run, settings)


class Home:
    """Reads the public part once for all who see the same, and what is one person's for that person."""

    def __init__(self, run: Runtime, settings: GatewaySettings) -> None:
        self._run, self._settings = run, settings
        self._declared: Declarations = run.part(Declarations)
        self._shown: Bounded[_Key, Public] = Bounded(_REMEMBERED)
        self._reading: dict[_Key, asyncio.Task[Public]] = {}
        self._reads: set[asyncio.Task[Part]] = set()
        metrics = run.metrics
        self._counted: dict[tuple[str, str], Callable[[], None]] = {}
        self._parts = metrics.counter("city_home_parts", "Sections, as home got them", "section", "state")
        self._timed = Histogram(
            "city_home_part_seconds",
            "Time until home had a section",
            ["section"],
            buckets=_SECONDS,
            registry=metrics.registry,
        )

    async def page(self, language: str, platform: str, village: Village | None, citizen: str | None) -> Page:
        """Home for a guest (`citizen` None), or with the open requests of one person."""
        mine = None if citizen is None else self._start(_MINE, self._mine(citizen, language))
        public = await self._public(language, platform, village)
        own = None
        if mine is not None:
            await asyncio.wait([mine], timeout=self._settings.home_part_seconds)
            own = self._written(_MINE, None, None, self._had(_MINE, mine), language)
        well = all(part.state == "ok" for part in public.parts)
        return documents.page(own, public.joined, village, well=well)

    async def _public(self, language: str, platform: str, village: Village | None) -> Public:
        key = (language, platform, village.code if village is not None else "")
        shown = self._shown.get(key, 0)
        if shown is not None and shown.until > stopwatch():
            return shown
        reading = self._reading.get(key)
        if reading is None:
            reading = asyncio.create_task(self._read(key, village))
            self._reading[key] = reading
            reading.add_done_callback(lambda _: self._reading.pop(key, None))
        return await asyncio.shield(reading)  # whoever hangs up takes it from nobody else

    async def _read(self, key: _Key, village: Village | None) -> Public:
        language, platform, _ = key
        lat, lon = (village.lat, village.lon) if village is not None else (None, None)
        wanted = Wanted(language, platform, lat, lon)
        told = self._declared.sections()
        seconds = self._settings.home_part_seconds
        reads = [self._start(self._label(s), s.read(wanted, seconds)) for s in told]
        if reads:
            await asyncio.wait(reads, timeout=self._settings.home_seconds)
        parts = [self._had(self._label(s), read) for s, read in zip(told, reads, strict=True)]
        shown = self._shown.get(key, 0)
        if shown is None or shown.told is not told or shown.parts != parts:
            shown = Public(told, parts, Piece(self._joined(told, parts, language)), 0)
            self._shown.put(key, shown, float("inf"))
        shown.until = stopwatch() + _SHOWN_SECONDS
        return shown

    def _joined(self, told: Sequence[Section], parts: Sequence[Part], language: str) -> bytes:
        each = zip(told, parts, strict=True)
        return b",".join(self._written(s.name, s.title, s.menu, part, language) for s, part in each)

    def _written(
        self, name: str, title: Mapping[str, str] | None, menu: str | None, part: Part, language: str
    ) -> bytes:
        most, zone = self._settings.home_section_bytes, self._run.city.zone
        return documents.section(name, self._title(name, title, menu, language), menu, part, zone, most)

    def _title(self, name: str, title: Mapping[str, str] | None, menu: str | None, language: str) -> str:
        """The city's own word for it, else its owner's, else the menu's, else its name."""
        if self._run.texts.has(f"home.{name}"):
            return self._run.texts.get(f"home.{name}", language)
        said = title or {}
        listed = self._run.part(Menus).name(menu, language) if menu is not None else None
        return said.get(language) or said.get("id") or listed or name.replace("_", " ").capitalize()

    def _label(self, section: Section) -> str:
        return section.name if section.owner in self._declared.ours else "provider"

    def _start(self, label: str, read: Awaitable[Part]) -> asyncio.Task[Part]:
        """Begins to read; what comes too late ends by its own deadline, and nobody waits for it."""
        started = stopwatch()
        task = asyncio.ensure_future(read)
        self._reads.add(task)
        task.add_done_callback(self._reads.discard)
        task.add_done_callback(lambda _: self._timed.labels(label).observe(stopwatch() - started))
        return task

    def _had(self, label: str, read: asyncio.Task[Part]) -> Part:
        """What was read, if it is there; a reader that breaks its word harms its own section alone."""
        part = _MISSING
        if read.done() and not read.cancelled():
            error = read.exception()
            if error is None:
                part = read.result()
            else:
                _log.error("home_section_failed", section=label, exc_info=error)
        self._count(label, part.state)
        return part

    def _count(self, label: str, state: str) -> None:
        """The labelled children are kept: finding them costs more than counting."""
        count = self._counted.get((label, state))
        if count is None:
            self._counted[label, state] = count = self._parts.labels(label, state).inc
        count()

    async def _mine(self, citizen: str, language: str) -> Part:
        """What this person asked for and still waits for, last changed first: one query."""
        try:
            async with (
                asyncio.timeout(self._settings.home_part_seconds),
                self._run.database.transaction() as session,
            ):
                rows = await queries.of_citizen(session, citizen, "open", before=None, limit=_MY_REQUESTS + 1)
        except (Unavailable, TimeoutError):
            return _MISSING
        items = [MyRequestOut.of(row, language, self._run.city.zone) for row in rows[:_MY_REQUESTS]]
        more = len(rows) > _MY_REQUESTS
        return Part("ok", _REQUESTS.dump_json(items), self._run.clock.now(), more)
