"""What the merged document says of every operation, and that nothing may be sent without bounds."""

import re
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

import pytest

from gateway.app import create_app
from gateway.documents import rules
from gateway.settings import GatewaySettings
from shared.settings import Settings
from tests.security.fuzz.document import operations

SERVICES = ("laksa", "emergency", "jobs", "prices", "news", "tourism")
#: Formats that bound a text by themselves; a file is bounded by the operation's `body_limit`.
BOUNDED = frozenset({"uuid", "uuid7", "date", "date-time", "binary"})
#: What an app says of itself: what is not understood counts as not said; the edge bounds the whole head.
LENIENT = frozenset({"x-app-platform", "x-app-version"})
Faults = Iterator[str]


@pytest.fixture(scope="module")
def document(settings_for: Callable[..., Any]) -> dict[str, Any]:
    """The merged document of all services, made without starting any."""
    url = "postgresql://nobody:x@127.0.0.1:1/x"
    others = {}
    for short in SERVICES:
        app = import_module(f"svc_{short}.app").create_app
        kind = getattr(import_module(f"svc_{short}.settings"), f"{short.capitalize()}Settings", Settings)
        others[short] = app(settings_for(kind, url)).openapi()
    gateway = create_app(settings_for(GatewaySettings, url, services=[]))
    return rules.merged(gateway.openapi(), others, title="Kota", url="http://x")


def test_every_operation_says_what_it_is_for_and_who_may_call_it(document: dict[str, Any]) -> None:
    wanted = ("summary", "description", "operationId", "tags", "responses", "security")
    silent = [
        f"{label}: {name}"
        for label, operation in operations(document)
        for name in (*wanted, "x-city")
        if not operation.get(name)
    ]
    assert silent == []
    assert [label for label, each in operations(document) if not each["x-city"]["audience"]] == []


def test_no_two_schemas_have_one_title(document: dict[str, Any]) -> None:
    """Generators name classes by titles, and leave out all but one of the same."""
    titles = [schema["title"] for schema in document["components"]["schemas"].values() if "title" in schema]
    assert sorted(titles) == sorted(set(titles))


def test_every_operation_states_what_it_may_answer_and_every_problem_is_one(document: dict[str, Any]) -> None:
    wrong = []
    for label, operation in operations(document):
        answers = operation["responses"]
        missing = {"400", "413", "429", "503"} - answers.keys()
        if "public" not in operation["x-city"]["audience"]:
            missing |= {"401", "403"} - answers.keys()
        wrong += [f"{label}: {status} is not stated" for status in sorted(missing)]
        wrong += [f"{label}: default hides what it answers" for status in answers if status == "default"]
        for status, answer in answers.items():
            told = resolved(document, answer)
            if "X-Request-Id" not in told.get("headers", {}):
                wrong.append(f"{label}: {status} has no X-Request-Id")
            if status in ("429", "504") and "Retry-After" not in told["headers"]:
                wrong.append(f"{label}: {status} has no Retry-After")
    assert wrong == []


def test_no_reference_leads_nowhere(document: dict[str, Any]) -> None:
    references = set(re.findall(r'"(#/[^"]+)"', repr(document).replace("'", '"')))
    assert [each for each in sorted(references) if not found(document, each)] == []


def test_whatever_is_sent_has_bounds(document: dict[str, Any]) -> None:
    faults = []
    for label, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "header" and parameter["name"].lower() in LENIENT:
                continue
            place = f"{label}: {parameter['in']} {parameter['name']}"
            faults += list(unbounded(document, parameter["schema"], place))
        for media in operation.get("requestBody", {}).get("content", {}).values():
            faults += list(unbounded(document, media["schema"], f"{label}: body"))
    assert faults == []


@pytest.mark.parametrize(
    ("schema", "name", "good", "bad"),
    [
        ("Tourism.PlaceIn", "website", "https://museum.example/", "museum"),
        ("Tourism.ContactIn", "phone", "+62 21 555", "nomor"),
        ("Tourism.ContactIn", "email", "demo@museum.example", "museum"),
        ("Tourism.ContactIn", "instagram", "@museum.demo", "mu seum"),
    ],
)
def test_the_document_tells_how_a_place_is_reached(
    document: dict[str, Any], schema: str, name: str, good: str, bad: str
) -> None:
    pattern = document["components"]["schemas"][schema]["properties"][name]["anyOf"][0]["pattern"]
    assert re.search(pattern, good)
    assert not re.search(pattern, bad)


