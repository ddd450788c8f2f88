"""Traces of one process: off, on, and with a collector that is slow, broken or away."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient

from shared.app import build_app
from shared.auth import Caller
from shared.clock import ManualClock
from shared.metrics import Metrics
from shared.settings import Settings
from shared.testing import Keys
from shared.tracing import Tracing, unsampled
from tests.shared.collector import Spans, collecting, facts
from tests.shared.conftest import SERVICE

CHOSEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
NOT = unsampled(CHOSEN)


@pytest.fixture
def tracing(settings_for: Callable[..., Any]) -> Callable[..., Tracing]:
    """`tracing(traces_url=…)`: the traces of a process with these settings."""

    def make(**settings: Any) -> Tracing:
        made = settings_for(Settings, "postgresql://nowhere/none", **settings)
        return Tracing("svc-news", made, Metrics())

    return make


def value(tracing: Tracing, name: str) -> float:
    assert tracing.collector is not None
    counter = {"sent": tracing.collector._sent, "dropped": tracing.collector._dropped}[name]
    return float(counter._value.get())


def test_without_an_address_nothing_is_traced_and_the_library_is_not_loaded() -> None:
    code = (
        "import sys, gateway.app, shared.app; "
        "print([m for m in sys.modules if m.startswith(('opentelemetry.sdk', 'google.protobuf'))])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_without_an_address_even_a_chosen_trace_is_only_passed_on(tracing: Callable[..., Tracing]) -> None:
    off = tracing(traces_ratio=1)
    assert off.chosen() is False
    assert off.follow("x", "server", CHOSEN) is None
    with off.around("x", "producer", CHOSEN) as inside:
        assert inside == CHOSEN


async def test_a_span_is_made_of_chosen_traces_only(tracing: Callable[..., Tracing]) -> None:
    async with collecting() as spans:
        on = tracing(traces_url=spans.url, traces_ratio=0)
        assert on.chosen() is False
        for parent in (NOT, None):
            with on.around("x", "producer", parent) as inside:
                assert inside == parent
        with on.around("publish news.x.v1", "producer", CHOSEN) as inside:
            assert inside is not None
            assert inside[3:35] == CHOSEN[3:35]
            assert inside[36:52] != CHOSEN[36:52]
        assert on.collector is not None
        await on.collector.close()
        [(service, span)] = spans.all
        assert (service, span.name, span.parent_span_id.hex()) == (
            "svc-news", "publish news.x.v1", CHOSEN[36:52],
        )  # fmt: skip


def test_the_share_of_chosen_requests_is_the_ratio(tracing: Callable[..., Tracing]) -> None:
    on = tracing(traces_url="http://127.0.0.1:1/v1/traces", traces_ratio=0.2)
    assert 1_600 < sum(on.chosen() for _ in range(10_000)) < 2_400


def test_an_address_that_is_none_ends_the_start(tracing: Callable[..., Tracing]) -> None:
    with pytest.raises(ValueError, match="traces_url"):
        tracing(traces_url="collector:4318")


def fill(tracing: Tracing, count: int) -> None:
    for _ in range(count):
        with tracing.around("x", "internal", CHOSEN):
            pass


async def test_what_no_collector_takes_is_bounded_dropped_and_counted(
    tracing: Callable[..., Tracing],
) -> None:
    away = tracing(traces_url="http://127.0.0.1:1/v1/traces")
    fill(away, 3_000)
    assert away.collector is not None
    assert (len(away.collector._waiting), value(away, "dropped")) == (2_048, 952)
    await away.collector.close()
    assert (len(away.collector._waiting), value(away, "dropped")) == (0, 3_000)


async def test_a_collector_that_refuses_or_hangs_loses_spans_and_holds_nothing_up(
    tracing: Callable[..., Tracing],
) -> None:
    async with collecting() as spans:
        for trouble in ({"answer": 503}, {"hanging": True}):
            spans.__dict__.update(trouble)
            on = tracing(traces_url=spans.url)
            fill(on, 10)
            assert on.collector is not None
            await on.collector.close()
            assert (value(on, "dropped"), value(on, "sent")) == (10, 0)


@pytest.fixture
def told(
    settings_for: Callable[..., Any], databases: Any, clock: ManualClock, keys: Keys
) -> Callable[..., Any]:
    """`await told(spans, method, path, …)`: asks a service as the gateway does, then ends its traces."""

    async def ask(spans: Spans, method: str, path: str, **more: Any) -> int:
        settings = settings_for(Settings, databases.new("svc_news"), traces_url=spans.url)
        app = build_app(SERVICE, settings, clock)
        headers = {
            **keys.identity(Caller(kind="citizen", sub="c1"), "svc-news", clock.now()),
            **more.pop("headers", {}),
        }
        transport = ASGITransport(app=app.state.front)
        async with AsyncClient(transport=transport, base_url="http://test") as client:
            answer = await client.request(method, path, headers=headers, **more)
        run = app.state.runtime
        await run.tracing.collector.close()
        await run.database.close()
        return answer.status_code

    return ask


async def test_a_service_says_route_method_and_status_and_nothing_of_the_request(
    told: Callable[..., Any],
) -> None:
    async with collecting() as spans:
        asked = {"id": "a-secret-of-hers", "words": "3671012345678901"}
        headers = {"traceparent": CHOSEN, "User-Agent": "her-phone", "Idempotency-Key": "a-secret-of-hers"}
        path = "/v1/news/notes?nik=3671012345678901"
        assert await told(spans, "POST", path, json=asked, headers=headers) == 201
        [(_, span)] = spans.all
        assert (span.name, span.trace_id.hex(), span.parent_span_id.hex()) == (
            "POST /v1/news/notes", CHOSEN[3:35], CHOSEN[36:52],
        )  # fmt: skip
        assert facts(span) == {
            "http.request.method": "POST",
            "http.route": "/v1/news/notes",
            "http.response.status_code": 201,
        }
        assert not any(word in str(span) for word in ("3671012345678901", "secret", "her-phone"))


async def test_a_failure_is_marked_without_its_words(told: Callable[..., Any]) -> None:
    async with collecting() as spans:
        body = {"id": "an-id-of-hers", "words": "fail"}
        assert await told(spans, "POST", "/v1/news/notes", json=body, headers={"traceparent": CHOSEN}) == 500
        [(_, span)] = spans.all
        assert (span.status.code, span.status.message, list(span.events)) == (2, "", [])


async def test_who_is_not_the_gateway_cannot_have_himself_traced(told: Callable[..., Any]) -> None:
    async with collecting() as spans:
        for headers in ({"traceparent": NOT}, {"traceparent": CHOSEN, "X-Identity": ""}):
            assert await told(spans, "GET", "/v1/news/nothing", headers=headers) in (401, 404)
        assert spans.all == []
