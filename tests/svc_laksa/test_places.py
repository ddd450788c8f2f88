"""Finding a place by what a resident types: candidates with area and score; the text never in the URL."""

import pytest

from shared.testing import QueryRecorder
from tests.svc_laksa.town import Town


async def test_depan_pasar_anyar_finds_the_market(town: Town) -> None:
    answer = await town.post(town.guest, "/places/locate", {"text": "depan Pasar Anyar"})
    assert answer.status_code == 200
    assert answer.json()["items"][0] == {
        "name": "Pasar Anyar Tangerang",
        "kind": {"code": "market", "label": "Pasar"},
        "point": {"lat": -6.17568, "lon": 106.63553},
        "exact": True,
        "score": 1.0,
        "district": {"code": "36.71.01", "label": "Tangerang"},
        "village": {"code": "36.71.01.1002", "label": "Sukaasih"},
    }


async def test_areas_are_named_in_the_words_of_the_city_and_the_language_of_the_caller(town: Town) -> None:
    english = {"Accept_Language": "en"}
    answer = await town.post(town.guest, "/places/locate", {"text": "kec. cipondoh", "limit": 2}, **english)
    district, village = answer.json()["items"]
    assert (district["kind"], district["village"], district["exact"]) == (
        {"code": "district", "label": "district"},
        None,
        False,
    )
    assert (village["kind"]["code"], village["village"]["label"]) == ("village", "Cipondoh")


async def test_nonsense_finds_nothing_and_a_text_is_never_sent_back(town: Town) -> None:
    answer = await town.post(town.guest, "/places/locate", {"text": "rahasia-4711 qwerty"})
    assert answer.json() == {"items": [], "next": None}
    assert (await town.get(town.guest, "/places/locate", params={"text": "x"})).status_code == 405


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": "x" * 201}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"text": "x", "limit": 0}, "limit"),
        ({"text": "x", "limit": 21}, "limit"),
    ],
)
async def test_a_bad_question_names_the_field(town: Town, body: dict[str, object], field: str) -> None:
    answer = await town.post(town.guest, "/places/locate", body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_the_gazetteer_asks_no_database(town: Town) -> None:
    with QueryRecorder().on(town.run.database) as queries:
        assert (await town.post(town.guest, "/places/locate", {"text": "cikokol"})).json()["items"]
    assert queries.statements == []
