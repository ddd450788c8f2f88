"""Which document of a service may be used, and how all of them become one."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Annotated, Any

from pydantic import BaseModel, StringConstraints, TypeAdapter, ValidationError

from gateway.edge.routes import METHODS, is_public, shape
from shared import openapi
from shared.routes import XCity


class _Wording(BaseModel):
    title: str
    detail: str


class _Told(BaseModel):
    """What a service says of one of its problem codes."""

    status: int | None = None
    id: _Wording
    en: _Wording


_PROBLEMS = TypeAdapter(dict[Annotated[str, StringConstraints(pattern=r"^\w{1,60}$")], _Told])
_KINDS = frozenset({"public", "citizen", "staff", "partner", "provider", "system"})
_REF = "#/components/"
_SHARED_PARTS = frozenset({"securitySchemes"})
_EDGE = (400, 408, 413, 429, 431, 503)
"""What the edge answers on any path: head or body malformed, slow or too large, too many, no service."""
_TEXT = {"schema": {"type": "string"}}
#: Headers that the edge adds: of whoever was charged, and of what the answer cache keeps.
_CHARGED: Mapping[str, Any] = {
    "RateLimit": {"description": "What is left of the tightest limit, and when it is whole again", **_TEXT},
    "RateLimit-Policy": {"description": "That limit", **_TEXT},
}
_KEPT: Mapping[str, Any] = {
    "ETag": {"description": "Strong; another one for each coding", **_TEXT},
    "Vary": _TEXT,
    "X-Cache": {"schema": {"type": "string", "enum": ["hit", "miss", "revalidated", "stale"]}},
    "Age": {"description": "Seconds", "schema": {"type": "integer", "minimum": 0}},
}
_RETIRING: Mapping[str, Any] = {
    "Deprecation": {"description": "Since when, RFC 9745", **_TEXT},
    "Sunset": {"description": "When it ends, RFC 8594", **_TEXT},
    "Link": {"description": "Where it is described, and what replaces it", **_TEXT},
}


def why_refused(document: Any, prefixes: Sequence[str], taken: Iterable[str]) -> str | None:
    """The first reason not to use a service's document; None if it is good.

    `taken` are the path templates that others already serve.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("paths"), Mapping):
        return "it is no OpenAPI document"
    try:
        _PROBLEMS.validate_python(document.get("x-problems", {}))
    except ValidationError:
        return "x-problems is not valid"
    shapes = {shape(template) for template in taken}
    for template, item in document["paths"].items():
        if not is_public(template):
            continue
        if not any(within(template, prefix) for prefix in prefixes):
            return f"{template} lies outside {', '.join(prefixes)}"
        if shape(template) in shapes:
            return f"{template} is already taken"
        shapes.add(shape(template))
        reason = _item_reason(template, item)
        if reason is not None:
            return reason
    return None


def within(path: str, prefix: str) -> bool:
    """Whether a path belongs to a prefix: `/feeds/news.atom` and `/feeds/news/x` do to `/feeds/news`."""
    return path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in ("", "/", ".")


def merged(own: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]], **info: str) -> dict[str, Any]:
    """One OpenAPI document: the gateway's own as it is, the parts of each service under its name.

    `others` maps the short name (`laksa`) to an accepted document; components become `Laksa.ReportOut`, but
    problems, where they are the gateway's, stay what they are. Every operation states what the edge answers.
    """
    parts: dict[str, dict[str, Any]] = {kind: dict(p) for kind, p in own.get("components", {}).items()}
    paths = {path: deepcopy(item) for path, item in own.get("paths", {}).items() if is_public(path)}
    for short, document in sorted(others.items()):
        prefix = f"{short.capitalize()}."
        common = _common(parts, document)
        for kind, components in document.get("components", {}).items():
            if kind not in _SHARED_PARTS:
                renamed = {n: _renamed(c, prefix, common) for n, c in components.items()}
                new = {
                    prefix + n: _titled(c, prefix + n)
                    for n, c in renamed.items()
                    if f"{_REF}{kind}/{n}" not in common
                }
                parts.setdefault(kind, {}).update(new)
        for path, item in document["paths"].items():
            if is_public(path):
                paths[path] = _renamed(_with_operation_ids(item, short), prefix, common)
    whole = {
        "openapi": "3.1.0",
        "info": {"title": info.get("title", "API"), "version": own.get("info", {}).get("version", "1")},
        "servers": [{"url": info.get("url", "/")}],
        "paths": dict(sorted(paths.items())),
        "components": parts,
    }
    return _with_the_edge(whole)


