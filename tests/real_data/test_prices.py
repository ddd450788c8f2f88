"""Real price series: Kota Bandung's 25 × 65 (after Bapanas' Panel Harga), and WFP's monthly ones.

Bandung's prices belong to Bandung: they are loaded for a market of that name in a database of the test, and
nothing of ours shows them as this city's.
"""

import csv
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from shared.auth import Caller
from shared.clock import ManualClock
from shared.ids import new_id
from shared.runtime import Runtime
from shared.seeds import sow_all
from shared.testing import Keys, in_process
from svc_prices.app import SERVICE, create_app
from svc_prices.commodities.models import Commodity
from svc_prices.exchange.usecases import chosen, import_path
from svc_prices.indicators.documents import sparkline
from svc_prices.indicators.rules import Growth, Lacking, Trend, alps, ifpa, monthly, number_of
from svc_prices.indicators.usecases import Board
from svc_prices.markets.models import Market
from svc_prices.observations.models import DailyPrice, LatestPrice, Observation
from svc_prices.settings import PricesSettings

BANDUNG, WFP = "prices-bandung-daily-2025.csv", "wfp-food-prices-blr.csv"
NEVER = {"Jagung Tk Peternak", "Kedelai Biji Kering (Impor)"}


class Bandung:
    """A database with the commodities of the pack and one market."""

    def __init__(self, run: Runtime, get: Callable[..., Any]) -> None:
        self.run, self.get = run, get

    async def rows(self, statement: Any) -> list[Any]:
        """What a statement finds."""
        async with self.run.database.transaction() as session:
            return list((await session.execute(statement)).all())


@pytest.fixture(scope="module")
def published(data: Path) -> list[dict[str, str]]:
    """The rows of the file."""
    with (data / BANDUNG).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
async def bandung(
    databases: Any, settings_for: Callable[..., PricesSettings], keys: Keys, data: Path
) -> AsyncIterator[Bandung]:
    """Bandung's own market, with everything the file says of it."""
    clock = ManualClock(datetime(2025, 11, 25, 2, 0, tzinfo=UTC))  # no surveyor may still enter these days
    app = create_app(settings_for(PricesSettings, databases.new("svc_prices")), clock)
    run: Runtime = app.state.runtime
    await sow_all(run, SERVICE.seeds)
    async with run.database.transaction() as session:
        await session.execute(delete(Market))
        rest: dict[str, Any] = {"active": True, "created_at": clock.now(), "updated_at": clock.now()}
        facts = {"code": "kota-bandung", "name": "Kota Bandung", "kind": "traditional", "source": "Bapanas"}
        session.add(Market(document_id=new_id(), version=1, **facts, **rest))
    said: list[str] = []
    arguments = [str(data / BANDUNG), "--market", "kota-bandung", "--historical"]
    assert await import_path(run, chosen(arguments), said.append) == 0, said
    async with in_process(app) as client:

        async def get(path: str) -> Any:
            guest = Caller(client="web", device="device-0001")
            headers = keys.identity(guest, "svc-prices", clock.now())
            return await client.get(f"/v1/prices{path}", headers=headers)

        yield Bandung(run, get)
    await run.database.close()


async def test_all_25_times_65_rows_are_taken_and_each_zero_is_not_available(
    bandung: Bandung, published: list[dict[str, str]]
) -> None:
    what = select(Commodity.name, Observation.day, Observation.state, Observation.price).join(
        Commodity, Commodity.id == Observation.commodity_id
    )
    ours = {(row.name["id"], str(row.day)): (row.state, row.price) for row in await bandung.rows(what)}
    theirs = {
        (row["Komoditas"], row["Timestamp"]): ("price", int(row["Harga"]))
        if int(row["Harga"])
        else ("not_available", None)
        for row in published
    }
    assert len(theirs) == 25 * 65
    assert {(name.lower(), day): said for (name, day), said in ours.items()} == {
        (name.lower(), day): said for (name, day), said in theirs.items()
    }
    states = Counter(state for state, _ in ours.values())
    print(f"\n  Bandung: {states['price']:,} prices, {states['not_available']} zeros kept as not available")
    assert states["not_available"] == sum(row["Harga"] == "0" for row in published)


async def test_no_zero_is_averaged_compared_or_newest(
    bandung: Bandung, published: list[dict[str, str]]
) -> None:
    daily = await bandung.rows(select(DailyPrice.median, DailyPrice.lowest, DailyPrice.day))
    assert len(daily) == sum(row["Harga"] != "0" for row in published)
    assert min(row.lowest for row in daily) == min(
        int(row["Harga"]) for row in published if row["Harga"] != "0"
    )
    latest = await bandung.rows(select(LatestPrice.price, LatestPrice.previous_price))
    sold = {row["Komoditas"] for row in published if row["Harga"] != "0"}
    assert len(latest) == len(sold) <= 25 - len(NEVER)
    assert min(price for row in latest for price in row) > 0


