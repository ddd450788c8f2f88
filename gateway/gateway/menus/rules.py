"""How a menu stands for somebody: the pack's word, what is declared, and what was switched."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway.bootstrap.rules import Aim, Asking
from gateway.declarations.usecases import MenuOffer
from gateway.pack_menus import PackMenu

MOST_SWITCHES = 20
"""Of one menu: enough for every platform and language, and no list without an end."""
NOT_YET, SWITCHED_OFF = "menu_not_yet", "menu_switched_off"
NOT_HERE, NOT_ANSWERING = "menu_not_on_platform", "owner_not_answering"

State = Literal["native", "linked", "unavailable"]
SwitchState = Literal["off", "on", "link"]
Segment = Literal["everybody", "public", "staff"]


@dataclass(frozen=True, slots=True)
class Switch:
    """One decision of the administrators, as requests read it."""

    state: SwitchState
    aim: Aim
    segment: Segment
    link: str | None
    reason: Mapping[str, str]
    changed_at: datetime

    def fits(self, who: Asking) -> bool:
        """Whether it is meant for this one."""
        segments = ("everybody", "staff" if who.staff else "public")
        return self.segment in segments and self.aim.fits(who)

    @property
    def rank(self) -> tuple[int, datetime]:
        """The narrower one counts, and of two alike the newer."""
        return self.aim.narrowness + (self.segment != "everybody"), self.changed_at


@dataclass(frozen=True, slots=True)
class Serving:
    """Who answers a path of ours: an owner, or why nobody does."""

    owner: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a menu stands; `reason` is a key of the texts, `said` an administrator's own words {id, en}."""

    state: State
    owner: str | None = None
    link: str | None = None
    reason: str | None = None
    said: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class World:
    """What is known of the city's systems at the moment."""

    offers: Mapping[str, MenuOffer]
    why_down: Callable[[str], str | None]
    serving: Callable[[str], Serving]


def standing(menu: PackMenu, switches: Iterable[Switch], world: World, who: Asking) -> Standing:
    """How a menu of the pack stands for this one."""
    decided = switched(switches, world, who)
    if decided is not None:
        return decided
    if who.platform not in menu.platforms:
        return Standing("unavailable", reason=NOT_HERE)
    offer = world.offers.get(menu.id)
    return of_offer(offer, world) if offer is not None else of_link(menu.link, world)


def switched(switches: Iterable[Switch], world: World, who: Asking) -> Standing | None:
    """What administrators decided of a menu for this one; None if it is as pack and services say."""
    switch = max((each for each in switches if each.fits(who)), key=lambda each: each.rank, default=None)
    if switch is None or switch.state == "on":
        return None
    if switch.state == "off":
        return Standing("unavailable", reason=SWITCHED_OFF, said=switch.reason or None)
    return of_link(switch.link, world)


def of_offer(offer: MenuOffer, world: World) -> Standing:
    """How something declared stands: as its owner does."""
    return _of_owner(offer.owner, offer.link, world.why_down(offer.owner))


def of_link(link: str | None, world: World) -> Standing:
    """How a path or an address stands; an address of somebody unknown is taken as it is."""
    if link is None:
        return Standing("unavailable", reason=NOT_YET)
    if not link.startswith("/"):
        return Standing("linked", link=link)
    serving = world.serving(link.partition("?")[0])
    if serving.reason is not None:
        return Standing("unavailable", serving.owner, reason=serving.reason)
    return _of_owner(serving.owner, link, world.why_down(serving.owner) if serving.owner else None)


def _of_owner(owner: str | None, link: str, down: str | None) -> Standing:
    if down is not None:
        return Standing("unavailable", owner, reason=down)
    return Standing("native" if link.startswith("/") else "linked", owner, link)