def test_a_provider_needs_its_key_and_nothing_else(document: dict[str, Any]) -> None:
    provided = [each for _, each in operations(document) if each["x-city"]["audience"] == ["provider"]]
    assert [each["security"] for each in provided] == [[{"api_key": []}]] * 6


def test_what_the_edge_adds_to_an_answer_is_told(document: dict[str, Any]) -> None:
    wrong = []
    for label, operation in operations(document):
        kept = operation["x-city"].get("tags") and "public" in operation["x-city"]["audience"]
        wanted = {"RateLimit", "RateLimit-Policy"} | (
            {"ETag", "Vary", "X-Cache", "Age"} if kept and label.startswith("GET ") else set()
        )
        for status, answer in operation["responses"].items():
            if status in ("200", "304"):
                missing = wanted - resolved(document, answer).get("headers", {}).keys()
                wrong += [f"{label}: {status} does not tell {name}" for name in sorted(missing)]
    assert wrong == []


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        *(
            ("ClientChangeIn", name)
            for name in ("name", "type", "origins", "rate_per_second", "burst", "scopes")
        ),
        *(
            ("ProviderChangeIn", name)
            for name in ("name", "agency", "agreement", "scopes", "documents_limit")
        ),
    ],
)
def test_what_cannot_be_taken_away_is_not_told_as_null(
    document: dict[str, Any], schema: str, name: str
) -> None:
    member = document["components"]["schemas"][schema]["properties"][name]
    assert "null" not in repr(member)
    assert member.keys() & {"type", "$ref", "enum"}


def test_whatever_names_its_members_by_a_pattern_has_no_others(document: dict[str, Any]) -> None:
    named = list(by_pattern(document))
    assert len(named) >= 4
    assert [each for each in named if each.get("additionalProperties") is not False] == []


def by_pattern(part: Any) -> Iterator[Mapping[str, Any]]:
    """Every schema with members whose names only a pattern tells."""
    if isinstance(part, Mapping):
        if "patternProperties" in part:
            yield part
        part = part.values()
    elif not isinstance(part, list):
        return
    for each in part:
        yield from by_pattern(each)


def test_the_ids_of_the_map_are_told(document: dict[str, Any]) -> None:
    operation = document["paths"]["/ogc/collections/{collection_id}/items/{feature_id}"]["get"]
    assert [re.search(each["schema"]["pattern"], "\x81") for each in operation["parameters"]] == [None, None]


def unbounded(document: Mapping[str, Any], schema: Mapping[str, Any], place: str) -> Faults:
    """Where a schema lets somebody send as much as they like."""
    schema = resolved(document, schema)
    for word in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(word, ()):
            yield from unbounded(document, each, place)
    if "enum" in schema or "const" in schema:
        return
    kind = schema.get("type")
    if kind == "string" and not ("maxLength" in schema or schema.get("format") in BOUNDED or closed(schema)):
        yield f"{place}: a text without maxLength"
    elif kind in ("integer", "number") and not has_ends(schema):
        yield f"{place}: a number without minimum or maximum"
    elif kind == "array":
        if "maxItems" not in schema and "prefixItems" not in schema:
            yield f"{place}: a list without maxItems"
        yield from unbounded(document, schema.get("items", {}), f"{place}[]")
    elif kind == "object":
        yield from unbounded_parts(document, schema, place)


def unbounded_parts(document: Mapping[str, Any], schema: Mapping[str, Any], place: str) -> Faults:
    """The same of an object's members, those with names of the sender's choice too."""
    for name, part in schema.get("properties", {}).items():
        yield from unbounded(document, part, f"{place}.{name}")
    more = schema.get("additionalProperties")
    if isinstance(more, Mapping):
        if "maxProperties" not in schema:
            yield f"{place}: members without maxProperties"
        yield from unbounded(document, more, f"{place}.*")


def has_ends(schema: Mapping[str, Any]) -> bool:
    lower = "minimum" in schema or "exclusiveMinimum" in schema
    return lower and ("maximum" in schema or "exclusiveMaximum" in schema)


def closed(schema: Mapping[str, Any]) -> bool:
    """Whether the pattern itself ends: anchored, and nothing repeated without an end."""
    pattern = re.sub(r"\[[^\]]*\]", "c", schema.get("pattern", "*"))
    return pattern.startswith("^") and pattern.endswith("$") and not re.search(r"[*+]|,\}", pattern)


def resolved(document: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    return found(document, part["$ref"]) if "$ref" in part else part


def found(document: Any, reference: str) -> Any:
    for name in reference.split("/")[1:]:
        document = document.get(name.replace("~1", "/"), {})
    return document