async def test_no_zero_is_charted_or_exported(bandung: Bandung, published: list[dict[str, str]]) -> None:
    sent = (await bandung.get("/exports/panel-harga.csv?from=2025-09-13&to=2025-11-16")).text
    rows = list(csv.DictReader(sent.splitlines()))
    assert len(rows) == sum(row["Harga"] != "0" for row in published)
    assert {row["Harga"] for row in rows}.isdisjoint({"0", ""})
    assert not NEVER & {row["Komoditas"] for row in rows}
    prices = {row["Timestamp"]: int(row["Harga"]) for row in published if row["Komoditas"] == "Bawang Merah"}
    points = [(date.fromisoformat(day), price or None) for day, price in sorted(prices.items())]
    assert sum(price is None for _, price in points) == 2
    gaps = [(day, price) for day, price in points if price is not None]
    assert sparkline(points, "t", "d") == sparkline(gaps, "t", "d")


async def test_our_gap_is_theirs_wherever_they_saw_the_same_day_before(
    bandung: Bandung, published: list[dict[str, str]]
) -> None:
    sent = (await bandung.get("/exports/panel-harga.csv?from=2025-09-13&to=2025-11-16")).text
    ours = {(row["Komoditas"].lower(), row["Timestamp"]): row for row in csv.DictReader(sent.splitlines())}
    columns = ("Harga", "Gap", "Gap Persen", "Gap Perubahan")
    compared = same = 0
    for row in published:
        own = ours.get((row["Komoditas"].lower(), row["Timestamp"]))
        if own is None or own["Tanggal Kemarin"] != row["Tanggal Kemarin"]:
            continue
        if own["Harga Kemarin"] == row["Harga Kemarin"]:  # theirs was sometimes revised overnight
            compared += 1
            same += all(own[name] == row[name] for name in columns)
    print(f"\n  Panel Harga: {same} of {compared} rows have the gap Bapanas wrote")
    assert same == compared > 500


async def test_sixty_five_days_are_too_little_for_any_alert(bandung: Bandung) -> None:
    bandung.run.parts.pop(Board, None)
    items = (await bandung.get("/alerts?limit=100")).json()["items"]
    assert len(items) >= 25
    for item in items:
        for name in ("price_class", "alps", "ifpa"):
            assert item[name]["level"]["label"] == "belum cukup data", item
    never = [item for item in items if item["name"] in NEVER]
    assert [(item["price"], item["alps"]["observations"]) for item in never] == [(None, 0)] * len(NEVER)


@pytest.fixture(scope="module")
def minsk(data: Path) -> dict[str, dict[int, float]]:
    """WFP's monthly prices by commodity; the zeros among them are gaps."""
    series: dict[str, dict[int, float]] = {}
    with (data / WFP).open(newline="") as file:
        for row in csv.DictReader(file):
            if float(row["price"]) > 0:
                number = number_of(date.fromisoformat(row["date"]))
                series.setdefault(row["commodity"], {})[number] = float(row["price"])
    return series


def test_thirteen_years_of_wfp_have_both_indicators(minsk: dict[str, dict[int, float]]) -> None:
    print()
    for name, series in sorted(minsk.items()):
        month = max(series)
        spike, anomaly = alps(series, month), ifpa(series, month)
        assert isinstance(spike.baseline, Trend)
        assert isinstance(anomaly.baseline, Growth)
        print(
            f"  {name:<26} {len(series)} months  ALPS {spike.value:+.3f} {spike.level:<7}"
            f" IFPA {anomaly.value:+.3f} {anomaly.level}, {anomaly.baseline.years} earlier years"
        )
        assert spike.observations == anomaly.observations == len(series) > 150
        zero = {**series, month - 5: 0.0}
        with pytest.raises(ValueError, match="gap"):
            alps(zero, month)
        assert alps(
            {number: series[number] for number in sorted(series)[:35]}, sorted(series)[34]
        ).lacking is (Lacking.TOO_SHORT)


async def test_another_currency_is_refused_row_by_row(bandung: Bandung, data: Path) -> None:
    said: list[str] = []
    assert await import_path(bandung.run, chosen([str(data / WFP)]), said.append) == 1
    table = {line.split()[0]: line.split()[-1] for line in said if not line.startswith("  line")}
    assert (table["published"], table["refused"], table["currency"]) == ("0", "483", "483")


async def test_the_wfp_file_in_rupiah_is_taken_and_its_months_are_those_of_the_file(
    bandung: Bandung, data: Path, tmp_path: Path
) -> None:
    """Each price times 100,000 under another name of the money: a file in rupiah, for the test only."""
    file, names = tmp_path / "wfp.csv", {"Potatoes": "Bawang Merah", "Wheat flour": "Tepung Terigu (Curah)"}
    with (data / WFP).open(newline="") as source, file.open("w", newline="") as out:
        rows = csv.DictReader(source)
        writer = csv.DictWriter(out, rows.fieldnames or [])
        writer.writeheader()
        for row in rows:
            if row["commodity"] in names:
                price = round(float(row["price"]) * 100_000)
                renamed = {"commodity": names[row["commodity"]], "market": "Kota Bandung"}
                writer.writerow({**row, **renamed, "currency": "IDR", "price": price})
    said: list[str] = []
    assert await import_path(bandung.run, chosen([str(file), "--historical"]), said.append) == 0, said
    (wheat,) = await bandung.rows(
        select(Commodity.id).where(Commodity.name["id"].astext == names["Wheat flour"])
    )
    what = select(DailyPrice.day, DailyPrice.median).where(DailyPrice.commodity_id == wheat.id)
    months = monthly(
        (row.day, row.median) for row in await bandung.rows(what.where(DailyPrice.day < date(2025, 1, 1)))
    )
    assert len(months) == 161
    assert alps(months, max(months)).value is not None
