"""Bad input gets a clear problem, never its own words back."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

import shared
from shared import errors
from shared.app import Service
from shared.auth import Allow, Anyone, Caller
from shared.city.texts import load_texts
from shared.clock import ManualClock
from shared.edge.limits import UPLOAD_LIMIT
from shared.routes import CityRouter
from shared.testing import in_process

NIK = "3671012345678901"


def family(kind: type[errors.Problem]) -> Iterator[type[errors.Problem]]:
    yield kind
    for child in kind.__subclasses__():
        yield from family(child)


async def post(
    client: AsyncClient, headers: dict[str, str], content: str, kind: str = "application/json"
) -> dict:
    sent = {**headers, "Idempotency-Key": "key-00000001", "Content-Type": kind}
    answer = await client.post("/v1/news/notes", content=content, headers=sent)
    assert answer.headers["content-type"] == "application/problem+json"
    assert NIK not in answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("content", "status", "field", "code"),
    [
        ("{", 400, None, "malformed_body"),
        ("[" * 100_000, 400, None, "malformed_body"),
        ('{"words": "' + NIK + 'x" "', 400, None, "malformed_body"),
        ("{}", 422, "words", "missing"),
        (f'{{"words": ["{NIK}"]}}', 422, "words", "string_type"),
        (f'{{"words": "{NIK}{NIK}"}}', 422, "words", "string_too_long"),
        ('{"words": "a\\u0000b"}', 422, "words", "control_characters"),
        ('{"words": "\\ud800"}', 422, "words", "string_unicode"),
        ('{"words": "a", "place": {"lat": NaN, "lon": 1}}', 422, "place.lat", "finite_number"),
        ('{"words": "a", "place": {"lat": 1e999, "lon": 1}}', 422, "place.lat", "finite_number"),
        ('{"words": "a", "place": {"lat": 91, "lon": 1}}', 422, "place.lat", "less_than_equal"),
        ('"' + NIK + '"', 422, "body", "model_attributes_type"),
    ],
)
async def test_bad_input_names_field_and_reason_and_echoes_nothing(
    client: AsyncClient,
    as_caller: Callable[..., dict[str, str]],
    content: str,
    status: int,
    field: str | None,
    code: str,
) -> None:
    problem = await post(client, as_caller(), content)
    assert problem["status"] == status
    if field is None:
        assert problem["code"] == code
    else:
        assert [(e["field"], e["code"]) for e in problem["errors"]] == [(field, code)]
        assert problem["errors"][0]["message"]


async def test_problems_speak_the_callers_language(client: AsyncClient) -> None:
    indonesian = (await client.get("/v1/news/nowhere")).json()
    english = (
        await client.get("/v1/news/nowhere", headers={"Accept-Language": "fr, en;q=0.8, id;q=0.1"})
    ).json()
    assert (indonesian["title"], english["title"]) == ("Tidak ditemukan", "Not found")
    assert indonesian["code"] == english["code"] == "not_found"


async def test_a_wrong_method_names_the_right_ones(client: AsyncClient) -> None:
    answer = await client.delete("/v1/news/staff")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


async def test_a_body_over_the_limit_is_413_where_fastapi_reads_it_too(
    make_app: Callable[..., FastAPI], clock: ManualClock, as_caller: Callable[..., dict[str, str]]
) -> None:
    router = CityRouter(prefix="/v1/news")

    @router.post("/words")
    async def count_words(body: list[str], caller: Annotated[Caller, Allow(Anyone)]) -> int:
        """A write without an Idempotency-Key: FastAPI itself reads the body."""
        return len(body)

    async def endless() -> AsyncIterator[bytes]:
        yield b'["'
        for _ in range(UPLOAD_LIMIT // 65_536):
            yield b"x" * 65_536

    app = make_app(clock, service=Service("svc-news", "svc_news", "News", routers=[router]))
    headers = {**as_caller(), "Content-Type": "application/json"}
    async with in_process(app) as client:
        answer = await client.post("/v1/news/words", content=endless(), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert (await client.post("/v1/news/words", content=b'["a"]', headers=headers)).json() == 1
    await app.state.runtime.database.close()


def test_every_problem_has_its_texts_in_both_languages() -> None:
    texts = load_texts([Path(shared.__file__).parent])
    own = [kind for kind in family(errors.Problem) if kind.__module__ == "shared.errors"]
    absent = [k for kind in own for k in keys(kind) if not texts.has(k)]
    assert len(own) > 20
    assert (absent, texts.missing()) == ([], [])


def keys(kind: type[errors.Problem]) -> list[str]:
    return [f"problem.{kind.code}.{part}" for part in ("title", "detail") if kind is not errors.Problem]
