"""What the pages for people name exists: paths, settings, commands with their flags, words of logs."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from itertools import product
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts
from pydantic_settings import BaseSettings

from deploy.local.layout import EVERY_SERVICE
from gateway import commands
from gateway.menus.schemas import SwitchIn
from gateway.settings import GatewaySettings
from shared.routes import CityRoute
from shared.settings import Settings
from tests.conftest import ROOT

BOOKS = [path for path in sorted((ROOT / "deploy" / "runbooks").glob("*.md")) if path.name != "README.md"]
WATCHING = ROOT / "deploy" / "monitoring" / "README.md"
OURS, GATEWAY = ROOT / "README.md", ROOT / "gateway" / "README.md"
PAGES = [OURS, GATEWAY, WATCHING, *BOOKS]
#: Of the edge and of each process's ops port, not of a router; and of the collector of traces.
BESIDE = {"/openapi.json", "/health/live", "/health/ready", "/metrics", "/v1/traces"}
#: Read by `make`, by what it starts, or by others; not by a process of ours.
ELSEWHERE = {
    "DATABASE_URL_LAKSA", "DATABASE_OWNER_URL_LAKSA", "PG_BIN", "PROMTOOL", "RUN_FOLDER", "GATEWAY_WORKERS",
    "PORT_BASE",
}  # fmt: skip
_BEGINS = r"(?<![\w.…}*/])/(?:v1|provider|health|feeds|ogc|openapi|catalog|docs|metrics)"
PATH = re.compile(_BEGINS + r"(?:\{[^{}]*\}|[^\s{`\"',;)|…*])*")


@cache
def routes() -> tuple[re.Pattern[str], ...]:
    """Every path of the gateway and the services; {a name} takes anything but a slash."""
    routers = [r for each in EVERY_SERVICE for r in import_module(f"{each.package}.app").SERVICE.routers]
    found = [context.original_route for router in routers for context in iter_route_contexts(router.routes)]
    paths = {route.path for route in found if isinstance(route, CityRoute)} | BESIDE
    return tuple(re.compile(re.sub(r"\\{\w+(:path)?\\}", "[^/]+", re.escape(path))) for path in paths)


def spelled(path: str) -> Iterator[str]:
    """`/x/{a,b}` is two paths; a name in braces stays one."""
    parts = re.split(r"\{([^{}]*)\}", path)
    choices = [part.split(",") if n % 2 else [part] for n, part in enumerate(parts)]
    yield from ("".join(each) for each in product(*choices))


def paths(text: str) -> Iterator[str]:
    """As they are written, without query; braces that hold several are kept whole."""
    joined = re.sub(r"\{[^{}]*\}", lambda each: each.group().replace(", ", ","), text)
    for found in PATH.finditer(re.sub(r"\$[A-Z]+", "x", joined)):
        yield re.split(r"[?#]", found.group())[0].rstrip(".:/")


def astray(text: str) -> list[str]:
    """Those that nobody serves; the beginning of a path will do."""
    named = {each for path in paths(text) for each in spelled(path)}
    begun = [re.compile(route.pattern.split("[^/]+")[0]) for route in routes()]
    return sorted(
        path
        for path in named
        if not any(route.fullmatch(path) for route in routes())
        and not any(each.pattern.startswith(re.escape(path + "/")) for each in begun)
    )


def test_a_path_that_nobody_serves_is_found() -> None:
    text = "`/v1/menus/nowhere`, `/v1/admin/clients/{code}/{rotate,twist}` and `GET /v1/home?lat=`"
    assert astray(text) == ["/v1/admin/clients/code/twist", "/v1/menus/nowhere"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_of_a_page_is_served(page: Path) -> None:
    assert astray(page.read_text()) == []


def own_fields(*kinds: type[BaseSettings]) -> set[str]:
    """Their settings, as they are written in the environment."""
    return {name.upper() for kind in kinds for name in kind.model_fields}


@cache
def settings() -> frozenset[str]:
    """Those of every process of ours."""
    modules = [import_module(f"{each.package}.settings") for each in EVERY_SERVICE]
    found = [each for module in modules for each in vars(module).values() if isinstance(each, type)]
    return frozenset(own_fields(*(kind for kind in found if issubclass(kind, BaseSettings))))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_setting_of_a_page_exists(page: Path) -> None:
    text = re.sub(r"https?://\S+", "", page.read_text())
    named = set(re.findall(r"\b[A-Z][A-Z]+(?:_[A-Z]+)+\b", text))
    assert sorted(named - settings() - ELSEWHERE) == []


def test_the_gateways_page_has_a_row_for_each_of_its_settings_with_what_it_is_when_unset() -> None:
    table = GATEWAY.read_text().partition("## Settings")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]+?) \|", table, re.M))
    assert set(rows) == own_fields(GatewaySettings) - own_fields(Settings)
    odd = []
    for name, written in rows.items():
        field = GatewaySettings.model_fields[name.lower()]
        said = "needed" if field.is_required() else spoken(field.default)
        odd += [f"{name}: {written}, not {said}"] * (said != written)
    assert odd == []


def spoken(value: object) -> str:
    """A default as the table writes it."""
    words = {"None": "none", "()": "none", "False": "0"}
    return words[str(value)] if str(value) in words else f"{value:,}".removesuffix(".0")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_a_page_takes_what_it_is_given(page: Path) -> None:
    """`make client` is tried by its own parser; of other commands each VARIABLE= is read by somebody."""
    text = page.read_text()
    for words in re.findall(r'make client ARGS="?([^"`\n]+)"?', text):
        assert commands.client_arguments(shlex.split(words.replace(" …", " X"))).step
    read = (ROOT / "Makefile").read_text() + (ROOT / "deploy" / "local" / "layout.py").read_text()
    for line in re.findall(r"make [a-z-]+((?: [A-Z_]+=(?:\"[^\"]*\"|\S+))+)", text):
        for name in re.findall(r" ([A-Z_]+)=", line):
            assert name in settings() or re.search(rf"\b{name}\b", read), f"{page.name}: {name}"


@cache
def source() -> str:
    """All Python of ours that runs."""
    folders = ["shared", *{each.package.replace("_", "-") for each in EVERY_SERVICE}]
    files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return "\n".join(path.read_text() for path in files)


@pytest.mark.parametrize("page", BOOKS, ids=lambda page: page.stem)
def test_every_word_of_a_log_or_an_answer_that_a_runbook_names_is_said_by_some_code(page: Path) -> None:
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", page.read_text()))
    words = {each for each in named if not each.startswith("city_")}
    assert sorted(each for each in words if not said(each)) == []


def said(word: str) -> bool:
    """Whether it stands in the code, whole or as `{…}_end`."""
    return word in source() or f"}}_{word.rpartition('_')[2]}" in source()


def test_what_the_page_on_menus_sends_is_what_the_desk_takes() -> None:
    page = next(path for path in BOOKS if path.stem == "switch-a-menu-off").read_text()
    [body] = re.findall(r"-d '([^']+)'", page)
    assert SwitchIn.model_validate_json(body).state == "off"
