"""Files out: columns, formulas, paging in bounded memory, licence, source and age."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from svc_prices.exchange.rules import PANEL, WFP
from svc_prices.exchange.usecases import exporting
from svc_prices.observations.models import Observation
from tests.svc_prices.exchange.conftest import Exchange, wfp


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
async def some(exchange: Exchange) -> Exchange:
    """Two days of two markets; cabai was not to be had."""
    days = [exchange.ago(2), exchange.ago(1)]
    rows = [(day, place, "beras", 15_000 + n) for day in days for n, place in enumerate(("anyar", "poris"))]
    await exchange.take(wfp([*rows, (days[0], "anyar", "cabai", 0), (days[0], "anyar", "garam", 9_000)]))
    return exchange


async def test_every_published_price_stands_in_the_columns_of_wfp(some: Exchange) -> None:
    answer = await some.get("/exports/wfp.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'rel="license"' in answer.headers["link"]
    assert answer.headers["content-disposition"] == 'attachment; filename="wfp.csv"'
    rows = table(answer.text)
    assert list(rows[0]) == list(WFP)
    assert [(row["date"], row["market_id"], row["commodity"], row["price"]) for row in rows] == [
        (str(some.ago(2)), "1", "beras in English", "15000"),
        (str(some.ago(2)), "2", "beras in English", "15001"),
        (str(some.ago(2)), "1", "garam in English", "9000"),
        (str(some.ago(1)), "1", "beras in English", "15000"),
        (str(some.ago(1)), "2", "beras in English", "15001"),
    ]
    assert rows[1]["market"] == """'=Pasar "Poris", Indah"""
    assert {(row["unit"], row["currency"], row["pricetype"]) for row in rows} == {("KG", "IDR", "Retail")}


async def test_what_leaves_comes_back_as_it_was(some: Exchange) -> None:
    file = (await some.get("/exports/wfp.csv")).text
    again = await some.take(file)
    assert (again["unchanged"], again["refused"]) == (5, 0)