def _item_reason(template: str, item: Any) -> str | None:
    if not isinstance(item, Mapping):
        return f"{template} is no path item"
    for method in METHODS:
        if method in item and (reason := _operation_reason(item[method])) is not None:
            return f"{method.upper()} {template}: {reason}"
    return None


def _operation_reason(operation: Any) -> str | None:
    stated = operation.get("x-city") if isinstance(operation, Mapping) else None
    if stated is None:
        return "x-city is missing"
    try:
        city = XCity.model_validate(stated)
    except ValidationError as error:
        return f"x-city is not valid: {error.errors()[0]['msg']}"
    unknown = [a for a in city.audience if a.partition(":")[0] not in _KINDS]
    if unknown or not city.audience:
        return f"x-city.audience is not valid: {unknown or 'nobody is named'}"
    return None


def _with_operation_ids(item: Mapping[str, Any], short: str) -> dict[str, Any]:
    return {
        method: {**part, "operationId": f"{short}_{part['operationId']}"}
        if method in METHODS and "operationId" in part
        else part
        for method, part in item.items()
    }


def _common(parts: Mapping[str, Any], document: Mapping[str, Any]) -> frozenset[str]:
    """References to problems that a service describes in the gateway's very words."""
    return frozenset(
        f"{_REF}{kind}/{name}"
        for kind, components in document.get("components", {}).items()
        for name, component in components.items()
        if name.startswith("Problem") and parts.get(kind, {}).get(name) == component
    )


def _with_the_edge(document: dict[str, Any]) -> dict[str, Any]:
    """The document with what the edge answers instead of, or before, whoever does the work."""
    document["components"].setdefault("headers", {}).update({**_CHARGED, **_KEPT, **_RETIRING})
    for item in document["paths"].values():
        for method in METHODS:
            city = item.get(method, {}).get("x-city")
            if city is not None:
                _tell_headers(item[method], kept=method == "get" and bool(city.get("tags")) and _open(city))
            if city is None or city.get("errors", "problem") != "problem":
                continue
            named = city.get("key", "required") != "none" or city.get("bearer", "read") == "read"
            stated = item[method].setdefault("responses", {})
            for status in (*_EDGE, 401) if named else _EDGE:
                stated.setdefault(str(status), openapi.problem(document, status))
    answers = document["components"].get("responses", {})
    answers.update({name: _with_headers(each, _CHARGED) for name, each in answers.items()})
    return document


def _open(city: Mapping[str, Any]) -> bool:
    return "public" in city.get("audience", ())


def _tell_headers(operation: dict[str, Any], *, kept: bool) -> None:
    """Of everything but problems, which are said once for all; what is kept may be a 304 to anybody."""
    answers = operation.setdefault("responses", {})
    if kept:
        told = {"headers": openapi.told("X-Request-Id")}
        answers.setdefault("304", {"description": "If-None-Match named this answer", **told})
    for status, answer in answers.items():
        if "$ref" not in answer:
            more = _KEPT if kept and status in ("200", "304") else {}
            ending = _RETIRING if operation["x-city"].get("deprecated") else {}
            answers[status] = _with_headers(answer, {**_CHARGED, **more, **ending})


def _with_headers(answer: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """What an answer says of its own headers stays."""
    more = {name: {"$ref": f"{_REF}headers/{name}"} for name in names}
    return {**answer, "headers": {**more, **answer.get("headers", {})}}


def _titled(component: Any, name: str) -> Any:
    """With its new name as title: generators name classes by titles, and skip all but one of the same."""
    titled = isinstance(component, Mapping) and "title" in component
    return {**component, "title": name.replace(".", "")} if titled else component


def _renamed(part: Any, prefix: str, common: frozenset[str]) -> Any:
    """The part with every reference to a component pointing at its new name."""
    if isinstance(part, Mapping):
        return {name: _renamed(value, prefix, common) for name, value in part.items()}
    if isinstance(part, list):
        return [_renamed(value, prefix, common) for value in part]
    if isinstance(part, str) and part.startswith(_REF) and part not in common:
        kind, _, name = part.removeprefix(_REF).partition("/")
        return part if kind in _SHARED_PARTS else f"{_REF}{kind}/{prefix}{name}"
    return part
