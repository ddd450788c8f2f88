"""Reading a section of home from a service's own public list: what is asked, and what counts as an answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode

from pydantic_core import to_json

from gateway.declarations.usecases import Part, Reading, Wanted
from gateway.edge.answers import Answers, Kept, Pending
from gateway.edge.bounded import Bounded
from gateway.edge.cache.pages import page_of
from shared.clock import stopwatch

_ITEMS = 5
_RADIUS_M = 2_000
#: Whoever did not answer in time is not waited for by everybody who comes next.
_AGAIN_SECONDS = 1.0
_REMEMBERED = 512
_NOTHING = Part("unavailable")
_Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Source:
    """One operation a section can be read from: its path and the query parameters that it declares.

    `limits` are the least and the greatest value of each; None where it states none.
    """

    path: str
    limits: tuple[tuple[str, float | None, float | None], ...] = ()
    required: frozenset[str] = frozenset()

    @classmethod
    def of(cls, path: str, parameters: Iterable[Any]) -> Self:
        """From the parameters of an OpenAPI operation; what is not understood is left out."""
        stated = [p for p in parameters if isinstance(p, Mapping) and p.get("in") == "query"]
        limits = tuple((str(p.get("name")), *_limits(p.get("schema"))) for p in stated)
        return cls(path, limits, frozenset(str(p.get("name")) for p in stated if p.get("required")))

    @property
    def by_place(self) -> bool:
        """Whether a place changes the answer."""
        return {"lat", "lon"} <= {name for name, _, _ in self.limits}

    def query(self, wanted: Wanted) -> str | None:
        """What to ask; None if a parameter is required that nobody can fill here."""
        values: dict[str, float] = {"limit": _ITEMS}
        if wanted.lat is not None and wanted.lon is not None and self.by_place:
            values |= {"lat": wanted.lat, "lon": wanted.lon, "radius_m": _RADIUS_M}
        asked = {name: _within(values[name], *of) for name, *of in self.limits if name in values}
        return urlencode(asked) if self.required <= asked.keys() else None


@dataclass(slots=True)
class _Held:
    """The last answer and what was made of it; until `again` (stopwatch) nobody asks anew."""

    kept: Kept
    part: Part
    again: float = 0


class SectionRead:
    """Reads one section. Two of the same sources are equal: a document sent again changes nothing."""

    def __init__(self, answers: Answers, sources: tuple[Source, ...], tags: tuple[str, ...]) -> None:
        self._answers, self.sources, self.tags = answers, sources, tags
        self._held: Bounded[_Key, _Held] = Bounded(_REMEMBERED)
        self._asked: Bounded[tuple[float | None, float | None], tuple[str, str | None]] = Bounded(_REMEMBERED)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SectionRead) and (self.sources, self.tags) == (other.sources, other.tags)

    def __hash__(self) -> int:
        return hash((self.sources, self.tags))

    def __call__(self, wanted: Wanted) -> Part | Reading:
        """The part for this reader; the very same object while its owner says nothing new.

        What was good before is the cache's to give, which knows what was withdrawn; here nothing outlives it.
        """
        path, query = self._ask(wanted)
        if query is None:
            return _NOTHING
        key = (path, query, wanted.language, wanted.platform)
        held = self._held.get(key, 0)
        if held is not None and held.again > stopwatch():
            return held.part
        begun = self._answers.begin(path, query, language=wanted.language, platform=wanted.platform)
        if isinstance(begun, Pending):
            return Reading(begun.done, lambda: self._part(key, begun.now()))
        return self._part(key, begun)

    def _part(self, key: _Key, kept: Kept) -> Part:
        held = self._held.get(key, 0)
        if held is None or held.part is _NOTHING or not _same(held.kept, kept):
            held = self._judged(kept)
            self._held.put(key, held, float("inf"))
        return held.part

    def _ask(self, wanted: Wanted) -> tuple[str, str | None]:
        """The first source that can be asked; those that know places before the others."""
        place = (wanted.lat, wanted.lon)
        known = self._asked.get(place, 0)
        if known is None:
            known = self._chosen(wanted)
            self._asked.put(place, known, float("inf"))
        return known

    def _chosen(self, wanted: Wanted) -> tuple[str, str | None]:
        placed = wanted.lat is not None
        ranked = sorted(self.sources, key=lambda source: source.by_place != placed)
        asked = ((source.path, source.query(wanted)) for source in ranked)
        return next(((path, query) for path, query in asked if query is not None), ("", None))

    def _judged(self, kept: Kept) -> _Held:
        part = part_of(kept)
        if part is not None:
            return _Held(kept, part)
        if kept.state != "unavailable":
            self._answers.purge(self.tags)  # or what is no page would be kept as if it were one
        return _Held(kept, _NOTHING, stopwatch() + _AGAIN_SECONDS)


def part_of(kept: Kept) -> Part | None:
    """The items of a page; None if it is no page of objects, too large, or no answer at all."""
    page = page_of(kept.body) if kept.state != "unavailable" and kept.status == 200 else None
    if page is None:
        return None
    return Part(kept.state, to_json(page["items"]), kept.as_of, more=page.get("next") is not None)


def _same(one: Kept, other: Kept) -> bool:
    """Whether nothing new was said; that it was said again later is no news to whoever holds the answer."""
    return one.state == other.state and one.status == other.status and one.body == other.body


def _limits(schema: Any) -> tuple[float | None, float | None]:
    """The least and the greatest value; of something optional, those of what it is if it is sent."""
    if not isinstance(schema, Mapping):
        return None, None
    ways = [schema, *(way for way in schema.get("anyOf", ()) if isinstance(way, Mapping))]
    least, most = (next((way[word] for way in ways if word in way), None) for word in ("minimum", "maximum"))
    return _number(least), _number(most)


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) else None


def _within(value: float, least: float | None, most: float | None) -> float:
    value = value if most is None else min(value, most)
    return value if least is None else max(value, least)
