"""A tag that no event ever purges would only look like freshness."""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from deploy.local.layout import SERVICES
from shared.app import Service
from shared.routes import CityRoute

ROOT = Path(__file__).resolve().parents[3]
#: What these show stands in the city's pack, and changes with a restart only (contracts 10).
OF_THE_PACK = {"laksa:agencies", "laksa:categories", "tourism:categories"}


def stated(package: str) -> set[str]:
    """The tags of every public read of a service."""
    service: Service = import_module(f"{package}.app").SERVICE
    routes = [c.original_route for r in service.routers for c in iter_route_contexts(r.routes)]
    public = [r for r in routes if isinstance(r, CityRoute) and "public" in r.city.audience]
    return {tag for route in public for tag in route.city.tags}


def purged(package: str) -> set[str]:
    """The tags of every TagsPurgedV1 that a service makes, read from its source."""
    found: set[str] = set()
    for path in sorted((ROOT / package.replace("_", "-") / package).rglob("*.py")):
        if "TagsPurgedV1(" in path.read_text():
            name = ".".join(path.relative_to(ROOT / package.replace("_", "-")).with_suffix("").parts)
            module = import_module(name.removesuffix(".__init__"))
            found |= {tag for element in named(module) for tag in [value(element, module)] if tag}
    return found


def named(module: ModuleType) -> Iterator[ast.expr]:
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "TagsPurgedV1":
            for tuples in (t for k in node.keywords for t in ast.walk(k.value) if isinstance(t, ast.Tuple)):
                yield from tuples.elts


def value(element: ast.expr, module: ModuleType) -> str | None:
    """A constant of the module, or of one that it imports; None for what is made as it runs."""
    found: Any = None
    if isinstance(element, ast.Constant):
        found = element.value
    elif isinstance(element, ast.Name):
        found = getattr(module, element.id, None)
    elif isinstance(element, ast.Attribute) and isinstance(element.value, ast.Name):
        found = getattr(getattr(module, element.value.id, None), element.attr, None)
    return found if isinstance(found, str) else None


@pytest.mark.parametrize("package", sorted(s.package for s in SERVICES))
def test_whatever_may_be_kept_is_purged_by_an_event_of_its_service(package: str) -> None:
    assert stated(package) - purged(package) - OF_THE_PACK == set()
