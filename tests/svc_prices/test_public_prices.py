"""Published prices as everybody reads them: change, reference, class, comparison, line, picture, basket."""

from datetime import date, timedelta
from xml.etree import ElementTree

import pytest

from shared.testing import QueryRecorder
from svc_prices.readings.schemas import TrendOut
from tests.svc_prices.bazaar import TODAY, Bazaar

SVG = "{http://www.w3.org/2000/svg}"


async def test_a_price_is_compared_with_1_7_and_30_days_ago_and_with_the_reference(bazaar: Bazaar) -> None:
    await bazaar.years(400)
    (item,) = await bazaar.items("/latest?commodity=beras-premium")
    assert [(c["against_days"], c["price"]) for c in item["changes"]] == [
        (1, 10_399),
        (7, 10_393),
        (30, 10_370),
    ]
    assert item["changes"][2]["percent"] == 0.29
    (reference,) = item["references"]
    assert (reference["kind"], reference["price"], reference["percent_above"]) == ("HET", 14_900, -30.2)
    assert "299/2025" in reference["source"]
    assert (item["price_class"]["code"], item["price_class"]["observations"]) == ("normal", 365)
    assert item["source"] == "demo"


async def test_without_enough_days_there_is_no_class_and_no_change(bazaar: Bazaar) -> None:
    await bazaar.past("minyakita", [16_000])
    (item,) = (await bazaar.get("/medians", headers={"Accept-Language": "id"})).json()["items"]
    assert (item["price_class"]["code"], item["price_class"]["label"]) == (
        "not_enough_data",
        "belum cukup data",
    )
    assert (item["changes"], item["markets"], item["age_days"]) == ([], 1, 1)


async def test_a_change_is_against_a_day_at_most_three_days_further_back(bazaar: Bazaar) -> None:
    for back, price in ((10, 20_000), (35, 25_000), (0, 22_000)):
        day = bazaar.today - timedelta(days=back)
        row = {"reason": "x"}
        await bazaar.price("ikan-kembung", price, day=day, row=row, caller=bazaar.supervisor)
    (item,) = await bazaar.items("/latest")
    assert [(c["against_days"], c["day"]) for c in item["changes"]] == [(7, str(TODAY - timedelta(days=10)))]


async def test_markets_side_by_side_the_cheapest_first_and_old_prices_count_no_longer(bazaar: Bazaar) -> None:
    for market, price in (("anyar", 40_000), ("poris", 36_000), ("malabar", 44_000)):
        await bazaar.price("daging-ayam", price, market)
    old = bazaar.today - timedelta(days=20)
    await bazaar.price("daging-ayam", 10_000, "bandeng", day=old, caller=bazaar.supervisor)
    body = (await bazaar.get("/compare?commodity=daging-ayam")).json()
    assert body["median"] == 40_000
    assert body["spread"] == {
        "lowest": 36_000,
        "highest": 44_000,
        "difference": 8_000,
        "percent": 20.0,
        "markets": 3,
    }
    found = [(m["market"], m["price"], m["counted"], m["percent_of_median"]) for m in body["markets"]]
    assert found[:4] == [
        ("poris", 36_000, True, -10.0),
        ("anyar", 40_000, True, 0.0),
        ("malabar", 44_000, True, 10.0),
        ("bandeng", 10_000, False, None),
    ]
    assert [m[1] for m in found[4:]] == [None, None]


async def test_without_a_price_nothing_is_said_of_the_reference(bazaar: Bazaar) -> None:
    body = (await bazaar.get("/compare?commodity=beras-premium")).json()
    assert [(each["price"], each["percent_above"]) for each in body["references"]] == [(14_900, None)]


async def test_a_line_of_the_past_is_held_against_the_reference_of_its_days(bazaar: Bazaar) -> None:
    await bazaar.years(400)
    for back, references in ((0, [14_900]), (390, [])):
        day = TODAY - timedelta(days=back)
        body = (await bazaar.get(f"/trend?commodity=beras-premium&to={day}")).json()
        assert [each["price"] for each in body["references"]] == references


@pytest.mark.parametrize(("ended", "code"), [(7, "normal"), (8, "not_enough_data")])
async def test_a_price_older_than_a_week_is_called_neither_dear_nor_cheap(
    bazaar: Bazaar, ended: int, code: str
) -> None:
    await bazaar.years(200, ended=ended)
    for path in ("/latest?commodity=beras-premium", "/medians"):
        assert (await bazaar.items(path))[0]["price_class"]["code"] == code


async def test_three_years_are_one_line_and_a_day_more_is_refused(bazaar: Bazaar) -> None:
    await bazaar.years(1_097)
    first = TODAY - timedelta(days=1_096)
    line = f"/trend?commodity=beras-premium&from={first}&to={TODAY}"
    for path in (line, f"{line}&market=anyar"):
        answer = await bazaar.get(path)
        body = answer.json()
        assert TrendOut.model_validate_json(answer.content).model_dump(mode="json") == body
        assert [point["day"] for point in body["points"]][::1_096] == [str(first), str(TODAY)]
        assert len(body["points"]) == 1_097
        assert (body["points"][0]["price"], body["points"][-1]["price"]) == (10_001, 11_097)
    assert body["market_name"] == "Pasar Anyar"
    longer = TODAY - timedelta(days=1_099)
    refused = await bazaar.get(f"/trend?commodity=beras-premium&from={longer}")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "from")
    backwards = await bazaar.get(
        f"/trend?commodity=beras-premium&from={TODAY}&to={TODAY - timedelta(days=3)}"
    )
    assert backwards.json()["errors"][0]["code"] == "after_to"


