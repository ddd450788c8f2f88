"""Markets and commodities: sown once, changed by staff, found by search, told anew from a snapshot."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from shared.auth import Caller
from shared.city.pack import City, load_city
from shared.city.problems import PackError
from shared.seeds import sow
from svc_prices.markets import usecases as markets
from svc_prices.pack import FILE, SEEDS, check, load_prices
from tests.svc_prices.bazaar import Bazaar

CITIES = Path(__file__).parents[2] / "deploy/cities"
PLATFORM = Caller(kind="system")


async def test_what_staff_changed_stays_and_is_named(bazaar: Bazaar) -> None:
    body = {"name": "Pasar Anyar Baru", "kind": "modern", "source": "demo"}
    answer = await bazaar.send(bazaar.supervisor, "/markets/anyar", body, "PUT")
    assert (answer.status_code, answer.json()["version"], answer.json()["point"]) == (200, 2, None)
    async with bazaar.run.database.transaction() as session:
        markets, commodities = await sow(session, bazaar.run, SEEDS, bazaar.clock.now())
    assert (markets.inserted, markets.differ, commodities.inserted, commodities.differ) == (
        0,
        ["anyar"],
        0,
        [],
    )
    assert (await bazaar.get("/markets/anyar")).json()["name"] == "Pasar Anyar Baru"


async def test_a_market_lies_in_the_area_of_its_point_and_an_unknown_place_is_said(bazaar: Bazaar) -> None:
    anyar = (await bazaar.get("/markets/anyar")).json()
    assert (anyar["point"], anyar["village"]) == ({"lat": -6.17568, "lon": 106.63553}, "36.71.01.1002")
    poris = (await bazaar.get("/markets/poris")).json()
    assert (poris["point"], poris["area"], poris["source"]) == (None, None, "unverified")


async def test_a_closed_market_is_found_no_longer_and_its_prices_are_read_no_longer(bazaar: Bazaar) -> None:
    await bazaar.price("beras-premium", 15_000, "poris")
    body = {"name": "Pasar Poris", "kind": "traditional", "source": "demo", "active": False}
    tag = (await bazaar.get("/markets/poris")).headers["ETag"]
    assert (
        await bazaar.send(bazaar.supervisor, "/markets/poris", body, "PUT", If_Match=tag)
    ).status_code == 200
    stale = await bazaar.send(bazaar.supervisor, "/markets/poris", body, "PUT", If_Match=tag)
    assert stale.status_code == 412
    assert (await bazaar.get("/markets/poris")).status_code == 404
    assert await bazaar.items("/latest") == []
    assert (await bazaar.told("document_withdrawn.v1"))[-1]["kind"] == "prices_market"
    assert {"prices:markets"} <= {tag for e in await bazaar.told("tags_purged.v1") for tag in e["tags"]}
    batch = {"market": "poris", "day": str(bazaar.today), "rows": [{"commodity": "minyakita", "price": 1}]}
    refused = await bazaar.send(bazaar.supervisor, "/observations", batch)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "market")


async def test_units_and_references_are_changed_whole(bazaar: Bazaar) -> None:
    body = {
        "name": {"id": "Minyakita", "en": "Minyakita"},
        "category": "cooking_oil",
        "local_units": [
            {
                "code": "bantal",
                "name": {"id": "bantal", "en": "pouch"},
                "factor": "0.5",
                "source": "demo",
            }
        ],
        "references": [{"kind": "HET", "price": 16_000, "valid_from": "2026-01-01", "source": "demo"}],
    }
    answer = await bazaar.send(bazaar.supervisor, "/commodities/minyakita", body, "PUT")
    assert answer.status_code == 200, answer.text
    read = (await bazaar.get("/commodities/minyakita")).json()
    assert [unit["code"] for unit in read["local_units"]] == ["bantal"]
    assert [price["price"] for price in read["references"]] == [16_000]
    found = await bazaar.price("minyakita", 8_000, row={"unit": "bantal"})
    assert found["price"] == 16_000
    twice = body | {"local_units": body["local_units"] * 2}  # type: ignore[operator]
    assert (await bazaar.send(bazaar.supervisor, "/commodities/minyakita", twice, "PUT")).status_code == 422


async def test_search_was_told_of_everything_and_a_snapshot_tells_it_again(bazaar: Bazaar) -> None:
    told = {(e["kind"], e["id"]): e for e in await bazaar.told("document_published.v1")}
    assert len(told) == 31
    found: dict[tuple[str, str], Any] = {}
    after = ""
    while after is not None:
        url = f"/internal/snapshots/documents?limit=10{after and '&after=' + after}"
        page = (await bazaar.client.get(url, headers=bazaar.headers(PLATFORM))).json()
        ids = [item["id"] for item in page["items"]]
        assert ids == sorted(ids)
        found |= {(item["data"]["kind"], item["id"]): item["data"] for item in page["items"]}
        after = page["next"]
    assert found == told
    assert {kind for kind, _ in found} == {"prices_market", "prices_commodity"}


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(CITIES / "tangerang")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("code: bandeng", "code: anyar", '"anyar" is used twice'),
        ("panel_id: 28", "panel_id: 27", '"27" is used twice'),
        ("lat: -6.17568, ", "", "needs both lat and lon, or none"),
        ("factor: 0.8", "factor: 0", "factor: Input should be greater than 0"),
        ("price: 14900", "price: 0", "price: Input should be greater than 0"),
        ("kind: HET", "kind: HOT", "kind: Input should be 'HET' or 'HAP'"),
    ],
)
def test_a_mistake_in_the_pack_names_file_and_line(
    city: City, tmp_path: Path, old: str, new: str, why: str
) -> None:
    pack = Path(shutil.copytree(CITIES / "tangerang", tmp_path / "city"))
    text = (pack / FILE).read_text(encoding="utf-8")
    assert old in text
    (pack / FILE).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PackError) as caught:
        load_prices(city.model_copy(update={"folder": pack}))
    assert any(FILE in str(problem) and why in str(problem) for problem in caught.value.problems)


@pytest.mark.parametrize(("name", "markets", "commodities"), [("tangerang", 6, 25), ("contoh", 3, 5)])
def test_both_cities_have_their_prices(name: str, markets: int, commodities: int) -> None:
    found = load_city(CITIES / name)
    pack = load_prices(found)
    assert (len(pack.markets), len(pack.commodities)) == (markets, commodities)
    (there,), _ = check(found)
    assert there[1].startswith(f"{markets} markets, {commodities} commodities")


async def test_a_supervisor_opens_a_market_and_adds_a_commodity(bazaar: Bazaar) -> None:
    place = {"lat": -6.1781, "lon": 106.6310}
    market = {"code": "sipon", "name": "Pasar Sipon", "kind": "traditional", "point": place, "source": "demo"}
    opened = await bazaar.send(bazaar.supervisor, "/markets", market)
    assert (opened.status_code, opened.headers["location"]) == (201, "/v1/prices/markets/sipon")
    assert opened.json()["district"]
    unit = {"code": "papan", "name": {"id": "papan", "en": "board"}, "factor": "0.25", "source": "demo"}
    tempe = {"code": "tempe", "name": {"id": "Tempe", "en": "Tempeh"}, "unit": "kg", "source": "demo"}
    tempe |= {"category": "maize_soybean", "local_units": [unit]}
    assert (await bazaar.send(bazaar.supervisor, "/commodities", tempe)).status_code == 201
    row = {"unit": "papan"}
    assert (await bazaar.price("tempe", 5_000, "sipon", row=row))["outcome"]["code"] == "published"
    assert [item["price"] for item in await bazaar.items("/latest?market=sipon")] == [20_000]
    assert [item["code"] for item in await bazaar.items("/commodities?limit=100")][-1] == "tempe"
    published = await bazaar.told("document_published.v1")
    assert [document["title"]["id"] for document in published[-2:]] == ["Pasar Sipon", "Tempe"]
    assert {document["source"] for document in published[-2:]} == {"demo"}
    assert "demo" not in {document["source"] for document in published if "beras" in document["url"]}
    for path, body in (("/markets", market), ("/commodities", tempe)):
        again = await bazaar.send(bazaar.supervisor, path, body)
        assert (again.status_code, again.json()["code"]) == (409, "code_taken")


@pytest.mark.parametrize(
    ("path", "change", "code"),
    [
        ("/markets", {"code": "median"}, "reserved"),
        ("/commodities", {"code": "tempe", "unit": "kg"}, "range_backwards"),
    ],
)
async def test_a_new_one_that_makes_no_sense_is_refused(
    bazaar: Bazaar, path: str, change: dict[str, Any], code: str
) -> None:
    price = {"kind": "HET", "price": 1, "valid_from": "2026-02-02", "valid_to": "2026-02-01", "source": "x"}
    body: dict[str, Any] = {"name": "x", "kind": "modern", "source": "x", **change}
    if path == "/commodities":
        named = {"name": {"id": "x", "en": "x"}, "category": "rice", "source": "x"}
        body = {**named, **change, "references": [price]}
    answer = await bazaar.send(bazaar.supervisor, path, body)
    assert answer.status_code == 422
    assert code in {error["code"] for error in answer.json()["errors"]}


async def test_a_list_has_an_end(bazaar: Bazaar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markets, "MOST_MARKETS", 6)
    body = {"code": "ketujuh", "name": "x", "kind": "modern", "source": "x"}
    answer = await bazaar.send(bazaar.supervisor, "/markets", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "catalogue_full")


async def test_what_waits_on_a_closed_market_is_still_decided(bazaar: Bazaar) -> None:
    await bazaar.past("minyakita", [16_000, 16_000, 16_000])
    assert (await bazaar.price("minyakita", 160_000))["outcome"]["code"] == "held"
    facts = {"name": "Pasar Anyar", "kind": "traditional", "source": "demo", "active": False}
    assert (await bazaar.send(bazaar.supervisor, "/markets/anyar", facts, "PUT")).status_code == 200
    one = f"/reviews/anyar/{bazaar.today}/minyakita/retail/reject"
    assert (await bazaar.send(bazaar.supervisor, one, {"reason": "salah ketik"})).status_code == 200
    assert (await bazaar.get("/reviews", bazaar.supervisor)).json()["items"] == []
