"""What is kept, by what it is told apart, and what never is."""

from collections.abc import Callable
from typing import Any

import pytest


async def test_the_second_reader_is_answered_out_of_memory_and_told_how_old_it_is(town: Any) -> None:
    first, second = await town.get(), await town.get()
    assert (first.headers["x-cache"], second.headers["x-cache"]) == ("miss", "hit")
    assert first.text == second.text
    assert second.headers["age"].isdigit()
    assert len(town.desk.asked) == 1
    assert town.metric("city_cache_requests_total", route="/v1/news/list", outcome="hit") >= 1
    assert town.metric("city_cache_entries") == 1
    assert town.metric("city_cache_bytes") > len(first.content)


async def test_what_is_of_one_request_is_never_kept(town: Any) -> None:
    await town.get(X_Request_Id="the-first-one", Origin="https://elsewhere.example.go.id")
    again = await town.get(X_Request_Id="the-second-one")
    assert again.headers["x-cache"] == "hit"
    assert again.headers["x-request-id"] == "the-second-one"
    assert "ratelimit" in again.headers
    assert again.headers["vary"] == "Accept-Language, Accept-Encoding"
    assert len(again.headers.get_list("x-request-id")) == len(again.headers.get_list("age")) == 1


async def test_the_key_is_still_asked_for(town: Any) -> None:
    await town.get()
    refused = await town.get(X_Api_Key="nobodys-key-at-all")
    assert (refused.status_code, refused.json()["code"]) == (401, "client_unknown")
    assert (await town.get(Authorization="Bearer nonsense")).status_code == 401


async def test_languages_are_kept_apart_however_they_are_asked_for(town: Any) -> None:
    answers = [
        (await town.get(Accept_Language=words)).text[:3]
        for words in ("en", "id", "en-GB, id;q=0.5", "su, id")
    ]
    assert answers == ["en:", "id:", "en:", "id:"]
    assert len(town.desk.asked) == 2


async def test_the_order_of_a_query_does_not_matter_and_its_repetitions_do(town: Any) -> None:
    for query in ("limit=5&of=a&of=b", "of=a&limit=5&of=b", "of=a&of=%62&limit=5"):
        await town.get(f"/list?{query}")
    assert len(town.desk.asked) == 1
    await town.get("/list?of=b&of=a&limit=5")
    assert len(town.desk.asked) == 2


async def test_junk_in_a_query_reaches_the_service_and_fills_no_memory(town: Any) -> None:
    await town.get()
    before = town.metric("city_cache_entries"), town.metric("city_cache_bytes")
    for number in range(50):
        answer = await town.get(f"/list?x={number}")
        assert "x-cache" not in answer.headers
    assert len(town.desk.asked) == 51
    assert (town.metric("city_cache_entries"), town.metric("city_cache_bytes")) == before
    await town.get("/list?of=" + "a" * 3_000)
    assert town.metric("city_cache_entries") == 1


async def test_an_answer_that_varies_by_platform_is_kept_once_for_each(town: Any) -> None:
    town.desk.headers = {"Vary": "Accept-Language, X-App-Platform"}
    seen = [
        (await town.get(X_App_Platform=platform)).headers["x-cache"]
        for platform in ("android", "ios", "Android", "web", "toaster", "android", "fridge")
    ]
    assert seen == ["miss", "miss", "hit", "miss", "miss", "hit", "hit"]
    assert [one.get("x-app-platform") for one in town.desk.asked] == ["android", "ios", "web", None]


async def test_an_answer_that_begins_to_vary_is_not_given_to_others_because_it_was_confirmed_once(
    town: Any,
) -> None:
    for named in ("Accept-Language", "Accept-Language, X-App-Version"):
        town.desk.headers = {"Vary": named}
        town.kept.purge(["news"])
        await town.get("/pages/begins", X_App_Version="1.0.0")  # the second time it is what it was: 304
    assert (await town.get("/pages/begins", X_App_Version="2.0.0")).headers["x-cache"] == "miss"
    assert town.desk.asked[-1]["x-app-version"] == "2.0.0"
    assert (await town.get("/pages/begins", X_App_Version="1.0.0")).headers["x-cache"] == "hit"


