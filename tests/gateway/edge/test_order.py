"""What the edge refuses, and in which order."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from httpx import AsyncClient

GOOD_ORIGIN = "https://app.example.go.id"


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_without_a_known_key_nothing_else_is_looked_at(town: Any) -> None:
    async with AsyncClient(base_url=town.url) as bare:
        assert code(await bare.get("/v1/news/seen")) == (401, "client_unknown")
        wrong = {"X-Api-Key": "key_of_nobody", "Authorization": "Bearer nonsense"}
        assert code(await bare.get("/v1/news/mine", headers=wrong)) == (401, "client_unknown")
        assert (await bare.get("/v1/news/open")).json() == "open"


async def test_a_body_too_large_is_refused_before_the_key_is_looked_at(town: Any) -> None:
    async with AsyncClient(base_url=town.url) as bare:
        answer = await bare.post("/v1/news/words", content=b"x" * 100_001)
        assert code(answer) == (413, "too_large")
        assert "100000" in answer.json()["detail"]


async def test_a_body_that_hides_its_size_is_counted(town: Any) -> None:
    async def parts() -> Any:
        for _ in range(20):
            yield b"x" * 10_000

    assert code(await town.client.post("/v1/news/words", content=parts())) == (413, "too_large")

    async def many() -> Any:
        for _ in range(200):
            yield b"x" * 65_536

    answer = await town.client.post("/v1/news/files", content=many())
    assert code(answer) == (413, "too_large")
    assert town.metric("city_upstream_failures_total", service="svc-news", reason="connection") == 0


async def test_a_bad_token_is_refused_before_the_body_is_read_or_the_service_asked(town: Any) -> None:
    headers = {"Authorization": "Bearer nonsense"}
    assert code(await town.client.post("/v1/news/slow?ms=0", headers=headers)) == (401, "unauthenticated")
    assert town.notes == []


async def test_an_unknown_path_is_404_and_a_wrong_method_405_with_or_without_a_key(town: Any) -> None:
    async with AsyncClient(base_url=town.url) as bare:
        assert code(await bare.get("/v1/nothing")) == (404, "not_found")
        answer = await bare.delete("/v1/news/words")
        assert code(answer) == (405, "method_not_allowed")
        assert answer.headers["allow"] == "OPTIONS, POST"
        assert (await bare.put("/v1/news/articles/7")).headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    "path", ["/metrics", "/internal/snapshots/x", "/v1/news", "/v1/newsroom", "/v1/news/seen/"]
)
async def test_what_is_not_public_is_not_there(town: Any, path: str) -> None:
    assert (await town.client.get(path)).status_code == 404


async def test_a_prefix_whose_service_never_spoke_is_503(town: Any) -> None:
    answer = await town.client.get("/v1/prices/latest")
    assert code(answer) == (503, "unavailable")
    assert answer.headers["retry-after"]


@pytest.mark.parametrize(
    "path",
    ["/v1/news/%2e%2e/seen", "/v1/news/articles/a%2Fb", "/v1/news/articles/%00", "/v1/news/articles/a%5cb"],
)
async def test_a_path_that_two_readers_could_read_differently_is_400(town: Any, path: str) -> None:
    async with AsyncClient(base_url=town.url, headers=town.client.headers) as client:
        assert code(await client.get(path)) == (400, "bad_request")


async def test_too_many_or_too_long_headers_are_431(town: Any) -> None:
    many = {f"x-filler-{n}": "1" for n in range(120)}
    assert code(await town.client.get("/v1/news/seen", headers=many)) == (431, "headers_too_large")
    long = {"x-filler": "x" * 40_000}
    assert code(await town.client.get("/v1/news/seen", headers=long)) == (431, "headers_too_large")


async def test_the_audience_of_a_route_is_enforced_here(
    town: Any, signed_in: Callable[..., dict[str, str]]
) -> None:
    editor = signed_in(kind="staff", sub="s9", roles=["editor"])
    officer = signed_in(kind="staff", sub="s8", roles=["laksa_officer"])
    assert code(await town.client.get("/v1/news/mine")) == (401, "unauthenticated")
    assert (await town.client.get("/v1/news/mine", headers=signed_in())).json() == "c1"
    assert code(await town.client.get("/v1/news/mine", headers=editor)) == (403, "forbidden")
    assert (await town.client.get("/v1/news/desk", headers=editor)).json() == "s9"
    assert code(await town.client.get("/v1/news/desk", headers=officer)) == (403, "forbidden")


@pytest.mark.parametrize("device", ["short", "x" * 65, "with space", "semi;colon"])
async def test_a_guests_device_id_has_8_to_64_url_safe_characters(town: Any, device: str) -> None:
    answer = await town.client.get("/v1/news/seen", headers={"X-Device-Id": device})
    assert code(answer) == (400, "device_id_bad")


async def test_a_malformed_device_id_is_told_to_whoever_is_signed_in_too(
    town: Any, signed_in: Callable[..., dict[str, str]]
) -> None:
    headers = {"X-Device-Id": "short", **signed_in()}
    answer = await town.client.get("/v1/news/seen", headers=headers)
    assert code(answer) == (400, "device_id_bad")


async def test_problems_speak_the_callers_language(town: Any) -> None:
    answer = await town.client.get("/v1/nothing", headers={"Accept-Language": "en;q=0.9, fr"})
    assert (answer.headers["content-language"], answer.json()["title"]) == ("en", "Not found")
    assert (await town.client.get("/v1/nothing")).headers["content-language"] == "id"


async def test_preflight_is_answered_without_a_key_for_registered_origins(town: Any) -> None:
    asked = {"Origin": GOOD_ORIGIN, "Access-Control-Request-Method": "POST"}
    async with AsyncClient(base_url=town.url) as bare:
        answer = await bare.options("/v1/news/words", headers=asked)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == GOOD_ORIGIN
        assert "POST" in answer.headers["access-control-allow-methods"]
        assert {"X-Api-Key", "X-Follow-Token", "X-Device-Id"} <= set(
            answer.headers["access-control-allow-headers"].split(", ")
        )
        other = await bare.options("/v1/news/words", headers={**asked, "Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers
        plain = await bare.options("/v1/news/words")
        assert (plain.status_code, plain.headers["allow"]) == (204, "OPTIONS, POST")


async def test_a_registered_origin_may_read_answers_and_problems(town: Any) -> None:
    for path in ("/v1/news/seen", "/v1/news/mine", "/v1/nothing"):
        answer = await town.client.get(path, headers={"Origin": GOOD_ORIGIN})
        assert answer.headers["access-control-allow-origin"] == GOOD_ORIGIN
        assert "RateLimit" in answer.headers["access-control-expose-headers"]
        stranger = await town.client.get(path, headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in stranger.headers


async def test_a_key_may_come_in_the_form_where_the_standard_says_so(town: Any) -> None:
    async with AsyncClient(base_url=town.url) as bare:
        form = {"api_key": town.client.headers["x-api-key"], "description": "a hole"}
        assert (await bare.post("/v1/news/form", data=form)).json() == "web a hole"
        files = {"media": ("a.txt", b"hello")}
        assert (await bare.post("/v1/news/form", data=form, files=files)).json() == "web a hole"
        assert code(await bare.post("/v1/news/form", data={"description": "x"})) == (401, "client_unknown")


async def test_every_answer_is_counted_by_route_client_and_class(town: Any) -> None:
    def counted() -> list[float]:
        route = {"route": "/v1/news/articles/{article_id}", "method": "GET", "status": "2xx"}
        return [
            town.metric("city_http_requests_total", **route),
            town.metric("city_http_requests_total", route="unmatched", method="GET", status="4xx"),
            town.metric("city_client_requests_total", client="web", status="2xx"),
            town.metric("city_upstream_seconds_count", service="svc-news"),
        ]

    before = counted()
    for _ in range(3):
        await town.client.get("/v1/news/articles/7")
    await town.client.get("/v1/nothing")
    assert [now - then for now, then in zip(counted(), before, strict=True)] == [3, 1, 3, 3]


async def test_health_is_public_and_says_what_is_amiss(town: Any) -> None:
    async with AsyncClient(base_url=town.url) as bare:
        assert (await bare.get("/health/live")).json() == {"status": "ok"}
        answer = await bare.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert "svc-prices: no document yet" in json.dumps(answer.json())
