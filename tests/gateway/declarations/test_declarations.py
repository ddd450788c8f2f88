"""One list of what services and providers declare, in the order of home, told by documents alone."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.declarations.usecases import Declarations, MenuOffer, Part, Section, Wanted
from gateway.edge.sections import Source

LIMITED = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 3}}


def nothing(wanted: Wanted) -> Part:
    return Part("ok")


def section(name: str, order: int, owner: str) -> Section:
    return Section(name, order, owner, nothing)


@pytest.fixture
def declared() -> Declarations:
    return Declarations(["prices", "news"])


def test_sections_of_all_owners_stand_in_one_order(declared: Declarations) -> None:
    declared.tell("news", [section("events", 80, "news"), section("news", 50, "news")], [])
    declared.tell("queue", [section("queue", 60, "queue")], [])
    declared.tell("prices", [section("prices", 50, "prices")], [])
    assert [s.name for s in declared.sections()] == ["news", "prices", "queue", "events"]


def test_a_provider_takes_no_name_from_a_service_even_if_it_spoke_first(declared: Declarations) -> None:
    stolen = MenuOffer("market-prices", "queue", "https://queue.example.go.id")
    declared.tell("queue", [section("prices", 1, "queue")], [stolen])
    declared.tell(
        "prices", [section("prices", 30, "prices")], [MenuOffer("market-prices", "prices", "/v1/p")]
    )
    assert [(s.owner, s.order) for s in declared.sections()] == [("prices", 30)]
    assert declared.menus()["market-prices"].owner == "prices"
    declared.forget("prices")
    assert declared.sections()[0].owner == "queue"


@pytest.mark.parametrize("order", [("queue", "other"), ("other", "queue")])
def test_of_two_providers_the_one_that_declared_last_has_the_name_on_every_worker(
    declared: Declarations, order: tuple[str, str]
) -> None:
    since = {"queue": datetime(2026, 2, 1, tzinfo=UTC), "other": datetime(2026, 2, 2, tzinfo=UTC)}
    for owner in order:  # however a worker reads them
        menu = MenuOffer("id-card", owner, "/id-card")
        declared.tell(owner, [section("queue", 1, owner)], [menu], since[owner])
    assert declared.sections()[0].owner == "other"
    assert declared.menus()["id-card"].owner == "other"
    declared.tell("queue", [section("queue", 1, "queue")], [], datetime(2026, 2, 3, tzinfo=UTC))
    assert declared.sections()[0].owner == "queue"
    declared.forget("queue")
    assert declared.sections()[0].owner == "other"


def test_whoever_listens_hears_of_changes_alone(declared: Declarations) -> None:
    heard: list[int] = []
    declared.on_change.append(lambda: heard.append(len(declared.sections())))
    for _ in range(2):
        declared.tell("news", [section("news", 50, "news")], [])
        declared.stands("news", "owner_not_answering")
        declared.stands("queue", None)
    assert (heard, declared.why_down("news")) == ([1, 1], "owner_not_answering")
    shown = declared.sections()
    declared.stands("news", None)
    declared.forget("nobody")
    declared.forget("news")
    assert (heard, declared.why_down("news"), len(shown)) == ([1, 1, 1, 0], None, 1)


def test_nothing_is_made_anew_while_nothing_changes(declared: Declarations) -> None:
    declared.tell("news", [section("news", 50, "news")], [])
    assert declared.sections() is declared.sections()


@pytest.mark.parametrize(
    ("parameters", "wanted", "query"),
    [
        ([], Wanted("id", lat=-6.1, lon=106.6), ""),
        ([LIMITED], Wanted("id"), "limit=3"),
        ([{**LIMITED, "schema": {"minimum": 7}}], Wanted("id"), "limit=7"),
        ([{**LIMITED, "in": "header"}], Wanted("id"), ""),
        (
            [{"$ref": "#/components/parameters/limit"}, "junk", {**LIMITED, "schema": "junk"}],
            Wanted("id"),
            "limit=5",
        ),
        ([{"name": "lat", "in": "query"}], Wanted("id", lat=-6.1, lon=106.6), ""),
        ([{"name": "market", "in": "query", "required": True}], Wanted("id"), None),
    ],
)
def test_a_section_asks_only_what_its_operation_declares(
    parameters: list[Any], wanted: Wanted, query: str | None
) -> None:
    assert Source.of("/v1/news", parameters).query(wanted) == query