async def test_an_answer_that_varies_by_something_else_is_not_kept_and_everybody_asks(town: Any) -> None:
    town.desk.headers = {"Vary": "X-Mood"}
    for mood in ("good", "bad"):
        answer = await town.get("/pages/moody", X_Mood=mood)
        assert "x-cache" not in answer.headers
        assert town.desk.asked[-1]["x-mood"] == mood
    assert town.metric("city_cache_entries") == 0


@pytest.mark.parametrize("header", ["Set-Cookie", "Cache-Control"])
async def test_what_its_service_calls_private_is_given_to_its_asker_alone(town: Any, header: str) -> None:
    town.desk.headers = {header: {"Set-Cookie": "a=b", "Cache-Control": "private, no-cache"}[header]}
    for number in range(3):
        answer = await town.get("/pages/private", X_Device_Id=f"device-number-{number}")
        assert (answer.status_code, "x-cache" in answer.headers) == (200, False)
        assert answer.headers[header.lower()]
    assert town.metric("city_cache_entries") == 0


async def test_a_citizen_neither_fills_nor_reads_what_guests_share_where_she_sees_more(
    town: Any, signed_in: Callable[[str], dict[str, str]]
) -> None:
    mine = await town.get("/mixed", **signed_in("c1"))
    assert (mine.text, "x-cache" in mine.headers) == ("of c1 None", False)
    guests = [await town.get("/mixed") for _ in range(2)]
    assert [g.headers["x-cache"] for g in guests] == ["miss", "hit"]
    assert (await town.get("/mixed", **signed_in("c2"))).text == "of c2 None"
    assert all("of c" not in g.text for g in guests)


async def test_a_header_that_the_operation_reads_is_a_question_of_its_own(town: Any) -> None:
    await town.get("/mixed")
    assert (await town.get("/mixed", X_Way_Back="secret")).text == "of None secret"
    for header in ("X-Follow-Token", "Range", "If-Match"):
        answer = await town.get("/list", **{header: '"1.a"'})
        assert "x-cache" not in answer.headers
    assert (await town.get("/mixed")).headers["x-cache"] == "hit"


async def test_everybody_shares_what_is_for_everybody_and_it_is_asked_for_as_a_guest(
    town: Any, signed_in: Callable[[str], dict[str, str]]
) -> None:
    await town.get("/list", **signed_in("c1"), X_Device_Id="device-0001", Host="evil.example")
    assert (await town.get("/list")).headers["x-cache"] == "hit"
    asked = town.desk.asked[0]
    assert not {"authorization", "x-device-id", "cookie", "x-api-key"} & set(asked)
    assert "evil" not in asked["host"]


async def test_what_has_no_tag_is_not_kept(town: Any) -> None:
    for _ in range(2):
        assert "x-cache" not in (await town.get("/untagged")).headers
    assert len(town.desk.asked) == 2


async def test_a_problem_is_told_and_not_kept(town: Any) -> None:
    for request_id in ("the-first-one", "the-second-one"):
        answer = await town.get("/pages/none", X_Request_Id=request_id)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert answer.json()["request_id"] == answer.headers["x-request-id"] == request_id
    assert len(town.desk.asked) == 2
    assert town.metric("city_cache_entries") == 0


async def test_a_write_passes_untouched_and_names_the_version_as_its_service_wrote_it(town: Any) -> None:
    read = await town.client.get("/v1/news/list", headers={"Accept-Encoding": "br"})
    etag = read.headers["etag"]
    assert etag.endswith('~br"')
    said = await town.client.put("/v1/news/list", headers={"If-Match": etag})
    assert said.json() == etag.replace("~br", "")
    assert "x-cache" not in said.headers


async def test_what_is_too_large_is_streamed_to_everybody_and_kept_for_nobody(town: Any) -> None:
    town.desk.text = "x" * 2_000_000
    for _ in range(2):
        answer = await town.get("/pages/large")
        assert (len(answer.content), "x-cache" in answer.headers) == (2_000_004, False)
    assert town.metric("city_cache_entries") == 0
