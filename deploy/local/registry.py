"""Which services there are: every folder svc-<name>, as the table [tool.city] of its pyproject.toml says."""

import tomllib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from deploy.local.errors import StackError

GATEWAY_OPS_OFFSET, SERVICE_OPS_OFFSET = 10, 20
MOST_SERVICES = 9
_EXAMPLE = '[tool.city]\noffset = 7\nprefixes = ["/v1/parks"]'


@dataclass(frozen=True)
class Service:
    """One package that runs as a process: its port is PORT_BASE + `offset`."""

    short: str
    package: str
    offset: int
    ops_offset: int
    prefixes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name the platform knows it by, such as svc-laksa."""
        return self.package.replace("_", "-")


GATEWAY = Service("gateway", "gateway", 0, GATEWAY_OPS_OFFSET)


def find_services(root: Path) -> tuple[Service, ...]:
    """The services of the repository at `root`, by port; StackError for a table that makes no sense."""
    found = sorted((_read(file) for file in root.glob("svc-*/pyproject.toml")), key=lambda s: s.offset)
    for one, other in pairwise(found):
        if one.offset == other.offset:
            raise StackError(f"{one.name} and {other.name} both want offset {one.offset} in [tool.city]")
    owners: dict[str, str] = {}
    for service in found:
        for prefix in service.prefixes:
            if owners.setdefault(prefix, service.name) != service.name:
                raise StackError(f"{owners[prefix]} and {service.name} both want the paths below {prefix}")
    return tuple(found)


def free_offset(services: tuple[Service, ...]) -> int:
    """The lowest number no service has; StackError when the stack's hundred of ports is full."""
    free = set(range(1, MOST_SERVICES + 1)) - {service.offset for service in services}
    if not free:
        raise StackError(f"a stack has ports for {MOST_SERVICES} services, and all are taken")
    return min(free)


def _read(file: Path) -> Service:
    short = file.parent.name.removeprefix("svc-")
    said: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get("city", {})
    offset, prefixes = said.get("offset"), said.get("prefixes")
    if type(offset) is not int or not 1 <= offset <= MOST_SERVICES:
        raise StackError(f"{file}: offset must be 1 to {MOST_SERVICES}, as in\n{_EXAMPLE}")
    if not isinstance(prefixes, list) or not all(isinstance(p, str) and p.startswith("/") for p in prefixes):
        raise StackError(f"{file}: prefixes must be a list of paths, as in\n{_EXAMPLE}")
    return Service(short, f"svc_{short}", offset, SERVICE_OPS_OFFSET + offset, tuple(prefixes))
