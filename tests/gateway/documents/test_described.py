"""A front-end team needs no other page: what the name of a member does not say, the document does."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from gateway.app import create_app
from gateway.settings import GatewaySettings

TAGS = {"start", "home", "search", "providers", "admin", "administration"}
_PLAIN = """
id name title summary text items next lat lon point count reason created_at changed_at starts_at ends_at
published_at expires_at menus services notices links icon update flags city contacts colours platform day
requests bytes agency agreement scopes key signing_secret usage home documents level
"""
#: Their names say it, wherever they stand.
PLAIN = frozenset(_PLAIN.split())


@pytest.fixture(scope="module")
def document(settings_for: Callable[..., Any]) -> dict[str, Any]:
    """Of the gateway itself; its database is not asked."""
    made: dict[str, Any] = create_app(settings_for(GatewaySettings, "postgresql://x@127.0.0.1:1/x")).openapi()
    return made


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in ("get", "put", "post", "patch", "delete") and TAGS & set(operation["tags"]):
                yield f"{method.upper()} {path}", operation


def schemas(document: Mapping[str, Any], found: Any, seen: set[str]) -> set[str]:
    """The names of all schemas that this leads to."""
    if isinstance(found, dict):
        if (name := str(found.get("$ref", "")).rpartition("/")[2]) and name not in seen:
            seen.add(name)
            schemas(document, document["components"]["schemas"].get(name), seen)
        for inner in found.values():
            schemas(document, inner, seen)
    elif isinstance(found, list):
        for inner in found:
            schemas(document, inner, seen)
    return seen


def silent(name: str, said: Mapping[str, Any], about: str) -> bool:
    """Whether neither its name, nor its own words, nor those of its schema say what it is."""
    words = [each.get("description") for each in (said, *said.get("anyOf", ()))]
    return name not in PLAIN and not any(words) and not re.search(rf"`{name}\b", about)


def test_every_operation_says_in_a_sentence_what_it_does(document: dict[str, Any]) -> None:
    short = [name for name, operation in operations(document) if len(operation.get("description", "")) < 20]
    assert short == []


def test_the_summary_is_the_first_sentence_not_the_name_of_a_function(document: dict[str, Any]) -> None:
    said = {name: operation["summary"] for name, operation in operations(document)}
    assert said["GET /v1/menus"].startswith("Every service of the city with its menus")
    assert [name for name, words in said.items() if words.count(" ") < 2] == []


def test_every_parameter_is_described(document: dict[str, Any]) -> None:
    undescribed = [
        f"{name}: {each['name']}"
        for name, operation in operations(document)
        for each in operation.get("parameters", ())
        if silent(each["name"], each, operation["description"])
    ]
    assert undescribed == []


def test_every_member_is_described(document: dict[str, Any]) -> None:
    reached: set[str] = set()
    for _, operation in operations(document):
        schemas(document, operation.get("requestBody"), reached)
        schemas(document, operation.get("responses"), reached)
    kinds = {name: document["components"]["schemas"].get(name, {}) for name in reached}
    undescribed = [
        f"{kind}.{name}"
        for kind, schema in sorted(kinds.items())
        for name, member in schema.get("properties", {}).items()
        if silent(name, member, schema.get("description", ""))
    ]
    assert len(kinds) > 50
    assert undescribed == []
