"""Puts home together: all sections at once, none waited for longer than it may take, the own part first."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from fastapi import Request, Response
from prometheus_client import Histogram
from pydantic import TypeAdapter

from gateway.bootstrap.rules import platform
from gateway.declarations.usecases import Declarations, Part, Reading, Section, Wanted
from gateway.edge.answers import Answers
from gateway.edge.bounded import Bounded
from gateway.edge.declaring import HOME_PATH
from gateway.edge.shortcuts import Shortcuts
from gateway.home import documents, rules
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
    """What everybody of one language, platform class and village sees; `joined` are the sections as JSON.

    Shown again until `until`, if nothing was said to have changed since it was read (`changes`).
    """

    told: tuple[Section, ...]
    parts: list[Part]
    joined: Piece
    until: float
    changes: int


def equip(run: Runtime, settings: GatewaySettings) -> None:
    """Makes `run.part(Home)`."""
    home = run.parts[Home] = Home(run, settings)
    run.part(Shortcuts).add(HOME_PATH, home.at_once)


class Home:
    """Reads the public part once for all who see the same, and what is one person's for that person."""

    def __init__(self, run: Runtime, settings: GatewaySettings) -> None:
        self._run, self._settings = run, settings
        self._declared: Declarations = run.part(Declarations)
        self._answers: Answers = run.part(Answers)
        self._shown: Bounded[_Key, Public] = Bounded(_REMEMBERED)
        self._reading: dict[tuple[_Key, int], asyncio.Task[Public]] = {}
        self._reads: set[asyncio.Task[Part]] = set()
        metrics = run.metrics
        self._counted: dict[tuple[str, str], Callable[[], None]] = {}
        self._observed: dict[str, Callable[[float], None]] = {}
        self._parts = metrics.counter("city_home_parts", "Sections, as home got them", "section", "state")
        self._timed = Histogram(
            "city_home_part_seconds",
            "Time until home had a section",
            ["section"],
            buckets=_SECONDS,
            registry=metrics.registry,
        )

    async def at_once(self, request: Request) -> Response | None:
        """The answer to a guest or a resident who names no place, or one plainly; None to all others."""
        query, context = request.scope["query_string"], request.scope["city"]
        place = rules.plain_place(query)
        if place is None and query:
            return None
        village = None if place is None else self.village(*place)
        caller = context.caller
        citizen = caller.person if caller.kind == "citizen" else None
        named = platform(request.headers.get("x-app-platform"))
        return documents.answer(request, await self.page(context.language, named, village, citizen))

    def village(self, lat: float, lon: float) -> Village | None:
        """The village of a place; None for one outside the city."""
        found = self._run.city.areas.locate(lat, lon)
        return found.village if found.inside else None

    async def page(self, language: str, platform: str, village: Village | None, citizen: str | None) -> Page:
        """Home for a guest (`citizen` None), or with the open requests of one person."""
        ends = stopwatch() + self._settings.home_seconds
        mine = None if citizen is None else self._start(self._mine(citizen, language))
        public = await self._public(language, platform, village)
        own = None
        if mine is not None:
            await asyncio.wait([mine], timeout=max(0.0, ends - stopwatch()))
            part = self._had(mine)
            self._count(_MINE, part.state)
            own = self._written(_MINE, None, None, part, language, self._settings.home_bytes)
        well = all(part.state == "ok" for part in public.parts)
        return documents.page(own, public.joined, village, well=well)

    async def _public(self, language: str, platform: str, village: Village | None) -> Public:
        key = (language, platform, village.code if village is not None else "")
        shown, changes = self._shown.get(key, 0), self._answers.changes
        if shown is not None and shown.until > stopwatch() and shown.changes == changes:
            return shown
        reading = self._reading.get((key, changes))
        if reading is None:
            reading = asyncio.create_task(self._read(key, village, changes))
            self._reading[key, changes] = reading
            reading.add_done_callback(lambda _: self._reading.pop((key, changes), None))
        return await asyncio.shield(reading)  # whoever hangs up takes it from nobody else

    async def _read(self, key: _Key, village: Village | None, changes: int) -> Public:
        language, platform, _ = key
        lat, lon = (village.lat, village.lon) if village is not None else (None, None)
        wanted = Wanted(language, platform, lat, lon)
        told = self._declared.sections()
        begun = [self._begun(section, wanted) for section in told]
        waits = [each.done for each in begun if isinstance(each, Reading)]
        if waits:
            await asyncio.wait(waits, timeout=self._settings.home_part_seconds)
        parts = [self._standing(s, each) for s, each in zip(told, begun, strict=True)]
        shown = self._shown.get(key, 0)
        if shown is None or shown.told is not told or shown.parts != parts:
            shown = Public(told, parts, Piece(self._joined(told, parts, language)), 0, changes)
            self._shown.put(key, shown, float("inf"))
        shown.until, shown.changes = stopwatch() + _SHOWN_SECONDS, changes
        return shown

    def _begun(self, section: Section, wanted: Wanted) -> Part | Reading:
        """What is at hand, or under way; a reader that breaks its word harms its own section alone."""
        started, label = stopwatch(), self._label(section)
        try:
            found = section.read(wanted)
        except Exception as error:  # noqa: BLE001 - the others are shown
            _log.error("home_section_failed", section=label, exc_info=error)
            return _MISSING
        if isinstance(found, Reading):
            found.done.add_done_callback(lambda _: self._took(label, started))
        else:
            self._took(label, started)
        return found

    def _took(self, label: str, started: float) -> None:
        observe = self._observed.get(label)
        if observe is None:
            self._observed[label] = observe = self._timed.labels(label).observe
        observe(stopwatch() - started)

    def _standing(self, section: Section, read: Part | Reading) -> Part:
        """What was read; of an owner who is known not to answer, it is the last we know and no more."""
        label = self._label(section)
        part = read.part() if isinstance(read, Reading) else read
        if part.state == "ok" and self._declared.why_down(section.owner) is not None:
            part = replace(part, state="stale")
        self._count(label, part.state)
        return part

    def _joined(self, told: Sequence[Section], parts: Sequence[Part], language: str) -> bytes:
        """Those that come first take their room first: what has none left says `more`, or stays away."""
        left, written = self._settings.home_bytes, []
        for section, part in zip(told, parts, strict=True):
            one = self._written(section.name, section.title, section.menu, part, language, left)
            if one:
                left -= len(one)
                written.append(one)
        return b",".join(written)

    def _written(
        self,
        name: str,
        title: Mapping[str, str] | None,
        menu: str | None,
        part: Part,
        language: str,
        left: int,
    ) -> bytes:
        most, zone = self._settings.home_section_bytes, self._run.city.zone
        named = self._title(name, title, menu, language)
        return documents.section(name, named, menu, part, zone, most, left)

    def _title(self, name: str, title: Mapping[str, str] | None, menu: str | None, language: str) -> str:
        """The city's own word for it, else its owner's, else the menu's, else its name."""
        if self._run.texts.has(f"home.{name}"):
            return self._run.texts.get(f"home.{name}", language)
        said = title or {}
        listed = self._run.part(Menus).name(menu, language) if menu is not None else None
        return said.get(language) or said.get("id") or listed or name.replace("_", " ").capitalize()

    def _label(self, section: Section) -> str:
        return section.name if section.owner in self._declared.ours else "provider"

    def _start(self, read: Awaitable[Part]) -> asyncio.Task[Part]:
        """Begins to read what is one person's; what comes too late ends by its own deadline."""
        started = stopwatch()
        task = asyncio.ensure_future(read)
        self._reads.add(task)
        task.add_done_callback(self._reads.discard)
        task.add_done_callback(lambda _: self._took(_MINE, started))
        return task

    def _had(self, read: asyncio.Task[Part]) -> Part:
        """The same, if it is there."""
        if not read.done() or read.cancelled():
            return _MISSING
        error = read.exception()
        if error is None:
            return read.result()
        _log.error("home_section_failed", section=_MINE, exc_info=error)
        return _MISSING

    def _count(self, label: str, state: str) -> None:
        """The labelled children are kept: finding them costs more than counting."""
        count = self._counted.get((label, state))
        if count is None:
            self._counted[label, state] = count = self._parts.labels(label, state).inc
        count()

    async def _mine(self, citizen: str, language: str) -> Part:
        """What this person asked for and still waits for, last changed first: one query."""
        most, now = _MY_REQUESTS + 1, self._run.clock.now()
        try:
            async with (
                asyncio.timeout(self._settings.home_part_seconds),
                self._run.database.transaction() as session,
            ):
                rows = await queries.of_citizen(session, citizen, "open", before=None, limit=most, now=now)
        except (Unavailable, TimeoutError):
            return _MISSING
        items = [MyRequestOut.of(row, language, self._run.city.zone) for row in rows[:_MY_REQUESTS]]
        more = len(rows) > _MY_REQUESTS
        changed = rows[0].updated_at if rows else None
        return Part("ok", _REQUESTS.dump_json(items), changed, more)
