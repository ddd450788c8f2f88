"""A watch tells its owner once when a price has moved, and moves on with it."""

from datetime import timedelta

import pytest

from svc_prices.privacy.usecases import erase, export
from svc_prices.watches.rules import thresholds
from tests.svc_prices.bazaar import TODAY, Bazaar

WATCH = {"commodity": "cabai-rawit-merah", "market": "anyar", "percent": 10}
SOON = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("baseline", "percent", "direction", "expected"),
    [
        (50_000, 10, "both", (55_000, 45_000)),
        (50_001, 10, "both", (55_002, 45_000)),
        (50_000, 10, "up", (55_000, None)),
        (50_000, 10, "down", (None, 45_000)),
        (50_000, 100, "both", (100_000, None)),
    ],
)
def test_the_prices_at_which_a_watch_fires(
    baseline: int, percent: int, direction: str, expected: tuple[int | None, int | None]
) -> None:
    assert thresholds(baseline, percent, direction) == expected


async def test_a_watch_fires_once_and_its_baseline_moves_on(bazaar: Bazaar) -> None:
    await bazaar.past("cabai-rawit-merah", [50_000])
    made = await bazaar.send(bazaar.citizen, "/watches", WATCH)
    assert (made.status_code, made.json()["above"], made.json()["below"]) == (201, 55_000, 45_000)
    await bazaar.pass_time(SOON)
    await bazaar.price("cabai-rawit-merah", 54_000)
    await bazaar.pass_time(SOON)
    assert await bazaar.told("notice_requested.v1") == []
    await bazaar.price("cabai-rawit-merah", 56_000, row={"reason": "naik"})
    for _ in range(3):
        await bazaar.pass_time(SOON)
    (notice,) = await bazaar.told("notice_requested.v1")
    assert (notice["citizen_id"], notice["template"]) == ("c-1", "prices.price_moved")
    told = {name: notice["params"][name] for name in ("before_id", "price_id", "price_en", "percent_id")}
    assert told == {
        "before_id": "Rp50.000",
        "price_id": "Rp56.000",
        "price_en": "Rp56,000",
        "percent_id": "+12,0",
    }
    (watch,) = (await bazaar.get("/watches", bazaar.citizen)).json()["items"]
    assert (watch["baseline_price"], watch["above"], watch["below"]) == (56_000, 61_600, 50_400)


async def test_a_held_price_tells_nobody(bazaar: Bazaar) -> None:
    await bazaar.past("cabai-rawit-merah", [50_000, 50_500, 50_000])
    await bazaar.send(bazaar.citizen, "/watches", WATCH)
    assert (await bazaar.price("cabai-rawit-merah", 500_000))["outcome"]["code"] == "held"
    await bazaar.pass_time(SOON)
    assert await bazaar.told("notice_requested.v1") == []


async def test_the_citys_median_fires_when_enough_markets_made_it(bazaar: Bazaar) -> None:
    for market in ("anyar", "poris", "malabar"):
        await bazaar.past("cabai-rawit-merah", [50_000], market)
    watch = {"commodity": "cabai-rawit-merah", "percent": 10, "direction": "up"}
    assert (await bazaar.send(bazaar.citizen, "/watches", watch)).json()["market"] is None
    row = {"reason": "naik"}
    for market, notices in (("anyar", 0), ("poris", 0), ("malabar", 1)):
        await bazaar.price("cabai-rawit-merah", 60_000, market, row=row)
        await bazaar.pass_time(SOON)
        assert len(await bazaar.told("notice_requested.v1")) == notices
    (notice,) = await bazaar.told("notice_requested.v1")
    assert (notice["params"]["place_en"], notice["params"]["place_id"]) == (
        "the city's median",
        "median kota",
    )


@pytest.mark.parametrize(("direction", "told"), [("down", ["c-1"]), ("both", ["c-1"]), ("up", [])])
async def test_a_fall_of_the_citys_median_is_told_to_whoever_asked(
    bazaar: Bazaar, direction: str, told: list[str]
) -> None:
    markets = ("anyar", "poris", "malabar")
    for market in markets:
        await bazaar.past("cabai-rawit-merah", [50_000], market)
    watch = {"commodity": "cabai-rawit-merah", "percent": 10, "direction": direction}
    assert (await bazaar.send(bazaar.citizen, "/watches", watch)).status_code == 201
    for market in markets:
        await bazaar.price("cabai-rawit-merah", 44_000, market)
    for _ in range(2):
        await bazaar.pass_time(SOON)
    assert [each["citizen_id"] for each in await bazaar.told("notice_requested.v1")] == told


async def test_a_watch_of_the_citys_median_begins_at_one_that_counts(bazaar: Bazaar) -> None:
    """The first market of the morning is no median: told against it, an ordinary day would be news."""
    watch = {"commodity": "cabai-rawit-merah", "percent": 10}
    for market in ("anyar", "poris", "malabar"):
        await bazaar.past("cabai-rawit-merah", [50_000], market)
    await bazaar.price("cabai-rawit-merah", 60_000, row={"reason": "naik"})
    made = (await bazaar.send(bazaar.citizen, "/watches", watch)).json()
    assert (made["baseline_price"], made["baseline_day"]) == (50_000, str(TODAY - timedelta(days=1)))
    for market in ("poris", "malabar"):
        await bazaar.price("cabai-rawit-merah", 50_500, market)
        await bazaar.pass_time(SOON)
    assert await bazaar.told("notice_requested.v1") == []


async def test_nothing_to_watch_and_too_many_watches_are_refused(bazaar: Bazaar) -> None:
    early = await bazaar.send(bazaar.citizen, "/watches", WATCH)
    assert (early.status_code, early.json()["code"]) == (422, "no_price_yet")
    await bazaar.past("cabai-rawit-merah", [50_000])
    for _ in range(50):
        assert (await bazaar.send(bazaar.citizen, "/watches", WATCH)).status_code == 201
    more = await bazaar.send(bazaar.citizen, "/watches", WATCH)
    assert (more.status_code, more.json()["code"]) == (409, "too_many_watches")
    unknown = await bazaar.send(bazaar.neighbour, "/watches", WATCH | {"market": "x"})
    assert unknown.json()["errors"][0]["field"] == "market"


async def test_watches_are_handed_out_and_erased_with_their_owner(bazaar: Bazaar) -> None:
    await bazaar.past("cabai-rawit-merah", [50_000])
    await bazaar.send(bazaar.citizen, "/watches", WATCH)
    await bazaar.send(bazaar.neighbour, "/watches", WATCH)
    async with bazaar.run.database.transaction() as session:
        page = await export(session, bazaar.run, "c-1", None)
        assert [held["baseline_price"] for held in page.held["watches"]] == [50_000]
        assert await erase(session, bazaar.run, "c-1", bazaar.clock.now()) == {"watches": 1}
        assert (await export(session, bazaar.run, "c-1", None)).held == {}
    assert len((await bazaar.get("/watches", bazaar.neighbour)).json()["items"]) == 1
