"""Walking the merged document, and putting living values into a copy of it."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

_METHODS = ("get", "put", "post", "delete", "patch", "options")
#: Hypothesis takes half a minute to fill one to its most by its pattern: tests/gateway/media does that.
LABORIOUS = frozenset({"Upload-Metadata"})


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(`GET /v1/me`, operation) of every operation in the document."""
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def only(document: Mapping[str, Any], labels: Collection[str]) -> dict[str, Any]:
    """The document with the paths of these operations alone."""
    wanted = {label.partition(" ")[2] for label in labels}
    return {**document, "paths": {path: item for path, item in document["paths"].items() if path in wanted}}


def with_examples(document: dict[str, Any], seeds: Mapping[str, Any]) -> dict[str, Any]:
    """A copy with living values as examples; `seeds`: {label: {place: {name: [value]}, body: [value]}}.

    Of the ways to be admitted, signed in comes first: Schemathesis takes the first it has the means for.
    """
    copy: dict[str, Any] = json.loads(json.dumps(document))
    for label, operation in operations(copy):
        given = seeds.get(label, {})
        operation["security"].sort(key=lambda way: "bearer" not in way)
        for parameter in operation.get("parameters", ()):
            values = given.get(parameter["in"], {}).get(parameter["name"])
            if values:
                parameter["examples"] = _named(values)
            if parameter["name"] in LABORIOUS:
                parameter["schema"].pop("maxLength", None)
        for media in operation.get("requestBody", {}).get("content", {}).values():
            if given.get("body"):
                media["examples"] = _named(given["body"])
    return copy


def _named(values: list[Any]) -> dict[str, Any]:
    return {f"seed {number}": {"value": value} for number, value in enumerate(values)}
