"""A supervisor who means no good, or whose spreadsheet does not."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.testing import Keys, in_process
from svc_prices.exchange import queries
from svc_prices.exchange.rules.columns import PANEL, WFP, format_of
from svc_prices.observations.models import Observation
from tests.svc_prices.exchange.conftest import WFP_HEADER, Exchange, wfp


async def test_nobody_publishes_a_slip_of_today_alone_by_calling_it_historical(exchange: Exchange) -> None:
    """What surveyors still enter needs a second pair of eyes, whoever brings it and however."""
    await exchange.take(wfp((exchange.ago(n), "anyar", "beras", 15_000) for n in range(3, 9)))
    slip = wfp([(exchange.today, "anyar", "beras", 150_000), (exchange.ago(2), "anyar", "cabai", 50_000)])
    body = await exchange.take(slip, "?historical=true")
    assert (body["held"], body["published"]) == (1, 1)
    states = {(row.day, row.price): row.status for row in await exchange.rows(Observation)}
    assert states[exchange.today, 150_000] == "held"
    path = f"/v1/prices/reviews/anyar/{exchange.today}/beras/retail/approve"
    headers = exchange.headers(exchange.supervisor) | {"Idempotency-Key": "demo-own-slip"}
    answer = await exchange.client.post(path, json={}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "entered_it_yourself")


@pytest.mark.parametrize("twice", ["price", "Price ", "date", "market"])
async def test_a_file_that_names_a_column_twice_is_read_by_neither(exchange: Exchange, twice: str) -> None:
    row = f"{exchange.ago(3)},anyar,beras,KG,actual,Retail,IDR,15000,99"
    answer = await exchange.send(f"{WFP_HEADER},{twice}\n{row}")
    assert (answer.status_code, answer.json()["code"]) == (422, "import_unreadable")
    assert await exchange.rows(Observation) == []


def test_columns_without_a_name_may_be_many() -> None:
    assert format_of([*WFP, "", "", " "]) == "wfp"
    assert format_of([*PANEL, ""]) == "panel_harga"


async def test_a_key_that_was_used_with_other_parameters_says_so(exchange: Exchange) -> None:
    """The same file for another market is another action: the first one's answer would hide that."""
    file = wfp([(exchange.ago(30), "anyar", "beras", 15_000)])
    key = {"Idempotency-Key": "demo-one-key"}
    assert (await exchange.send(file, **key)).json()["historical"] is False
    again = await exchange.send(file, **key)
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await exchange.send(file, "?historical=true", **key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


@pytest.fixture
async def crowded(app: Any, keys: Keys, clock: Any) -> AsyncIterator[Exchange]:
    """Whose requests have connections of their own; they only read."""
    async with in_process(app) as client:
        yield Exchange(app, client, keys, clock)


async def test_thirty_exports_at_once_leave_the_database_to_whoever_asks_for_a_price(
    crowded: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They took every connection of the process: prices came late, and files broke off in the middle."""
    read, now, most = queries.published_page, 0, 0

    async def watched(*given: Any) -> Any:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.005)
        now -= 1
        return await read(*given)

    monkeypatch.setattr(queries, "published_page", watched)
    answers = await asyncio.gather(*(crowded.get("/exports/wfp.csv") for _ in range(30)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert most <= 2
