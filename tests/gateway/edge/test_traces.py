"""One request's trace over gateway, service, broker and back; and that nobody but the edge chooses one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, Any

import pytest
from fastapi import Request, Response
from httpx import AsyncClient

from deploy.local.nats import Broker
from shared.app import Service
from shared.auth import Allow, Anyone, Caller, Citizen
from shared.clock import ManualClock
from shared.contracts.city import RequestUpdatedV1
from shared.db import Db
from shared.events import outbox
from shared.ids import new_id
from shared.replies import reply
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import Out
from shared.testing import served
from tests.gateway.edge.conftest import KEY, ready, with_key
from tests.shared.collector import Spans, collecting, facts

THEIRS = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
router = CityRouter(prefix="/v1/news", tags=["news"])
_WORDS = {"id": "Laporan", "en": "Report"}


class Listed(Out):
    words: str


@router.post("/reports/{place}", status_code=201)
async def report(place: str, session: Db, run: Run, caller: Annotated[Caller, Allow(Citizen)]) -> str:
    """Reports something, and tells the gateway of it."""
    entity = str(new_id())
    moved = RequestUpdatedV1(
        citizen_id=caller.person, kind="news_report", number="N-1", title=_WORDS, state="received",
        state_label=_WORDS, next_step=_WORDS, link=f"/v1/news/reports/{entity}", closed=False,
    )  # fmt: skip
    await outbox.emit(session, moved, entity_id=entity, entity_version=1, now=run.clock.now())
    return entity


@router.get("/list", response_model=Listed, openapi_extra=x_city(tags=["list"]))
async def listed(request: Request, caller: Annotated[Caller, Allow(Anyone)]) -> Response:
    """What the gateway keeps."""
    return reply(request, Listed(words="a list"), public=True)


SERVICE = Service(name="svc-news", package="svc_news", title="A service that is told of", routers=[router])


@pytest.fixture
def traced(
    make_news: Callable[..., Any], make_gateway: Callable[..., Any], clock: ManualClock, broker: Broker
) -> Callable[..., Any]:
    """`async with traced(ratio) as (spans, client, gateway):` gateway and service tell a collector."""

    @asynccontextmanager
    async def opened(ratio: float) -> AsyncIterator[tuple[Spans, AsyncClient, Any]]:
        async with AsyncExitStack() as stack:
            spans = await stack.enter_async_context(collecting())
            told = {"nats_url": broker.url(), "traces_url": spans.url}
            news = make_news(clock, SERVICE, **told)
            url = await stack.enter_async_context(served(news))
            gateway = make_gateway(clock, int(url.rpartition(":")[2]), traces_ratio=ratio, **told)
            await with_key(gateway, clock)
            base = await stack.enter_async_context(served(gateway))
            async with asyncio.timeout(10):
                await asyncio.gather(*(app.state.runtime.bus.connected.wait() for app in (news, gateway)))
            await ready(gateway)
            client = AsyncClient(base_url=base, headers={"X-Api-Key": KEY}, timeout=10)
            yield spans, await stack.enter_async_context(client), gateway

    return opened


async def until_told(client: AsyncClient, who: dict[str, str]) -> None:
    """Until the report stands among "my requests": it went over the broker."""
    async with asyncio.timeout(10):
        while not (await client.get("/v1/me/requests", headers=who)).json()["items"]:
            await asyncio.sleep(0.02)


async def test_a_report_is_one_trace_from_the_edge_through_service_and_broker_back_to_the_gateway(
    traced: Callable[..., Any], signed_in: Callable[..., dict[str, str]]
) -> None:
    async with traced(1) as (spans, client, _):
        who = signed_in(sub=str(new_id()))
        asked = await client.post("/v1/news/reports/jalan-mawar-3?nik=3671012345678901", headers=who)
        assert asked.status_code == 201

        def whole(told: Spans) -> bool:
            return any(span.name == "handle news.request_updated.v1" for _, span in told.all)

        await spans.until(whole)
        [root] = [
            s for _, s in spans.all if s.name == "POST /v1/news/reports/{place}" and not s.parent_span_id
        ]
        await spans.until(lambda told: len(of(told, root.trace_id)) == 5)
        service = {span.name: (name, span) for name, span in of(spans, root.trace_id) if span is not root}
        by_id = {span.span_id: span for _, span in of(spans, root.trace_id)}
        way = ["handle news.request_updated.v1"]
        while (span := service.get(way[-1], ("", root))[1]).parent_span_id:
            above = by_id[span.parent_span_id]
            way.append(above.name if above is not root else "root")
        assert way == [
            "handle news.request_updated.v1",
            "publish news.request_updated.v1",
            "POST /v1/news/reports/{place}",
            "ask svc-news",
            "root",
        ]
        assert [service[name][0] for name in way[:-1]] == ["gateway", "svc-news", "svc-news", "gateway"]
        assert facts(root) == {
            "http.request.method": "POST",
            "http.route": "/v1/news/reports/{place}",
            "http.response.status_code": 201,
            "city.client": "web",
        }
        words = ("jalan-mawar", "3671012345678901", *who.values())
        assert [word for word in words if word in str(spans.all)] == []


def of(spans: Spans, trace_id: bytes) -> list[tuple[str, Any]]:
    """Everything one trace has."""
    return [(service, span) for service, span in spans.all if span.trace_id == trace_id]


async def test_what_the_edge_did_not_choose_leaves_no_span_although_its_client_asks_for_one(
    traced: Callable[..., Any], signed_in: Callable[..., dict[str, str]]
) -> None:
    async with traced(0) as (spans, client, gateway):
        who = signed_in(sub=str(new_id()))
        answer = await client.post("/v1/news/reports/x", headers={**who, "traceparent": THEIRS})
        assert answer.status_code == 201
        await until_told(client, who)
        await gateway.state.runtime.tracing.collector.close()
        assert spans.all == []


async def test_a_chosen_request_stays_in_its_client_s_own_trace(
    traced: Callable[..., Any], signed_in: Callable[..., dict[str, str]]
) -> None:
    async with traced(1) as (spans, client, _):
        await client.get("/v1/news/nothing", headers={"traceparent": THEIRS.replace("-01", "-00")})
        await spans.until(lambda told: len(told.all) > 0)
        [root] = [span for _, span in spans.all if span.name.startswith("GET unmatched")]
        assert (root.trace_id.hex(), root.parent_span_id.hex()) == (THEIRS[3:35], THEIRS[36:52])


async def test_a_read_says_whether_memory_had_it_and_only_a_miss_asks_the_service(
    traced: Callable[..., Any],
) -> None:
    async with traced(1) as (spans, client, gateway):
        for _ in range(2):
            assert (await client.get("/v1/news/list")).status_code == 200
        await gateway.state.runtime.tracing.collector.flush()
        await spans.until(lambda told: len([s for _, s in told.all if "/v1/news/list" in s.name]) == 3)
        roots = [s for _, s in spans.all if s.name == "GET /v1/news/list" and not s.parent_span_id]
        parts = [sorted(name for name, _ in of(spans, root.trace_id)) for root in roots]
        told = [facts(root)["city.cache"] for root in roots]
        assert dict(zip(told, parts, strict=True)) == {
            "hit": ["gateway"],
            "miss": ["gateway", "gateway", "svc-news"],
        }


async def test_a_collector_that_hangs_slows_no_request_and_no_end(
    traced: Callable[..., Any], signed_in: Callable[..., dict[str, str]]
) -> None:
    async with traced(1) as (spans, client, gateway):
        spans.hanging = True
        who = signed_in(sub=str(new_id()))
        async with asyncio.timeout(20):
            for number in range(30):
                assert (await client.post(f"/v1/news/reports/{number}", headers=who)).status_code == 201
            await until_told(client, who)
        assert spans.all == []
    assert gateway.state.runtime.metrics.registry.get_sample_value("city_spans_dropped_total") > 60
