"""A survey day through the front door: batches, units, slips, reasons, completeness."""

from datetime import timedelta
from typing import Any

import pytest

from svc_prices.pack import PricesPack
from tests.svc_prices.bazaar import TODAY, Bazaar, outcomes


async def test_a_market_is_surveyed_and_everybody_reads_its_prices(bazaar: Bazaar) -> None:
    commodities = [each.code for each in bazaar.run.part(PricesPack).commodities]
    rows = [{"commodity": code, "price": 10_000 + 100 * n} for n, code in enumerate(commodities[:-1])]
    rows.append({"commodity": commodities[-1], "state": "not_available"})
    assert set(outcomes(await bazaar.enter(rows))) == {"published"}
    latest = await bazaar.items("/latest?market=anyar&limit=100")
    assert len(latest) == len(commodities) - 1
    assert (latest[0]["commodity"], latest[0]["price"], latest[0]["age_days"]) == ("beras-premium", 10_000, 0)
    assert (latest[0]["source"], latest[0]["unit"]) == ("survey", "kg")
    day = (await bazaar.get("/surveys/today", bazaar.supervisor)).json()
    assert (day["complete"], day["due"], day["late"]) == (1, 6, 0)
    assert day["text"] == "1 dari 6 pasar sudah disurvei"
    assert [e["market"] for e in await bazaar.told("survey_completed.v1")] == ["anyar"]
    assert len(await bazaar.told("price_published.v1")) == len(commodities) - 1


async def test_six_of_six_and_what_is_not_surveyed_does_not_count(bazaar: Bazaar) -> None:
    commodities = [each.code for each in bazaar.run.part(PricesPack).commodities]
    whole = [{"commodity": code, "price": 12_000} for code in commodities]
    for market in ("anyar", "bandeng", "jatiuwung", "malabar", "poris"):
        await bazaar.enter(whole, market)
    await bazaar.enter([*whole[:-1], {"commodity": commodities[-1], "state": "not_surveyed"}], "ramadani")
    day = (await bazaar.get("/surveys/today", bazaar.surveyor, headers={"Accept-Language": "en"})).json()
    assert (day["text"], day["markets"][-1]["state"]["code"]) == ("5 of 6 markets surveyed", "begun")
    await bazaar.enter([whole[-1]], "ramadani")
    assert (await bazaar.get("/surveys/today", bazaar.surveyor)).json()["complete"] == 6
    assert len(await bazaar.told("survey_completed.v1")) == 6


async def test_zero_is_no_price_and_says_what_to_do_instead(bazaar: Bazaar) -> None:
    body = {"market": "anyar", "day": str(TODAY), "rows": [{"commodity": "beras-premium", "price": 0}]}
    answer = await bazaar.send(bazaar.surveyor, "/observations", body)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("rows.0.price", "zero_is_no_price")
    assert "not_available" in error["message"]


async def test_a_local_unit_is_converted_and_the_factor_is_shown(bazaar: Bazaar) -> None:
    row = {"price": 3_200, "unit": "ons"}
    found = await bazaar.price("bawang-merah", 3_200, row=row)
    assert (found["price"], found["converted_from"]) == (
        32_000,
        {"price": 3_200, "unit": "ons", "factor": 0.1},
    )
    (latest,) = await bazaar.items("/latest")
    assert latest["price"] == 32_000
    unknown = await bazaar.enter(
        [
            {"commodity": "bawang-putih", "price": 1, "unit": "truk"},
            {"commodity": "emas", "price": 1},
            {"commodity": "telur-ayam", "price": 2_000, "unit": "butir"},
        ]
    )
    assert outcomes(unknown) == ["refused", "refused", "published"]
    assert [row["why"] and row["why"]["code"] for row in unknown] == [
        "unknown_unit",
        "unknown_commodity",
        None,
    ]
    assert unknown[2]["price"] == 32_000


async def test_a_slip_of_ten_times_is_held_and_is_seen_nowhere(bazaar: Bazaar) -> None:
    await bazaar.past("beras-premium", [15_000, 15_100, 15_200])
    row = {"reason": "harga naik"}
    found = await bazaar.price("beras-premium", 152_000, row=row)
    assert (found["outcome"]["code"], found["why"]["code"]) == ("held", "far_from_median")
    assert [item["price"] for item in await bazaar.items("/latest")] == [15_200]
    assert [item["price"] for item in await bazaar.items("/medians")] == [15_200]
    trend = (await bazaar.get("/trend?commodity=beras-premium&market=anyar")).json()
    assert [point["price"] for point in trend["points"]] == [15_000, 15_100, 15_200]
    basket = (await bazaar.get("/basket?item=beras-premium:2")).json()
    assert basket["markets"][0]["total"] == 30_400
    assert "152000" not in (await bazaar.get("/alerts")).text
    assert "152000" not in (await bazaar.get("/compare?commodity=beras-premium")).text
    assert all(event["price"] < 16_000 for event in await bazaar.told("price_published.v1"))
    assert len(await bazaar.told("price_held.v1")) == 1


