"""Every fact says where it comes from: what is made up says demo wherever it is read."""

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import update

from svc_prices.indicators.usecases import Board
from svc_prices.observations.models import LatestPrice
from tests.svc_prices.bazaar import Bazaar

INDONESIAN = {"Accept-Language": "id"}
READINGS = (
    "/latest",
    "/medians",
    "/alerts",
    "/compare?commodity=beras-premium",
    "/basket?item=beras-premium",
)


@pytest.fixture
async def demo(bazaar: Bazaar) -> Bazaar:
    """Made-up prices of beras-premium on Pasar Anyar."""
    await bazaar.years(100)
    bazaar.run.parts.pop(Board, None)
    return bazaar


@pytest.mark.parametrize("path", READINGS)
async def test_what_is_made_up_says_demo_in_every_reading(demo: Bazaar, path: str) -> None:
    body = (await demo.get(path)).json()
    facts = body["items"] if path.startswith(("/latest", "/medians", "/alerts")) else body["markets"]
    priced = [fact for fact in facts if fact.get("price") or fact.get("total")]
    assert len(priced) == 1
    assert priced[0]["source"] == "demo"
    assert {fact["source"] for fact in facts if fact not in priced} <= {None}


@pytest.mark.parametrize("market", ["", "&market=anyar"])
async def test_a_line_and_its_picture_say_so_too(demo: Bazaar, market: str) -> None:
    line = (await demo.get(f"/trend?commodity=beras-premium{market}", headers=INDONESIAN)).json()
    picture = (await demo.get(f"/trend.svg?commodity=beras-premium{market}", headers=INDONESIAN)).text
    assert line["source"] == "demo"
    assert "Data peragaan (demo)" in line["text"]
    assert "Data peragaan (demo)" in picture


@pytest.mark.parametrize(("name", "column"), [("wfp", "priceflag"), ("panel-harga", "Sumber")])
async def test_every_line_of_the_exports_says_so_and_does_not_come_back_in(
    demo: Bazaar, name: str, column: str
) -> None:
    text = (await demo.get(f"/exports/{name}.csv")).text
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == 31
    assert {row[column] for row in rows} == {"demo"}
    headers = demo.headers(demo.supervisor) | {"Content-Type": "text/csv", "Idempotency-Key": f"again-{name}"}
    again = await demo.client.post("/v1/prices/imports?market=poris", content=text, headers=headers)
    assert [(reason["code"], reason["count"]) for reason in again.json()["reasons"]] == [("flag", 31)]


async def test_a_notice_of_a_made_up_price_says_so(bazaar: Bazaar) -> None:
    await bazaar.past("beras-premium", [10_000])
    watch = {"commodity": "beras-premium", "market": "anyar", "percent": 5}
    assert (await bazaar.send(bazaar.citizen, "/watches", watch)).status_code == 201
    await bazaar.price("beras-premium", 11_000)
    async with bazaar.run.database.transaction() as session:
        await session.execute(update(LatestPrice).values(source="demo"))
    await bazaar.pass_time(timedelta(seconds=5))
    (notice,) = await bazaar.told("notice_requested.v1")
    assert (notice["params"]["place_id"], notice["params"]["place_en"]) == (
        "Pasar Anyar (peragaan/demo)",
        "Pasar Anyar (demo)",
    )


@pytest.mark.parametrize(
    ("sources", "told"),
    [(("survey", "survey"), "survey"), (("survey", "import"), "mixed"), (("import", "demo"), "demo")],
)
async def test_a_median_of_several_sources_is_mixed_and_of_anything_made_up_demo(
    bazaar: Bazaar, sources: tuple[str, str], told: str
) -> None:
    for market, source in enumerate(sources, 1):
        await bazaar.years(2, market=market, source=source)
    assert [item["source"] for item in await bazaar.items("/medians")] == [told]
    assert (await bazaar.get("/trend?commodity=beras-premium")).json()["source"] == told


async def test_the_class_of_a_price_stands_in_the_readers_language(bazaar: Bazaar) -> None:
    await bazaar.years(100, source="survey")
    for path in ("/latest", "/medians"):
        (item,) = (await bazaar.get(path, headers=INDONESIAN)).json()["items"]
        assert (item["price_class"]["code"], item["price_class"]["label"]) == ("normal", "normal")
    await bazaar.price("beras-premium", 11_000, row={"reason": "x"})
    for path in ("/latest", "/medians"):
        (item,) = (await bazaar.get(path, headers=INDONESIAN)).json()["items"]
        assert (item["price_class"]["code"], item["price_class"]["label"]) == ("dear", "mahal")
