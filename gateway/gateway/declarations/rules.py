"""One form for what is declared, whoever declares it: a service by its document, a provider by its record."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

State = Literal["ok", "stale", "unavailable"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """For whom a section is read: everything public that it may depend on. WGS 84, degrees."""

    language: str
    platform: str = ""
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A section's content: `items` is a JSON array of objects; `as_of` is when its owner last said so.

    `more`: the owner has more than these.
    """

    state: State
    items: bytes = b"[]"
    as_of: datetime | None = None
    more: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A section under way: `part` is what is known of it now, all of it once `done` is; neither raises."""

    done: asyncio.Future[Any]
    part: Callable[[], Part]


Read = Callable[[Wanted], Part | Reading]
"""Answers at once: the part, or what is under way. What cannot be had is `unavailable`."""


@dataclass(frozen=True, slots=True)
class Section:
    """One section of home; `tags` are the cache tags that its content has."""

    name: str
    order: int
    owner: str
    read: Read
    menu: str | None = None
    title: Mapping[str, str] | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MenuOffer:
    """Who serves a menu of the city's list; `link` is a path of ours or an address of the provider's.

    A `title` makes it a menu of the owner's own, beside the city's list.
    """

    menu: str
    owner: str
    link: str
    title: Mapping[str, str] | None = None
    service: str | None = None


Declared = TypeVar("Declared", Section, MenuOffer)


class Declarations:
    """What is declared at the moment, in one worker's memory; an owner's word is replaced as a whole.

    `owner` is a service's short name (`prices`) or a provider's code. Of two sections or menus of one name
    one of `ours` stands before a provider's, and of two providers' the one whose owner declared last: who was
    away meanwhile takes nothing back, and all workers say the same.
    """

    def __init__(self, ours: Iterable[str] = ()) -> None:
        self.ours = frozenset(ours)
        self._shown: tuple[Section, ...] | None = None
        self._sections: dict[str, tuple[Section, ...]] = {}
        self._menus: dict[str, tuple[MenuOffer, ...]] = {}
        self._troubles: dict[str, str] = {}
        self._since: dict[str, float] = {}
        self.on_change: list[Callable[[], None]] = []

    def tell(
        self,
        owner: str,
        sections: Iterable[Section],
        menus: Iterable[MenuOffer],
        since: datetime | None = None,
    ) -> None:
        """Takes everything an owner declares, in place of what it declared before; `since` is when it did."""
        told = (tuple(sections), tuple(menus))
        at = since.timestamp() if since is not None else 0.0
        before = (self._sections.get(owner), self._menus.get(owner))
        if told != before or at != self._since.get(owner):
            self._since[owner] = at
            self._sections[owner], self._menus[owner] = told
            self._changed()

    def forget(self, owner: str) -> None:
        """The owner is gone, and with it all it declared."""
        known = self._sections.pop(owner, None), self._menus.pop(owner, None), self._troubles.pop(owner, None)
        self._since.pop(owner, None)
        if any(each is not None for each in known):
            self._changed()

    def stands(self, owner: str, reason: str | None) -> None:
        """Why an owner cannot be used now, a key of the texts (`owner_not_answering`); None: it can."""
        if self._troubles.get(owner) == reason:
            return
        if reason is None:
            del self._troubles[owner]
        else:
            self._troubles[owner] = reason
        self._changed()

    def why_down(self, owner: str) -> str | None:
        """The reason, while there is one."""
        return self._troubles.get(owner)

    def sections(self) -> tuple[Section, ...]:
        """All sections, in the order of home; the very same tuple until something changes."""
        if self._shown is None:
            found = _first_of_each(self._in_turn(self._sections), lambda section: section.name)
            self._shown = tuple(sorted(found.values(), key=lambda s: (s.order, s.name)))
        return self._shown

    def menus(self) -> dict[str, MenuOffer]:
        """Who serves which menu."""
        return _first_of_each(self._in_turn(self._menus), lambda offer: offer.menu)

    def _in_turn(self, told: Mapping[str, tuple[Declared, ...]]) -> Iterable[Declared]:
        """The city's own services first, then who declared last."""
        owners = sorted(told, key=lambda owner: (owner not in self.ours, -self._since[owner], owner))
        return (each for owner in owners for each in told[owner])

    def _changed(self) -> None:
        self._shown = None
        for tell in self.on_change:
            tell()


def _first_of_each(told: Iterable[Declared], name: Callable[[Declared], str]) -> dict[str, Declared]:
    found: dict[str, Declared] = {}
    for each in told:
        found.setdefault(name(each), each)
    return found
