"""What goes to a service and comes back."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from httpx import AsyncClient


async def test_a_request_reaches_the_service_with_the_gateways_word_for_who_calls(
    town: Any, signed_in: Callable[..., dict[str, str]]
) -> None:
    answer = await town.client.get(
        "/v1/news/seen?a=1&b=%2F", headers={**signed_in(sub="c7"), "X-Request-Id": "mine-12345"}
    )
    seen = answer.json()
    assert answer.status_code == 200, answer.text
    assert seen["caller"] == {"kind": "citizen", "sub": "c7", "client": "web", "device": None}
    assert (seen["path"], seen["query"]) == ("/v1/news/seen", "a=1&b=%2F")
    assert answer.headers["x-request-id"] == seen["headers"]["x-request-id"] == "mine-12345"
    assert 0 < int(seen["headers"]["x-deadline-ms"]) <= 2_000
    assert len(seen["headers"]["traceparent"].split("-")) == 4


async def test_nothing_a_client_sends_passes_for_the_gateways_word(town: Any) -> None:
    forged = {
        "X-Identity": "forged",
        "X-Deadline-Ms": "999999",
        "X-Forwarded-For": "10.0.0.1",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "for=10.0.0.1",
        "X-Real-Ip": "10.0.0.1",
        "Cookie": "a=b",
        "Connection": "close, x-hop",
        "X-Hop": "1",
        "X-Device-Id": "device-0001",
        "X-App-Version": "1.2.3",
    }
    seen = (await town.client.get("/v1/news/seen", headers=forged)).json()
    assert seen["caller"] == {"kind": "anonymous", "sub": None, "client": "web", "device": "device-0001"}
    gone = {name.lower() for name in forged} - {"connection", "x-app-version", "x-identity", "x-deadline-ms"}
    assert not gone & set(seen["headers"])
    assert seen["headers"]["x-identity"] != "forged"
    assert int(seen["headers"]["x-deadline-ms"]) <= 2_000
    assert seen["headers"]["x-app-version"] == "1.2.3"
    assert "x-api-key" not in seen["headers"]


async def test_a_literal_segment_wins_over_a_parameter(town: Any) -> None:
    assert (await town.client.get("/v1/news/articles/nearby")).json() == "nearby"
    assert (await town.client.get("/v1/news/articles/a%20b")).json() == "a b"


async def test_a_large_upload_streams_through_unchanged(town: Any) -> None:
    body = bytes(range(256)) * 32_768  # 8 MiB

    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 100_000):
            yield body[start : start + 100_000]

    for content in (body, parts()):
        answer = await town.client.post("/v1/news/files", content=content)
        assert answer.json() == {"sha256": hashlib.sha256(body).hexdigest(), "size": len(body)}


async def test_a_large_answer_streams_through_unchanged(town: Any) -> None:
    answer = await town.client.get("/v1/news/big")
    assert answer.content == b"".join(bytes([n]) * 65_536 for n in range(48))


async def test_a_stream_is_passed_on_as_it_comes_and_closed_when_its_reader_goes(town: Any) -> None:
    async with town.client.stream("GET", "/v1/news/patient") as answer:
        lines = answer.aiter_lines()
        assert await asyncio.wait_for(anext(lines), 1) == "data: 0"
    async with asyncio.timeout(3):
        while "closed" not in town.notes:
            await asyncio.sleep(0.02)


async def test_head_does_what_get_does_without_a_body(town: Any) -> None:
    got, head = await town.client.get("/v1/news/articles/7"), await town.client.head("/v1/news/articles/7")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]
    own = await town.client.head("/openapi.json")
    assert (own.status_code, own.content) == (200, b"")


async def test_a_small_body_arrives_whole_with_and_without_its_length(town: Any) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b'{"words": "one '
        yield b'two"}'

    headers = {"Content-Type": "application/json"}
    assert (await town.client.post("/v1/news/words", json={"words": "abc"})).json() == 3
    assert (await town.client.post("/v1/news/words", content=parts(), headers=headers)).json() == 7


async def test_the_same_identity_is_used_for_forty_seconds(town: Any, clock: Any) -> None:
    from datetime import timedelta

    async def identity() -> str:
        answer = await town.client.get("/v1/news/seen")
        assert answer.status_code == 200
        return str(answer.json()["headers"]["x-identity"])

    first = await identity()
    clock.advance(timedelta(seconds=39))
    assert await identity() == first
    clock.advance(timedelta(seconds=2))
    assert await identity() != first


async def test_answers_do_not_mix_under_many_callers(
    town: Any, signed_in: Callable[..., dict[str, str]]
) -> None:
    async def ask(number: int) -> bool:
        headers = signed_in(sub=f"c{number}")
        seen = (await town.client.get(f"/v1/news/seen?n={number}", headers=headers)).json()
        return bool(seen["caller"]["sub"] == f"c{number}" and seen["query"] == f"n={number}")

    assert all(await asyncio.gather(*(ask(number) for number in range(200))))


async def test_the_services_own_cors_and_server_headers_stay_behind(town: Any) -> None:
    async with AsyncClient(base_url=town.url) as bare:
        answer = await bare.get("/v1/news/open")
    assert answer.json() == "open"
    assert len(answer.headers.get_list("date")) == 1
    assert len(answer.headers.get_list("x-request-id")) == 1
