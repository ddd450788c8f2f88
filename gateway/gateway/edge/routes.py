"""The route table: which service answers a path, and what its document says of the operation."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.edge import retiring
from gateway.edge.cache.keeping import Keeping
from shared.auth import Audience
from shared.routes import XCity

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
_PARAMETER = re.compile(r"\{[^/{}]+\}")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path. `service` is None for the gateway's own routes.

    `keeping` is how its answers may be shared; None if nobody else may ever have them.
    """

    service: str | None
    template: str
    method: str
    city: XCity
    audiences: tuple[Audience, ...]
    public: bool
    keeping: Keeping | None = None
    retiring: tuple[tuple[bytes, bytes], ...] = ()
    """Headers of every answer, where the operation is deprecated."""

    @property
    def seconds(self) -> float | None:
        """How long an answer may take; None for a stream."""
        return None if self.city.stream else self.city.deadline_ms / 1_000


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Everything that may be done at one path template."""

    template: str
    operations: Mapping[str, Operation]

    def operation(self, method: str) -> Operation | None:
        """What the method does here; HEAD does what GET does."""
        return self.operations.get(method) or (self.operations.get("GET") if method == "HEAD" else None)

    @property
    def allow(self) -> str:
        """The value of an Allow header."""
        head = {"HEAD"} if "GET" in self.operations else set()
        return ", ".join(sorted({*self.operations, *head, "OPTIONS"}))


@dataclass(slots=True)
class _Node:
    literals: dict[str, "_Node"] = field(default_factory=dict)
    patterns: list[tuple[re.Pattern[str], "_Node"]] = field(default_factory=list)
    parameter: "_Node | None" = None
    endpoint: Endpoint | None = None


class RouteTable:
    """Finds the endpoint of a path: a literal segment wins over `{id}.xml`, and that over `{id}`."""

    def __init__(self, endpoints: Iterable[Endpoint] = ()) -> None:
        self._root = _Node()
        self._literal: dict[str, Endpoint] = {}
        for endpoint in endpoints:
            self._add(endpoint)

    def find(self, path: str) -> Endpoint | None:
        """The endpoint of a decoded path, or None."""
        return self._literal.get(path) or _walk(self._root, path.split("/"), 0)

    def _add(self, endpoint: Endpoint) -> None:
        if not _PARAMETER.search(endpoint.template):
            self._literal[endpoint.template] = endpoint
        node = self._root
        for segment in endpoint.template.split("/"):
            node = _child(node, segment)
        node.endpoint = endpoint


def endpoints(service: str | None, document: Mapping[str, Any]) -> list[Endpoint]:
    """The public endpoints of an accepted document; `/internal/…` is never one of them."""
    return [
        Endpoint(
            template,
            {
                method.upper(): _operation(service, template, method, item)
                for method in METHODS
                if method in item
            },
        )
        for template, item in document.get("paths", {}).items()
        if is_public(template)
    ]


def is_public(path: str) -> bool:
    """Whether the gateway may serve it at all."""
    return path != "/internal" and not path.startswith("/internal/")


def shape(template: str) -> str:
    """The template without the names of its parameters: two of one shape would collide."""
    return _PARAMETER.sub("{}", template)


def _operation(service: str | None, template: str, method: str, item: Mapping[str, Any]) -> Operation:
    city = XCity.model_validate(item[method]["x-city"])
    audiences = tuple(Audience.parse(name) for name in city.audience)
    public, keeping = "public" in city.audience, None
    if public and method == "get" and not city.stream:
        stated = [*item.get("parameters", ()), *item[method].get("parameters", ())]
        keeping = Keeping.of(city, stated)
    ending = retiring.headers(city)
    return Operation(service, template, method.upper(), city, audiences, public, keeping, ending)


def _child(node: _Node, segment: str) -> _Node:
    if not _PARAMETER.search(segment):
        return node.literals.setdefault(segment, _Node())
    if _PARAMETER.fullmatch(segment):
        node.parameter = node.parameter or _Node()
        return node.parameter
    pattern = re.compile("[^/]+".join(re.escape(part) for part in _PARAMETER.split(segment)))
    for known, child in node.patterns:
        if known.pattern == pattern.pattern:
            return child
    child = _Node()
    node.patterns.append((pattern, child))
    node.patterns.sort(key=lambda entry: -len(entry[0].pattern))
    return child


def _walk(node: _Node, segments: list[str], at: int) -> Endpoint | None:
    if at == len(segments):
        return node.endpoint
    segment = segments[at]
    child = node.literals.get(segment)
    found = _walk(child, segments, at + 1) if child is not None else None
    if found is not None or not segment:
        return found
    for pattern, child in node.patterns:
        if pattern.fullmatch(segment) and (found := _walk(child, segments, at + 1)) is not None:
            return found
    return _walk(node.parameter, segments, at + 1) if node.parameter is not None else None
