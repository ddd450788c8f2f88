"""What is found: by words, slips, beginnings, abbreviations; and whatever is typed is harmless."""

from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from shared.testing import QueryRecorder
from tests.gateway.search.conftest import Find, document

REPORTS = [
    document("r1", "Jalan berlubang di Sukasari", "Lubang besar di depan pasar", kind="laksa_report"),
    document("r2", "Lampu jalan padam", "Jalan Merdeka gelap", kind="laksa_report"),
    document("p1", "Pasar Anyar", "Pasar tradisional", kind="prices_market", english="Anyar Market"),
    document("h1", "RSUD Kota Tangerang", "Rumah sakit umum daerah", kind="tourism_place"),
    document("h2", "Rumah Sakit Sitanala", "Jl. Dr. Sitanala No. 99, Kel. Karangsari", kind="tourism_place"),
]


@pytest.fixture(autouse=True, scope="module")
async def _published(client: AsyncClient, keep: Any) -> None:
    await keep(*REPORTS)


HALF: list[dict[str, Any]] = [{"lat": 1}, {"radius_m": 5}, {"limit": 0}, {"type": "A B"}, {"area": "x"}]


def ids(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["items"]]


async def test_a_hit_says_what_it_is_and_where_the_words_stand(find: Find) -> None:
    (hit,) = (await find("jalan berlubang"))["items"]
    assert (hit["type"], hit["kind"], hit["id"]) == ("report", "laksa_report", "r1")
    assert [hit["title"][start:end] for start, end in hit["highlights"]["title"]] == ["Jalan", "berlubang"]
    assert [hit["summary"][start:end] for start, end in hit["highlights"]["summary"]] == ["Lubang"]
    assert (hit["published_at"], hit["distance_m"]) == ("2026-02-01T09:00:00+07:00", None)


async def test_slips_are_forgiven_and_said(find: Find) -> None:
    page = await find("jln berlubng")
    assert (ids(page), page["did_you_mean"]) == (["r1"], "jalan berlubang")
    assert (await find("jalan berlubang"))["did_you_mean"] is None
    assert ids(await find("sitanalla")) == ["h2"]
    assert (await find("qqqqzzzz xxwwyy")) == {"items": [], "next": None, "did_you_mean": None}


async def test_the_last_word_may_be_unfinished_and_only_that(find: Find) -> None:
    assert ids(await find("jalan berlub")) == ["r1"]
    assert ids(await find("sitan")) == ["h2"]
    assert ids(await find("sitan ")) != ["h2"] or (await find("sitan "))["did_you_mean"] == "sitanala"


async def test_stems_meet_in_both_languages(find: Find) -> None:
    assert "r1" in ids(await find("lubang"))
    assert ids(await find("markets", language="en")) == ["p1"]
    (hit,) = (await find("anyar", language="en"))["items"]
    assert hit["title"] == "Anyar Market"


async def test_abbreviations_of_addresses_are_the_words_they_stand_for(find: Find) -> None:
    assert set(ids(await find("RS"))) == {"h1", "h2"}
    assert ids(await find("rumah sakit umum daerah")) == ["h1"]
    assert ids(await find("rsud")) == ["h1"]
    assert ids(await find("kelurahan karangsari")) == ["h2"]
    (hit,) = (await find("jalan sitanala"))["items"]
    assert [hit["summary"][start:end] for start, end in hit["highlights"]["summary"]] == ["Jl", "Sitanala"]


@pytest.mark.parametrize(
    "text",
    [
        "di", "a", "yang di", "😀", "😀😀 🚧", "\x01", "a" * 1_000, " ".join(["kata"] * 190), "'", '"', "\\",
        "''; --", "'; DROP TABLE search_documents; --", "jalan & | ! <-> ( ) :*", "!", "-", "-jalan", "or",
        "or or", "%", "_", '"jalan', "jalan'", "<script>alert(1)</script>", "{}", "$1", ":words", "jalan:*",
        "ＪＡＬＡＮ", "ḧ", "ا", "中文", "1", "1e5", "-5", "3.14", "0x1f", "a@b.c", "http://x.y/z?a=b",
        "\u202e", "\ud7ff", "e\u0301", "ﬁ", "ẞ",
    ],
)  # fmt: skip
async def test_whatever_is_typed_is_harmless(client: AsyncClient, text: str) -> None:
    answer = await client.get("/v1/search", params={"q": text})
    assert answer.status_code == 200, answer.text
    assert {item["id"] for item in answer.json()["items"]} <= {"x", *(each["id"] for each in REPORTS)}


async def test_what_is_no_question_is_refused_and_says_so(client: AsyncClient) -> None:
    for wrong in (
        {},
        {"q": ""},
        {"q": "a" * 1_001},
        {"q": "a", "lat": 1},
        {"q": "a", "radius_m": 5},
        {"q": "a", "limit": 0},
    ):
        assert (await client.get("/v1/search", params=wrong)).status_code == 422, wrong
    half = await client.get("/v1/search", params={"q": "a", "lat": -6.1})
    assert [error["field"] for error in half.json()["errors"]] == ["lon"]
    for nul in ("%00", "jalan%00rusak"):
        assert (await client.get(f"/v1/search?q={nul}")).status_code in (200, 400, 422)


async def test_no_mark_can_become_markup(keep: Any, find: Find) -> None:
    title = "<script>alert('kuda')</script> & kuda 😀 <b>kuda</b>"
    await keep(document("x", title))
    (hit,) = (await find("kuda"))["items"]
    assert hit["title"] == title
    assert [hit["title"][start:end] for start, end in hit["highlights"]["title"]] == ["kuda"] * 3


async def test_a_page_costs_two_queries_and_is_known_by_its_tag(app: FastAPI, client: AsyncClient) -> None:
    with QueryRecorder().on(app.state.runtime.database) as queries:
        first = await client.get("/v1/search", params={"q": "jln berlubng", "lat": -6.1, "lon": 106.6})
    assert sum("search_" in statement for statement in queries.statements) == 2
    headers = {"If-None-Match": first.headers["etag"]}
    again = await client.get(str(first.request.url), headers=headers)
    assert again.status_code == 304


async def test_types_are_told_with_how_many_there_are(client: AsyncClient) -> None:
    answer = await client.get("/v1/search/types")
    told = [(each["type"], each["kinds"], each["count"]) for each in answer.json()["items"]]
    assert [each for each in told if each[0] != "article"] == [
        ("market", ["prices_market"], 1),
        ("place", ["tourism_place"], 2),
        ("report", ["laksa_report"], 2),
    ]
