"""The hour of the plan: who is late is told once, and who is done before it is not."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from shared.clock import ManualClock
from shared.seeds import sow_all
from shared.tables import due, outbox
from shared.testing import served
from svc_prices.app import create_app
from svc_prices.markets.models import Market
from svc_prices.pack import SEEDS, PricesPack
from svc_prices.settings import PricesSettings
from svc_prices.surveys.models import SurveyDay
from svc_prices.surveys.rules import Planned, bits, days_of, due_by
from svc_prices.surveys.usecases import ALARM, raise_alarm, set_alarm
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
    closed = {"name": "Pasar Anyar", "kind": "traditional", "source": "demo", "active": False}
    assert (await bazaar.send(bazaar.supervisor, "/markets/anyar", closed, "PUT")).status_code == 200
    gone = await bazaar.send(bazaar.supervisor, "/surveys/plan/anyar/s-1", method="DELETE")
    assert gone.status_code == 204
    assert (await bazaar.get("/surveys/plan", bazaar.supervisor)).json()["items"] == []


async def test_a_process_keeps_an_alarm_set_and_shows_who_is_late(
    databases: Any, settings_for: Callable[..., PricesSettings]
) -> None:
    """With the broker away, too: alarm and metric need the database, and no process is unwell."""
    noon = ManualClock(datetime(2026, 2, 2, 5, 0, tzinfo=UTC))
    app = create_app(settings_for(PricesSettings, databases.new("svc_prices")), noon)
    run = app.state.runtime
    await sow_all(run, SEEDS)
    async with served(app), asyncio.timeout(20):
        while b"city_prices_markets_late 6.0" not in run.metrics.exposition():
            await asyncio.sleep(0.05)
        assert not any("market" in text for tell in run.degraded for text in tell())
        async with run.database.connection() as connection:
            (moment,) = await connection.scalars(select(due.c.due_at).where(due.c.kind == ALARM))
            told = await connection.scalar(
                select(func.count()).where(outbox.c.type == "prices.survey_missed.v1")
            )
    assert (moment, told) == (datetime(2026, 2, 3, 4, 0, tzinfo=UTC), 6)


async def whole_day(bazaar: Bazaar, market: str) -> list[str]:
    codes = [each.code for each in bazaar.run.part(PricesPack).commodities]
    await bazaar.enter([{"commodity": code, "price": 12_000} for code in codes], market)
    return codes


async def state_of(bazaar: Bazaar, market: str, day: str = "") -> tuple[str, int, int]:
    found = (await bazaar.get(f"/surveys/today{day and f'?day={day}'}", bazaar.supervisor)).json()
    (mine,) = (each for each in found["markets"] if each["market"] == market)
    return mine["state"]["code"], mine["entered"], mine["expected"]


async def test_a_rejection_reopens_a_complete_day_until_the_price_is_entered_anew(bazaar: Bazaar) -> None:
    await bazaar.past("beras-premium", [15_000, 15_000, 15_000])
    codes = await whole_day(bazaar, "poris")
    for code in codes:
        await bazaar.price(code, 150_000 if code == "beras-premium" else 12_000)
    assert await state_of(bazaar, "anyar") == ("complete", 25, 25)
    one = f"/reviews/anyar/{bazaar.today}/beras-premium/retail/reject"
    assert (await bazaar.send(bazaar.supervisor, one, {"reason": "salah ketik"})).status_code == 200
    assert (await state_of(bazaar, "anyar"))[0] in ("begun", "late")
    assert (await state_of(bazaar, "anyar"))[1:] == (24, 25)
    (told,) = await bazaar.told("survey_reopened.v1")
    assert (told["market"], told["entered"], told["expected"]) == ("anyar", 24, 25)
    await bazaar.price("beras-premium", 15_000)
    assert await state_of(bazaar, "anyar") == ("complete", 25, 25)
    completed = [event["market"] for event in await bazaar.told("survey_completed.v1")]
    assert completed == ["poris", "anyar", "anyar"]
    async with bazaar.run.database.transaction() as session:
        about = outbox.c.entity_id == f"anyar/{bazaar.today}"
        versions = (await session.scalars(select(outbox.c.entity_version).where(about))).all()
    assert sorted(versions) == [1, 2, 3]


async def test_a_commodity_that_joins_later_does_not_reopen_a_day(bazaar: Bazaar) -> None:
    codes = await whole_day(bazaar, "anyar")
    facts = {"name": {"id": "Tempe", "en": "Tempeh"}, "category": "maize_soybean", "unit": "kg"}
    made = await bazaar.send(bazaar.supervisor, "/commodities", {"code": "tempe", "source": "demo", **facts})
    assert made.status_code == 201
    await bazaar.price(codes[0], 12_100, row={"reason": "koreksi"})
    assert await state_of(bazaar, "anyar") == ("complete", 25, 25)
    assert await bazaar.told("survey_reopened.v1") == []


async def test_prices_of_a_file_count_to_the_day_like_entered_ones(bazaar: Bazaar) -> None:
    codes = await whole_day(bazaar, "poris")
    header = "date,market,commodity,unit,priceflag,pricetype,currency,price"
    units = {item["code"]: item["unit"] for item in await bazaar.items("/commodities?limit=100")}
    lines = [f"{bazaar.today},anyar,{code},{units[code]},actual,Retail,IDR,12000" for code in codes]
    headers = bazaar.headers(bazaar.supervisor) | {"Content-Type": "text/csv", "Idempotency-Key": "file-0001"}
    content = "\n".join([header, *lines])
    sent = await bazaar.client.post("/v1/prices/imports", content=content, headers=headers)
    assert (sent.status_code, sent.json()["refused"]) == (200, 0), sent.text
    assert await state_of(bazaar, "anyar") == ("complete", 25, 25)
    assert (await bazaar.told("survey_completed.v1"))[-1]["market"] == "anyar"


async def test_the_alarm_and_a_batch_at_the_same_moment_keep_each_others_word(lasting_bazaar: Bazaar) -> None:
    """Both open the market's day; whoever is second waits and goes on from what the first one wrote."""
    bazaar, now = lasting_bazaar, lasting_bazaar.clock.now().replace(hour=5)
    rows = [{"commodity": "beras-premium", "price": 15_000}]
    body = {"market": "malabar", "day": str(bazaar.today), "rows": rows}
    async with bazaar.run.database.transaction() as session:
        await raise_alarm(session, bazaar.run, now)
        entering = asyncio.create_task(bazaar.send(bazaar.surveyor, "/observations", body))
        await asyncio.sleep(0.3)
    answer = await entering
    assert answer.status_code == 200, answer.text
    async with bazaar.run.database.transaction() as session:
        malabar = select(SurveyDay).join(Market, Market.id == SurveyDay.market_id)
        row = (await session.scalars(malabar.where(Market.code == "malabar"))).one()
        assert (row.entered, row.alarmed_at) == (1, now)
        await session.execute(delete(SurveyDay))


async def test_two_supervisors_who_name_the_same_person_at_once_both_succeed(lasting_bazaar: Bazaar) -> None:
    bazaar, line = lasting_bazaar, "/surveys/plan/bandeng/s-9"
    plan = {"weekdays": ["monday"], "by": "07:30"}
    people = [bazaar.supervisor, bazaar.deputy] * 4
    answers = await asyncio.gather(*(bazaar.send(who, line, plan, "PUT") for who in people))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(answer.json()["version"] for answer in answers) == list(range(1, 9))
    assert (await bazaar.send(bazaar.supervisor, line, method="DELETE")).status_code == 204