async def test_a_third_is_a_slip_too_and_a_small_step_after_still_weeks_is_none(bazaar: Bazaar) -> None:
    await bazaar.past("gula-konsumsi", [18_000] * 8)
    assert (await bazaar.price("gula-konsumsi", 18_500))["outcome"]["code"] == "published"
    await bazaar.past("minyakita", [16_000] * 8, "poris")
    low = await bazaar.price("minyakita", 5_000, "poris")
    assert (low["outcome"]["code"], low["why"]["code"]) == ("held", "far_from_median")
    far = await bazaar.price("minyakita", 20_000, "poris", row={"reason": "langka"})
    assert (far["outcome"]["code"], far["why"]["code"]) == ("held", "robust_z")


async def test_a_market_without_history_is_judged_by_the_citys(bazaar: Bazaar) -> None:
    await bazaar.past("daging-ayam", [38_000, 38_500, 38_200], "anyar")
    assert (await bazaar.price("daging-ayam", 380_000, "malabar"))["outcome"]["code"] == "held"


async def test_a_great_change_needs_a_reason_and_is_not_kept_without_one(bazaar: Bazaar) -> None:
    await bazaar.past("cabai-rawit-merah", [40_000, 60_000, 45_000, 62_000, 50_000])
    found = await bazaar.price("cabai-rawit-merah", 66_000)
    assert (found["outcome"]["code"], found["why"]["code"]) == ("needs_reason", "changed_much")
    assert (found["previous_price"], found["change_percent"]) == (50_000, 32.0)
    assert (await bazaar.items("/latest"))[0]["price"] == 50_000
    again = await bazaar.price("cabai-rawit-merah", 66_000, row={"reason": "hujan, pasokan kurang"})
    assert again["outcome"]["code"] == "published"
    assert (await bazaar.items("/latest"))[0]["price"] == 66_000


async def test_the_form_shows_yesterday_and_other_markets(bazaar: Bazaar) -> None:
    await bazaar.past("beras-medium", [13_400, 13_500])
    await bazaar.past("beras-medium", [13_900], "poris")
    await bazaar.price("beras-premium", 15_000)
    form = (await bazaar.get(f"/observations/form?market=anyar&day={TODAY}", bazaar.surveyor)).json()
    rows = {row["commodity"]: row for row in form["rows"]}
    assert len(rows) == 25
    medium = rows["beras-medium"]
    assert medium["before"] == {"day": str(TODAY - timedelta(days=1)), "price": 13_500}
    assert [(other["market"], other["price"]) for other in medium["elsewhere"]] == [("poris", 13_900)]
    assert (medium["city"]["price"], medium["city"]["markets"], medium["now"]) == (13_700, 2, None)
    assert [unit["factor"] for unit in medium["units"]] == [0.8]
    assert rows["beras-premium"]["now"]["price"] == 15_000
    assert (await bazaar.get("/observations/form?market=nirgends", bazaar.surveyor)).status_code == 404


@pytest.mark.parametrize(
    ("day", "code"), [(TODAY + timedelta(days=1), "not_begun"), (TODAY - timedelta(days=8), "too_long_ago")]
)
async def test_a_day_that_is_not_hers_to_enter_is_refused(bazaar: Bazaar, day: Any, code: str) -> None:
    body = {"market": "anyar", "day": str(day), "rows": [{"commodity": "beras-premium", "price": 15_000}]}
    answer = await bazaar.send(bazaar.surveyor, "/observations", body)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)


async def test_a_batch_names_each_commodity_once_and_says_price_where_there_is_one(bazaar: Bazaar) -> None:
    for rows, code in (
        ([{"commodity": "beras-premium", "price": 1}] * 2, "repeated"),
        ([{"commodity": "beras-premium"}], "price_missing"),
        ([{"commodity": "beras-premium", "price": 1, "state": "not_available"}], "price_not_expected"),
        ([], "too_short"),
    ):
        body = {"market": "anyar", "day": str(TODAY), "rows": rows}
        answer = await bazaar.send(bazaar.surveyor, "/observations", body)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
