"""What a phone sends again, late, or at the same moment as another phone has one effect."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import pending
from shared.ids import new_id
from svc_prices.commodities.models import Commodity
from svc_prices.observations.models import DailyPrice, Observation, ObservationRevision
from tests.svc_prices.bazaar import TODAY, Bazaar, outcomes

ROWS = [{"commodity": "beras-premium", "price": 15_000}, {"commodity": "beras-medium", "price": 13_500}]


async def counted(bazaar: Bazaar, table: Any) -> int:
    async with bazaar.run.database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_the_same_batch_with_the_same_key_is_answered_again_and_done_once(bazaar: Bazaar) -> None:
    body = {"market": "anyar", "day": str(TODAY), "rows": ROWS}
    once = [
        await bazaar.send(bazaar.surveyor, "/observations", body, Idempotency_Key="batch-0001")
        for _ in range(2)
    ]
    assert once[0].json() == once[1].json()
    assert await counted(bazaar, Observation) == 2
    assert len(await bazaar.told("price_published.v1")) == 2


async def test_the_same_rows_with_another_key_change_nothing(bazaar: Bazaar) -> None:
    seen = (bazaar.clock.now() - timedelta(hours=3)).isoformat()
    rows = [{**row, "observed_at": seen} for row in ROWS]
    assert outcomes(await bazaar.enter(rows)) == ["published", "published"]
    again = await bazaar.enter(rows)
    assert (outcomes(again), [row["version"] for row in again]) == (["unchanged"] * 2, [1, 1])
    assert await counted(bazaar, ObservationRevision) == 0
    assert len(await bazaar.told("price_published.v1")) == 2
    latest = await bazaar.items("/latest")
    assert latest[0]["observed_at"] == "2026-02-02T06:00:00+07:00"


async def test_what_was_seen_earlier_never_undoes_what_was_seen_later(bazaar: Bazaar) -> None:
    now = bazaar.clock.now()
    late = {**ROWS[0], "observed_at": now.isoformat()}
    early = {**ROWS[0], "price": 14_000, "observed_at": (now - timedelta(hours=2)).isoformat(), "reason": "x"}
    assert outcomes(await bazaar.enter([late])) == ["published"]
    (row,) = await bazaar.enter([early])
    assert (row["outcome"]["code"], row["why"]["code"]) == ("superseded", "newer_entry")
    assert (await bazaar.items("/latest"))[0]["price"] == 15_000


async def test_a_clock_that_is_ahead_says_now(bazaar: Bazaar) -> None:
    ahead = (bazaar.clock.now() + timedelta(days=400)).isoformat()
    await bazaar.enter([{**ROWS[0], "observed_at": ahead}])
    assert (await bazaar.items("/latest"))[0]["observed_at"] == "2026-02-02T09:00:00+07:00"


async def test_a_batch_cut_off_before_its_commit_keeps_nothing_and_is_sent_again(
    lasting_bazaar: Bazaar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything of a batch stands in one transaction: the connection dies as it does with its process."""
    bazaar, key = lasting_bazaar, str(new_id())
    body = {"market": "poris", "day": str(TODAY), "rows": ROWS}

    async def killed(session: AsyncSession) -> None:
        await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with monkeypatch.context() as patch:
        patch.setattr(pending, "write", killed)
        cut = await bazaar.send(bazaar.surveyor, "/observations", body, Idempotency_Key=key)
    assert cut.status_code == 503
    assert (await counted(bazaar, Observation), await counted(bazaar, DailyPrice)) == (0, 0)
    again = await bazaar.send(bazaar.surveyor, "/observations", body, Idempotency_Key=key)
    assert outcomes(again.json()["rows"]) == ["published", "published"]
    assert (await counted(bazaar, Observation), await counted(bazaar, DailyPrice)) == (2, 2)


async def test_markets_that_send_at_the_same_moment_make_one_right_median(lasting_bazaar: Bazaar) -> None:
    bazaar = lasting_bazaar
    prices = {"anyar": 30_000, "bandeng": 31_000, "malabar": 33_000, "poris": 34_000, "ramadani": 40_000}

    async def send(market: str, price: int) -> Any:
        body = {"market": market, "day": str(TODAY), "rows": [{"commodity": "ikan-bandeng", "price": price}]}
        return await bazaar.send(bazaar.surveyor, "/observations", body)

    answers = await asyncio.gather(*(send(*each) for each in prices.items()), send("anyar", 30_000))
    assert {answer.status_code for answer in answers} == {200}
    fish = select(Commodity.id).where(Commodity.code == "ikan-bandeng").scalar_subquery()
    async with bazaar.run.database.transaction() as session:
        day = (await session.scalars(select(DailyPrice).where(DailyPrice.commodity_id == fish))).one()
        assert (day.median, day.lowest, day.highest, day.markets) == (33_000, 30_000, 40_000, 5)
        found = (await session.scalars(select(Observation).where(Observation.commodity_id == fish))).all()
    assert len(found) == 5
    assert {row.version for row in found} == {1}
