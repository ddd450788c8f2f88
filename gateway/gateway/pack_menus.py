"""menus.yaml of the city pack: the city's services, their menus, and those of its staff."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from gateway.bootstrap.rules import PLATFORMS
from shared.city.checks import Code, Label, PackModel, distinct, once, wrong
from shared.city.files import read_yaml
from shared.city.pack import City
from shared.city.problems import Problems

FILE = "menus.yaml"
LINK = re.compile(r"/[^\s/][^\s]*|https://[^\s@/]+(/[^\s]*)?|tel:\+?[0-9]{2,15}")
Platform = Literal["android", "ios", "web"]
Lines = list[tuple[str, str]]


def _link(text: str) -> str:
    if not LINK.fullmatch(text):
        raise wrong(f'"{text}" is neither a path (/v1/…) nor an address (https://…, tel:…)')
    return text


Link = Annotated[str, AfterValidator(_link)]


class PackMenu(PackModel):
    """One menu. `native`: one of our services, which declares it or serves `link`; `linked`: an address.

    `unavailable` stays so until somebody declares it. `instead` is what to offer while it cannot be used;
    `source` says where the menu was named, and `unverified` where nobody is known to have.
    """

    id: Annotated[Code, once("menu")]
    name: Label
    icon: Code
    state: Literal["native", "linked", "unavailable"]
    link: Link | None = None
    instead: Link | None = None
    platforms: tuple[Platform, ...] = Field(default=("android", "ios", "web"), min_length=1)
    source: str

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if self.state == "linked" and (self.link is None or self.link.startswith("/")):
            raise wrong("a linked menu needs the address it leads to: link: https://…")
        if self.state == "native" and self.link is not None and not self.link.startswith("/"):
            raise wrong("a native menu leads to a path of one of our services: link: /v1/…")
        if self.state == "unavailable" and self.link is not None:
            raise wrong("an unavailable menu leads nowhere: leave link out, or say native or linked")
        return self


class StaffMenu(PackMenu):
    """A menu of the staff; `roles` see it, all staff where none is named."""

    roles: tuple[Code, ...] = ()


class PackService(PackModel):
    """One service of the city as people know it; `source` says who grouped it so."""

    id: Annotated[Code, once("service")]
    name: Label
    icon: Code
    source: str
    menus: Annotated[tuple[PackMenu, ...], distinct("id")] = Field(min_length=1)


class MenusFile(PackModel):
    """menus.yaml."""

    services: tuple[PackService, ...] = ()
    staff: tuple[StaffMenu, ...] = ()

    def menus(self) -> Iterator[PackMenu]:
        """All of them, the staff's at the end."""
        for service in self.services:
            yield from service.menus
        yield from self.staff


def load_menus(city: City) -> MenusFile:
    """The pack's menus, none without the file; PackError with file and line."""
    path, problems = city.folder / FILE, Problems()
    if not path.exists():
        return MenusFile()
    file = read_yaml(path, MenusFile, problems)
    if problems or file is None:
        raise problems.error()
    return file.value


def check_menus(city: City) -> tuple[Lines, Lines]:
    """For `make check-city`: what is there, and what is weak."""
    file = load_menus(city)
    shown = [menu for service in file.services for menu in service.menus]
    if not shown:
        return [], [(FILE, "no menus: apps show only what services declare under names of their own")]
    there = f"{len(file.services)} services, {len(shown)} menus, {len(file.staff)} of the staff"
    return [(FILE, there)], list(_weak(shown))


def _weak(shown: list[PackMenu]) -> Iterator[tuple[str, str]]:
    waiting = [menu.id for menu in shown if menu.state == "unavailable"]
    if waiting:
        yield FILE, f"unavailable until a provider declares them: {_some(waiting)}"
    apart = [menu.id for menu in shown if set(menu.platforms) != set(PLATFORMS)]
    if apart:
        yield FILE, f"not on every platform: {_some(apart)}"
    unsure = [menu.id for menu in shown if "unverified" in menu.source]
    if unsure:
        yield FILE, f"{len(unsure)} of {len(shown)} unverified: {_some(unsure)}"


def _some(names: list[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
