"""Alert rules and dashboards speak only of what a gateway and its services really show."""

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.registry import CollectorRegistry

from tests.conftest import ROOT

FOLDER = ROOT / "deploy" / "monitoring"
DASHBOARDS = sorted((FOLDER / "grafana").glob("*.json"))
#: Shown by others: by Prometheus of each target, and by its node_exporter.
FOREIGN = {"up", "node_filesystem_avail_bytes", "node_filesystem_size_bytes"}
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
WORDS = {"and", "or", "unless", "by", "without", "offset", "on", "ignoring", "bool", "inf", "label_values"}


def shown(registry: CollectorRegistry) -> dict[str, set[str]]:
    """Series name -> labels seen on it."""
    found: dict[str, set[str]] = {}
    for family in registry.collect():
        for suffix in SUFFIXES.get(family.type, ()):
            found[family.name + suffix] = set()
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


@pytest.fixture(scope="module")
async def known(open_town: Callable[..., Any]) -> AsyncIterator[set[str]]:
    """Every series of a gateway and of a service with all that can be switched on."""
    async with open_town(traces_url="http://127.0.0.1:1/v1/traces") as town:
        yield {
            *shown(town.run.metrics.registry),
            *shown(town.news.state.runtime.metrics.registry),
            *FOREIGN,
            *(rule["record"] for rule in rules() if "record" in rule),
        }


def rules() -> Iterator[dict[str, Any]]:
    """Every rule of every file."""
    for path in sorted((FOLDER / "rules").glob("*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from group["rules"]


def names(expression: str) -> set[str]:
    """The metrics of an expression: without texts, label matchers, groupings, ranges and functions."""
    left = re.sub(r'"[^"]*"', "", expression)
    left = re.sub(r"\{[^}]*\}|\[[^\]]*\]", " ", left)
    left = re.sub(r"\b(by|without|on|ignoring)\s*\([^)]*\)", " ", left)
    left = re.sub(r"\boffset\s+\w+|\b\d[\w.]*", " ", left)
    return set(re.findall(r"[a-zA-Z_:][\w:]*(?!\s*\()\b(?!\s*\()", left)) - WORDS


def dashboards() -> Iterator[tuple[str, str]]:
    """(dashboard and panel, expression)"""
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", ()):
                yield f"{path.stem}: {panel['title']}", target["expr"]


def test_the_names_of_an_expression_are_found() -> None:
    asked = (
        'sum by (a, b) (rate(x_total{c=~"y|z"}[5m])) / on (a) k:m_1h > 14.4 * 0.01 or f unless g offset 1h'
    )
    assert names(asked) == {"x_total", "k:m_1h", "f", "g"}


async def test_every_metric_of_a_page_for_people_is_shown(known: set[str]) -> None:
    pages = [*(ROOT / "deploy").rglob("*.md"), ROOT / "README.md", ROOT / "gateway" / "README.md"]
    asked = {(p.name, n) for p in pages for n in re.findall(r"\bcity[_:][\w:]*\w", p.read_text())}
    assert len(asked) > 10
    families = known | {re.sub("_(total|bucket)$", "", name) for name in known}
    assert sorted(each for each in asked if each[1] not in families) == []


async def test_every_metric_of_the_rules_is_shown(known: set[str]) -> None:
    asked = {(rule.get("alert") or rule["record"], n) for rule in rules() for n in names(rule["expr"])}
    assert len(asked) > 25
    assert sorted(each for each in asked if each[1] not in known) == []


async def test_every_metric_of_the_dashboards_is_shown(known: set[str]) -> None:
    asked = {(place, name) for place, expression in dashboards() for name in names(expression)}
    assert len(asked) > 35
    assert sorted(each for each in asked if each[1] not in known) == []


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_whole(path: Path) -> None:
    board = json.loads(path.read_text())
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids)) > 10
    assert {"uid", "title", "schemaVersion", "templating", "time"} <= set(board)
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
