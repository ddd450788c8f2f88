"""The hour of the plan: who is late is told once, and who is done before it is not."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from shared.clock import ManualClock
from shared.seeds import sow_all
from shared.tables import due, outbox
from shared.testing import served
from svc_prices.app import create_app
from svc_prices.pack import SEEDS, PricesPack
from svc_prices.settings import PricesSettings
from svc_prices.surveys.rules import Planned, bits, days_of, due_by
from svc_prices.surveys.usecases import ALARM, set_alarm
from tests.svc_prices.bazaar import Bazaar

MONDAY = date(2026, 2, 2)
ELEVEN = time(11)


@pytest.mark.parametrize(
    ("plan", "working", "expected"),
    [
        ([], True, ELEVEN),
        ([], False, None),
        ([Planned(bits(["monday"]), time(9))], False, time(9)),
        ([Planned(bits(["tuesday"]), time(9))], True, None),
        ([Planned(bits(["monday"]), time(9)), Planned(bits(["monday", "friday"]), time(10))], True, time(10)),
    ],
)
def test_by_when_a_market_is_due(plan: list[Planned], working: bool, expected: time | None) -> None:
    assert due_by(plan, MONDAY, working, ELEVEN) == expected


def test_days_of_the_week_are_bits_and_back() -> None:
    assert days_of(bits(["sunday", "monday", "monday"])) == ["monday", "sunday"]


async def test_the_alarm_tells_of_each_late_market_once(bazaar: Bazaar) -> None:
    commodities = [each.code for each in bazaar.run.part(PricesPack).commodities]
    for market in ("anyar", "bandeng", "jatiuwung", "malabar"):
        await bazaar.enter([{"commodity": code, "price": 12_000} for code in commodities], market)
    await bazaar.price("beras-premium", 15_000, "poris")
    async with bazaar.run.database.transaction() as session:
        await set_alarm(session, bazaar.run, bazaar.clock.now())
    begun = bazaar.clock.now()
    await bazaar.pass_time(timedelta(hours=2))
    missed = await bazaar.told("survey_missed.v1")
    assert [(e["market"], e["entered"]) for e in missed] == [("poris", 1), ("ramadani", 0)]
    day = (await bazaar.get("/surveys/today", bazaar.supervisor)).json()
    assert (day["complete"], day["late"]) == (4, 2)
    assert [m["state"]["code"] for m in day["markets"]] == ["complete"] * 4 + ["late"] * 2
    await bazaar.pass_time(timedelta(minutes=5))
    assert len(await bazaar.told("survey_missed.v1")) == 2
    await bazaar.enter([{"commodity": code, "price": 15_000} for code in commodities], "poris")
    assert (await bazaar.told("survey_completed.v1"))[-1]["market"] == "poris"
    assert (await bazaar.get("/surveys/today", bazaar.supervisor)).json()["late"] == 1
    assert bazaar.clock.now() > begun


async def test_a_plan_says_which_days_and_until_when(bazaar: Bazaar) -> None:
    today = bazaar.today
    other = "friday" if today.weekday() != 4 else "monday"
    plan = {"weekdays": [other], "by": "07:30"}
    made = await bazaar.send(bazaar.supervisor, "/surveys/plan/anyar/s-1", plan, "PUT")
    assert (made.json()["weekdays"], made.json()["by"]) == ([other], "07:30:00")
    day = (await bazaar.get("/surveys/today", bazaar.supervisor)).json()
    assert (day["due"], day["markets"][0]["state"]["code"]) == (5, "not_due")
    stale = await bazaar.send(bazaar.supervisor, "/surveys/plan/anyar/s-1", plan, "PUT", If_Match='"7.x"')
    assert stale.status_code == 412
    assert (await bazaar.get("/surveys/plan", bazaar.supervisor)).json()["items"][0]["market"] == "anyar"


async def test_a_process_keeps_an_alarm_set_and_shows_who_is_late(
    databases: Any, settings_for: Callable[..., PricesSettings]
) -> None:
    """With the broker away, too: the alarm, the health text and the metric need the database alone."""
    noon = ManualClock(datetime(2026, 2, 2, 5, 0, tzinfo=UTC))
    app = create_app(settings_for(PricesSettings, databases.new("svc_prices")), noon)
    run = app.state.runtime
    await sow_all(run, SEEDS)
    async with served(app), asyncio.timeout(20):
        while not any("ramadani" in text for tell in run.degraded for text in tell()):
            await asyncio.sleep(0.05)
        async with run.database.connection() as connection:
            (moment,) = await connection.scalars(select(due.c.due_at).where(due.c.kind == ALARM))
            told = await connection.scalar(
                select(func.count()).where(outbox.c.type == "prices.survey_missed.v1")
            )
    assert (moment, told) == (datetime(2026, 2, 3, 4, 0, tzinfo=UTC), 6)
    assert b"city_prices_markets_late 6.0" in run.metrics.exposition()