async def test_pages_follow_each_other_without_a_gap(some: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [(await some.get(f"/exports/{name}")).text for name in ("wfp.csv", "panel-harga.csv")]
    for size in (1, 2, 5):
        monkeypatch.setattr(exporting, "PAGE", size)
        paged = [(await some.get(f"/exports/{name}")).text for name in ("wfp.csv", "panel-harga.csv")]
        assert paged == whole


async def test_the_panel_has_the_citys_medians_and_what_moved(exchange: Exchange) -> None:
    prices = (("beras", 3, 16_000), ("beras", 2, 15_500), ("beras", 1, 15_500), ("garam", 1, 9_000))
    await exchange.take(wfp((exchange.ago(back), "anyar", goods, price) for goods, back, price in prices))
    last = f"?from={exchange.ago(2)}&to={exchange.ago(1)}"
    rows = table((await exchange.get(f"/exports/panel-harga.csv{last}")).text)
    assert list(rows[0]) == list(PANEL)
    before = exchange.ago(3)
    assert list(rows[0].values()) == [
        str(exchange.ago(2)),
        "21",
        "Beras Premium",
        "Rp./Kg",
        "15500",
        "16000",
        f"{before.day}-{before.month}-{before.year}",
        "-500",
        "-3.13",
        "down",
        "import",
    ]
    assert [row["Gap Perubahan"] for row in rows] == ["down", "no_change", ""]
    assert (rows[2]["Komoditas"], rows[2]["Harga Kemarin"]) == ("Garam Konsumsi", "")


async def test_demonstration_data_says_so(some: Exchange) -> None:
    async with some.run.database.transaction() as session:
        for row in [r for r in await some.rows(Observation) if r.market_id == 2]:
            (await session.merge(row)).source = "demo"
    flags = {row["market_id"]: row["priceflag"] for row in table((await some.get("/exports/wfp.csv")).text)}
    assert flags == {"1": "actual", "2": "demo"}


async def test_the_data_package_says_licence_sources_age_and_columns(some: Exchange) -> None:
    answer = await some.get("/exports/datapackage.json", accept_language="en")
    package: dict[str, Any] = answer.json()
    assert package["licenses"][0]["name"]
    assert package["sources"]
    assert package["newest_day"] == str(some.ago(1))
    assert package["observed_at"].endswith("+07:00")
    assert "demonstration" in package["description"]
    for resource, name, columns in zip(
        package["resources"], ("wfp.csv", "panel-harga.csv"), (WFP, PANEL), strict=True
    ):
        assert [column["name"] for column in resource["schema"]["fields"]] == list(columns)
        path, _, query = resource["path"].partition("?")
        assert path.endswith(f"/v1/prices/exports/{name}")
        rows = table((await some.get(f"/exports/{name}?{query}")).text)
        _fit(rows, resource["schema"]["fields"])
    held = await some.get(
        "/exports/datapackage.json", if_none_match=answer.headers["etag"], accept_language="en"
    )
    assert held.status_code == 304


def _fit(rows: list[dict[str, str]], columns: list[dict[str, str]]) -> None:
    """Every cell is of its column's type, as a Table Schema reader would find."""
    read = {"integer": int, "number": float, "string": str, "date": str}
    for row in rows:
        for column in columns:
            if row[column["name"]]:
                read[column["type"]](row[column["name"]])
    assert rows


async def test_an_export_has_an_end(exchange: Exchange) -> None:
    year = await exchange.get("/exports/wfp.csv?from=2025-01-01&to=2026-01-01")
    assert year.status_code == 200
    assert year.text.splitlines() == [",".join(WFP)]
    for query, field, code in (
        ("from=2025-01-01&to=2026-01-02", "from", "range_too_long"),
        ("from=2026-01-02&to=2026-01-01", "to", "range_backwards"),
        ("to=0001-01-01", "to", "date_parsing"),
    ):
        answer = await exchange.get(f"/exports/wfp.csv?{query}")
        assert answer.status_code == 422
        assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [(field, code)]


async def test_a_large_export_is_never_whole_in_memory(
    some: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PAGE", 2)
    days = exporting.days_of(None, None, some.today)
    parts = [part async for part in exporting.export_wfp(some.run, days)]
    assert [part.count(b"\r\n") for part in parts] == [1, 2, 2, 1]


@pytest.mark.parametrize("name", ["wfp.csv", "panel-harga.csv"])
async def test_a_file_that_has_not_changed_is_not_sent_again(some: Exchange, name: str) -> None:
    days = f"?from={some.ago(2)}&to={some.ago(1)}"
    first = await some.get(f"/exports/{name}{days}")
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "public, no-cache"
    held = await some.get(f"/exports/{name}{days}", if_none_match=tag)
    assert (held.status_code, held.content, held.headers["etag"]) == (304, b"", tag)
    await some.take(wfp([(some.ago(1), "anyar", "cabai", 40_000)]))
    changed = await some.get(f"/exports/{name}{days}", if_none_match=tag)
    assert (changed.status_code, changed.headers["etag"] != tag) == (200, True)
    assert "40000" in changed.text
    await some.take(wfp([(some.ago(20), "anyar", "cabai", 40_000)]))
    elsewhere = await some.get(f"/exports/{name}{days}", if_none_match=changed.headers["etag"])
    assert elsewhere.status_code == 304


async def test_the_data_package_is_the_same_until_its_prices_change(some: Exchange) -> None:
    tags = []
    for _ in range(2):
        tags.append((await some.get("/exports/datapackage.json")).headers["etag"])
        some.clock.advance(timedelta(seconds=5))
    assert tags[0] == tags[1]
    await some.take(wfp([(some.ago(1), "anyar", "cabai", 40_000)]))
    assert (await some.get("/exports/datapackage.json")).headers["etag"] != tags[0]


@pytest.mark.parametrize("day", ["1", "0001-01-01", "9999-12-31", "2026-02-30"])
async def test_a_day_that_is_none_of_ours_is_refused(exchange: Exchange, day: str) -> None:
    for name in ("wfp.csv", "panel-harga.csv", "datapackage.json"):
        assert (await exchange.get(f"/exports/{name}?from={day}")).status_code == 422
