"""Equal searches in a spike are one: shared for five seconds, and told apart by all that matters."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from prometheus_client import generate_latest

from gateway.edge.answers import Answers
from gateway.edge.cache.kept import KeptAnswers
from shared.testing import QueryRecorder
from tests.gateway.search.conftest import document


@pytest.fixture(autouse=True, scope="module")
async def _published(client: AsyncClient, keep: Any) -> None:
    await keep(document("s1", "Layanan vaksin gratis", english="Free vaccination"))


@pytest.fixture
def ask(client: AsyncClient) -> Any:
    """`await ask(language="id", **query)`."""

    async def get(language: str = "id", **query: Any) -> Response:
        return await client.get("/v1/search", params=query, headers={"Accept-Language": language})

    return get


#: The test's own client, and a log that a process of ours does not write (`shared.serve`).
_WIRE = ("httpx", "httpcore", "uvicorn.access")


def of_search(queries: QueryRecorder) -> int:
    return sum("search_" in statement for statement in queries.statements)


async def test_fifty_equal_searches_at_once_cost_what_one_costs(app: FastAPI, ask: Any) -> None:
    with QueryRecorder().on(app.state.runtime.database) as queries:
        answers = await asyncio.gather(*(ask(q="vaksin gratis") for _ in range(50)))
        again = await ask(q="vaksin gratis")
    assert [answer.status_code for answer in answers] == [200] * 50
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["items"][0]["id"] == "s1"
    assert of_search(queries) == 2
    assert again.headers["X-Cache"] == "hit"
    assert "s-maxage=5" in again.headers["Cache-Control"]


async def test_other_words_languages_filters_and_pages_are_other_searches(app: FastAPI, ask: Any) -> None:
    other: list[dict[str, Any]] = [
        {"q": "vaksin"},
        {"q": "Vaksin"},
        {"q": "vaksin", "language": "en"},
        {"q": "vaksin", "limit": 1},
        {"q": "vaksin", "type": "article"},
        {"q": "vaksin", "lat": -6.1, "lon": 106.6},
        {"q": "vaksin", "lat": -6.1, "lon": 106.7},
    ]
    for query in other:
        assert (await ask(**query)).headers["X-Cache"] == "miss", query
    assert (await ask(q="vaksin", language="en")).json()["items"][0]["title"] == "Free vaccination"
    with QueryRecorder().on(app.state.runtime.database) as queries:
        for query in other:
            assert (await ask(**query)).headers["X-Cache"] == "hit", query
    assert of_search(queries) == 0


async def test_whoever_has_the_answer_gets_304_and_a_purge_makes_it_old(app: FastAPI, ask: Any) -> None:
    first = await ask(q="layanan")
    held = {"If-None-Match": first.headers["ETag"]}
    run = app.state.runtime
    again = await ask_with(first, held)
    assert (again.status_code, again.content) == (304, b"")
    run.part(Answers).purge(["search"])
    assert (await ask(q="layanan")).headers["X-Cache"] in ("miss", "revalidated")


async def ask_with(answer: Response, headers: dict[str, str]) -> Response:
    request = answer.request
    async with AsyncClient(headers=dict(request.headers) | headers) as client:
        return await client.get(str(request.url))


async def test_what_is_wrong_is_refused_as_before_and_kept_by_nobody(app: FastAPI, ask: Any) -> None:
    kept: KeptAnswers = app.state.runtime.part(KeptAnswers)
    before = len(kept.store)
    answers = await asyncio.gather(
        *(ask(q="vaksin", lat=1) for _ in range(5)), ask(q=""), ask(q="x", limit=0)
    )
    assert [answer.status_code for answer in answers] == [422] * 7
    assert len({answer.json()["request_id"] for answer in answers}) == 7
    assert len(kept.store) == before
    assert (await ask(q="é" * 900)).status_code == 200  # longer than a key may be: asked for itself
    assert len(kept.store) == before


async def test_what_was_looked_for_is_in_no_log_and_no_metric(
    app: FastAPI, ask: Any, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    for query in ({"q": "rahasiaku"}, {"q": "rahasiaku"}, {"q": "rahasiaku", "lat": 1}):
        await ask(**query)
    out = capsys.readouterr()
    metrics = generate_latest(app.state.runtime.metrics.registry).decode()
    assert "/v1/search" in metrics
    ours = [each for each in caplog.records if not each.name.startswith(_WIRE)]
    for text in (out.out, out.err, "".join(each.getMessage() for each in ours), metrics):
        assert "rahasiaku" not in text
