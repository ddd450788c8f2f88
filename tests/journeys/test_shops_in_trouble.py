"""Killed among batches, or without the broker: prices, news and tourism lose nothing and double nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import nats
import pytest
from sqlalchemy import func, select

from deploy.local.actors import Actor
from deploy.local.nats import Broker
from shared.clock import SystemClock
from shared.db import Database
from shared.tables import outbox
from shared.testing import Keys, free_port
from svc_prices.observations.models import DailyPrice, Observation, ObservationRevision
from tests.journeys.high_street import HighStreet, Shop, opened

CODES = ["beras-premium", "beras-medium", "minyakita", "telur-ayam", "gula-konsumsi"]
MARKETS = ["anyar", "bandeng", "malabar", "poris"]
DAYS = 2


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A NATS that these tests may stop."""
    broker = Broker(tmp_path_factory.mktemp("own-nats"), free_port(2), durable=False)
    broker.prepare()
    broker.start()
    yield broker
    broker.stop()
    broker.wipe()


@pytest.fixture(scope="module")
async def street(
    databases: Any, own_broker: Broker, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[HighStreet]:
    """All three behind the gateway, prices as a process."""
    folder = tmp_path_factory.mktemp("street")
    async with opened(SystemClock(), databases, own_broker.url(), keys, folder, shop=True) as found:
        yield found


def batches(street: HighStreet) -> list[dict[str, Any]]:
    """A batch for each market and day, yesterday at the latest, prices so near that none is doubted."""
    yesterday = street.clock.now().date() - timedelta(days=1)
    return [
        {
            "market": market,
            "day": str(yesterday - timedelta(days=back)),
            "rows": [{"commodity": code, "price": 15_000 + 10 * back} for code in CODES],
        }
        for back in range(DAYS)
        for market in MARKETS
    ]


async def counts(url: str) -> dict[str, int]:
    """What stands in the tables of svc-prices."""
    database = Database(url, "prices")
    told = select(func.count()).where(outbox.c.type == "prices.price_published.v1")
    asked = {
        "observations": select(func.count()).select_from(Observation),
        "days of the city": select(func.count()).select_from(DailyPrice),
        "changed": select(func.count()).select_from(ObservationRevision),
        "told": told,
        "highest version": select(func.max(Observation.version)),
    }
    async with database.transaction() as session:
        found = {name: await session.scalar(each) or 0 for name, each in asked.items()}
    await database.close()
    return found


async def test_prices_killed_among_batches_lose_and_double_nothing_behind_the_gateway(
    street: HighStreet,
) -> None:
    shop, sent = street.prices, batches(street)
    assert isinstance(shop, Shop)
    surveyor = await street.officer("market_surveyor")

    async def send(number: int) -> httpx.Response:
        key = f"batch-{number:04d}"
        return await surveyor.call("POST", "/v1/prices/observations", body=sent[number], key=key)

    sending = [asyncio.create_task(send(number)) for number in range(len(sent))]
    await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
    await shop.kill()
    first = await asyncio.gather(*sending)
    assert {answer.status_code for answer in first} <= {200, 502, 503, 504}
    assert {answer.status_code for answer in first} > {200}, "killed while batches were on their way"
    await shop.open_again()
    again = [await until_answered(send, number) for number in range(len(sent))]
    assert [answer.status_code for answer in again] == [200] * len(sent), [a.text for a in again]
    for one, two in zip(first, again, strict=True):
        assert one.status_code != 200 or one.json() == two.json()
    rows = len(sent) * len(CODES)
    assert await counts(street.databases["prices"]) == {
        "observations": rows,
        "days of the city": DAYS * len(CODES),
        "changed": 0,
        "told": rows,
        "highest version": 1,
    }
    latest = (await street.guest().get("/v1/prices/latest?limit=100"))["items"]
    assert sorted((each["market"], each["commodity"]) for each in latest) == sorted(
        (market, code) for market in MARKETS for code in CODES
    )


async def until_answered(send: Any, number: int) -> httpx.Response:
    """As an app does: again with the same key for as long as the answer is 503."""
    async with asyncio.timeout(20):
        while (answer := await send(number)).status_code == 503:
            await asyncio.sleep(0.1)
    return answer  # type: ignore[no-any-return]


async def test_with_the_broker_away_all_three_read_and_write_and_their_events_arrive_later(
    street: HighStreet, own_broker: Broker
) -> None:
    people = [await street.officer(key) for key in ("market_surveyor", "news_author", "editor")]
    resident, moderator = await street.resident(), await street.officer("tourism_editor")
    place = (await street.guest().get("/v1/tourism/places?category=museum"))["items"][0]
    await asyncio.to_thread(own_broker.stop)
    try:
        await survey(street, people[0])
        event = await announce(street, people[1], people[2], place["point"])
        await review(street, resident, moderator, place["id"])
        assert all(number > 0 for number in (await street.unsent()).values())
    finally:
        await asyncio.to_thread(own_broker.start)
    async with asyncio.timeout(40):
        while event not in await events_on_the_map(street, place["point"]):
            await asyncio.sleep(0.1)
        while any((await street.unsent()).values()):
            await asyncio.sleep(0.1)
    streams = {name: await told(own_broker, name) for name in ("PRICES", "NEWS", "TOURISM")}
    assert ("prices.price_published.v1", 17_000) in {(t, d.get("price")) for t, d in streams["PRICES"]}
    assert ("news.article_published.v1", event) in {(t, d.get("article_id")) for t, d in streams["NEWS"]}
    assert "tourism.place_rated.v1" in {kind for kind, _ in streams["TOURISM"]}


async def survey(street: HighStreet, surveyor: Actor) -> None:
    """A price entered, and read by a guest at once."""
    day = str(street.clock.now().date() - timedelta(days=1))
    rows = [{"commodity": "kedelai-impor", "price": 17_000}]
    batch = {"market": "ramadani", "day": day, "rows": rows}
    answer = await surveyor.post("/v1/prices/observations", batch)
    assert answer["outcomes"]["published"] == 1
    latest = await street.guest().get("/v1/prices/latest?market=ramadani")
    assert [each["price"] for each in latest["items"]] == [17_000]


async def announce(street: HighStreet, author: Actor, editor: Actor, point: dict[str, float]) -> str:
    """An event of the agenda published, and read by a guest and in the feed at once."""
    day = str(street.clock.now().date() + timedelta(days=3))
    body = {
        "kind": "agenda",
        "title": {"id": "demo: acara contoh"},
        "summary": {"id": "demo"},
        "body": {"id": "demo"},
        "source": "demo",
        "event": {"starts_on": day, "place": "demo", "organiser": "demo", "point": point},
    }
    article = (await author.post("/v1/news/articles", body))["id"]
    await author.post(f"/v1/news/articles/{article}/submit", {})
    await editor.post(f"/v1/news/articles/{article}/publish", {})
    assert (await street.guest().get(f"/v1/news/articles/{article}"))["title"] == "demo: acara contoh"
    feed = (await street.http.get("/feeds/news.json")).json()
    assert [item["id"] for item in feed["items"]] == [f"urn:uuid:{article}"]
    return str(article)


async def review(street: HighStreet, resident: Actor, moderator: Actor, place: str) -> None:
    """A review written, let through, and read by a guest at once."""
    path = f"/v1/tourism/places/{place}/reviews"
    written = (await resident.post(path, {"rating": 5, "text": "demo: ulasan contoh"}))["id"]
    await moderator.post(f"/v1/tourism/reviews/{written}/publish")
    assert [each["id"] for each in (await street.guest().get(path))["items"]] == [written]


async def events_on_the_map(street: HighStreet, point: dict[str, float]) -> set[str]:
    found = await street.guest().get(f"/v1/tourism/events?lat={point['lat']}&lon={point['lon']}")
    return {each["id"] for each in found["items"]}


async def told(broker: Broker, stream: str) -> list[tuple[str, dict[str, Any]]]:
    """(type, data) of everything on a publisher's stream."""
    connection = await nats.connect(broker.url())
    jetstream = connection.jetstream()
    last = (await jetstream.stream_info(stream)).state.messages
    pull = await jetstream.pull_subscribe(">", stream=stream)
    found = []
    while len(found) < last:
        found += [json.loads(each.data) for each in await pull.fetch(100, timeout=5)]
    await connection.close()
    return [(each["type"], each["data"]) for each in found]