@pytest.mark.parametrize(("language", "words", "dot"), [("id", "terendah", "."), ("en", "lowest", ",")])
async def test_the_picture_is_well_formed_and_says_in_words_what_it_shows(
    bazaar: Bazaar, language: str, words: str, dot: str
) -> None:
    await bazaar.years(1_097)
    path = f"/trend.svg?commodity=beras-premium&from={TODAY - timedelta(days=1_096)}"
    answer = await bazaar.get(path, headers={"Accept-Language": language})
    assert (answer.headers["Content-Type"], answer.headers["Content-Language"]) == ("image/svg+xml", language)
    root = ElementTree.fromstring(answer.content)
    title, desc = root.findtext(f"{SVG}title") or "", root.findtext(f"{SVG}desc") or ""
    assert ("Premium" in title or "Premium rice" in title, f"Rp11{dot}097" in desc) == (True, True)
    assert root.find(f"{SVG}path") is not None
    assert len(answer.content) < 4_096
    told = (await bazaar.get(path.replace(".svg", ""), headers={"Accept-Language": language})).json()
    assert told["text"] == desc
    assert words in desc
    kept = await bazaar.get(
        path, headers={"Accept-Language": language, "If-None-Match": answer.headers["ETag"]}
    )
    assert kept.status_code == 304


async def test_a_line_without_prices_says_so(bazaar: Bazaar) -> None:
    body = (await bazaar.get("/trend?commodity=minyakita")).json()
    assert body["points"] == []
    picture = await bazaar.get("/trend.svg?commodity=minyakita")
    assert ElementTree.fromstring(picture.content).findtext(f"{SVG}desc") == body["text"]


async def test_a_basket_names_what_is_missing_and_how_far_the_market_is(bazaar: Bazaar) -> None:
    await bazaar.enter(
        [{"commodity": "beras-premium", "price": 15_000}, {"commodity": "telur-ayam", "price": 29_000}]
    )
    await bazaar.enter([{"commodity": "beras-premium", "price": 14_000}], "poris")
    stale = bazaar.today - timedelta(days=15)
    row = {"commodity": "telur-ayam", "price": 20_000}
    await bazaar.enter([row], "poris", day=stale, caller=bazaar.supervisor)
    path = "/basket?item=beras-premium:5&item=telur-ayam:0.5&lat=-6.1729&lon=106.6319"
    body = (await bazaar.get(path)).json()
    assert (body["cheapest"], [item["quantity"] for item in body["items"]]) == ("anyar", [5.0, 0.5])
    anyar, poris = body["markets"][:2]
    assert (anyar["total"], anyar["complete"], anyar["missing"]) == (89_500, True, [])
    assert 400 < anyar["distance_m"] < 700
    assert (poris["total"], poris["missing"], poris["distance_m"]) == (70_000, ["telur-ayam"], None)
    assert {m["total"] for m in body["markets"][2:]} == {None}
    for bad, code in (
        ("item=emas:1", "unknown"),
        ("item=minyakita:0", "none_of_it"),
        ("item=minyakita&item=minyakita:2", "repeated"),
    ):
        assert (await bazaar.get(f"/basket?{bad}")).json()["errors"][0]["code"] == code
    assert (await bazaar.get("/basket?item=minyakita:-1")).status_code == 422
    assert (await bazaar.get("/basket")).status_code == 422


async def test_lists_go_on_where_the_page_before_ended(bazaar: Bazaar) -> None:
    codes = ["beras-premium", "beras-medium", "minyakita", "telur-ayam", "gula-konsumsi"]
    for market in ("anyar", "poris"):
        await bazaar.enter([{"commodity": code, "price": 20_000} for code in codes], market)
    for path, count in (("/latest", 10), ("/medians", 5), ("/markets", 6), ("/commodities", 25)):
        found, cursor = [], ""
        while cursor is not None:
            page = (await bazaar.get(f"{path}?limit=4{cursor and '&cursor=' + cursor}")).json()
            found += page["items"]
            cursor = page["next"]
        assert len(found) == count
        assert len({str(item) for item in found}) == count
        assert (await bazaar.get(f"{path}?cursor=nonsense")).json()["code"] == "bad_cursor"


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/latest?limit=100", 3),
        ("/latest?market=anyar&commodity=beras-premium", 3),
        ("/medians?limit=100", 3),
        ("/compare?commodity=beras-premium", 2),
        ("/trend?commodity=beras-premium", 2),
        ("/basket?item=beras-premium:1&item=minyakita:2", 2),
        ("/markets", 1),
        ("/commodities?limit=100", 3),
    ],
)
async def test_a_public_answer_costs_as_many_statements_however_much_there_is(
    bazaar: Bazaar, path: str, most: int
) -> None:
    for market in ("anyar", "poris", "bandeng"):
        codes = ["beras-premium", "beras-medium", "minyakita", "telur-ayam"]
        await bazaar.enter([{"commodity": code, "price": 20_000} for code in codes], market)
    with QueryRecorder().on(bazaar.run.database) as queries:
        assert (await bazaar.get(path)).status_code == 200
    assert len([q for q in queries.statements if "SAVEPOINT" not in q]) == most


async def test_a_batch_costs_as_many_statements_however_long_it_is(bazaar: Bazaar) -> None:
    counts = []
    for rows in (1, 20):
        codes = [item["code"] for item in await bazaar.items("/commodities?limit=100")][:rows]
        with QueryRecorder().on(bazaar.run.database) as queries:
            await bazaar.enter(
                [{"commodity": code, "price": 20_000} for code in codes], day=date(2026, 2, 2 - (rows > 1))
            )
        counts.append(len([q for q in queries.statements if "SAVEPOINT" not in q]))
    assert counts[0] == counts[1] <= 18
