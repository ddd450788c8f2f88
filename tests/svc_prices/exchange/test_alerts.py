"""What a price means, over HTTP: classes, ALPS and IFPA, and "belum cukup data" where there is too little."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from shared.testing import QueryRecorder
from svc_prices.indicators.rules import alps, ifpa, monthly, number_of
from tests.svc_prices.exchange.conftest import Exchange, wfp


def history(today: date, months: int, jump: int = 0) -> Iterator[tuple[date, str, str, int]]:
    """The first of each month and some days more; the present month `jump` rupiah higher."""
    for back in range(months):
        number = number_of(today) - back
        first = date(number // 12, number % 12 + 1, 1)
        price = 15_000 - 37 * back + 300 * (number % 12) + 150 * (number % 7)
        for day in (first, *([first + timedelta(days=14), first + timedelta(days=20)] if back else [])):
            yield day, "anyar", "beras", price + (jump if back == 0 else 0) + day.day


async def alerts(exchange: Exchange, query: str = "", language: str = "id") -> list[dict[str, Any]]:
    exchange.forget_alerts()
    answer = await exchange.get(f"/alerts{query}", accept_language=language)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_without_prices_everything_says_not_enough_data(exchange: Exchange) -> None:
    for language, words in (("id", "belum cukup data"), ("en", "not enough data")):
        rows = await alerts(exchange, language=language)
        assert [row["commodity"] for row in rows] == ["beras", "cabai", "garam"]
        for row in rows:
            for name in ("price_class", "alps", "ifpa"):
                assert row[name]["level"] == {"code": "not_enough_data", "label": words}
                assert (row[name]["value"], row[name]["observations"]) == (None, 0)


async def test_each_alert_says_rule_baseline_and_number_of_observations(exchange: Exchange) -> None:
    rows = list(history(exchange.today, 60, jump=2_500))
    await exchange.take(wfp(rows), "?historical=true")
    rice = (await alerts(exchange))[0]
    months = monthly((day, price) for day, _, _, price in rows)
    now = number_of(exchange.today)
    for name, rule in (("alps", alps), ("ifpa", ifpa)):
        expected = rule(months, now)
        assert rice[name]["value"] == pytest.approx(expected.value, abs=1e-9)
        assert rice[name]["level"]["code"] == expected.level
        assert (rice[name]["observations"], rice[name]["month"]) == (60, "2026-02")
    assert rice["alerting"] is True
    assert rice["alps"]["baseline"].startswith("Tren musiman Rp1")
    assert "dari 60 bulan sejak 2021-03" in rice["alps"]["baseline"]
    assert "dari 3 tahun sebelumnya" in rice["ifpa"]["baseline"]
    assert "WFP" in rice["alps"]["rule"]
    assert "FAO" in rice["ifpa"]["rule"]
    assert rice["price"] == rows[0][3]
    assert [row["commodity"] for row in await alerts(exchange, "?alerting=true")] == ["beras"]


async def test_three_years_are_enough_for_alps_and_not_for_ifpa(exchange: Exchange) -> None:
    await exchange.take(wfp(history(exchange.today, 36)), "?historical=true")
    rice = (await alerts(exchange))[0]
    assert rice["alps"]["level"]["code"] != "not_enough_data"
    assert rice["ifpa"]["level"]["label"] == "belum cukup data"
    assert rice["ifpa"]["baseline"] == "Ada 36, perlu 49."
    await exchange.take(wfp([(exchange.today, "anyar", "cabai", 50_000)]), "?historical=true")
    assert (await alerts(exchange))[1]["alps"]["baseline"] == "Ada 1, perlu 36."


async def test_why_nothing_can_be_said_is_said_as_it_is(exchange: Exchange) -> None:
    """With days and months enough the newest price may be old, and those it is compared with missing."""
    days = [(exchange.ago(n), "anyar", "beras", 15_000) for n in range(70, 200)]
    gaps = [row for row in history(exchange.today, 100) if row[0].year % 2 == 0]
    still = [(day, "anyar", "garam", 9_000) for day, *_ in history(exchange.today, 40)]
    chili = [(day, "anyar", "cabai", price) for day, _, _, price in gaps]
    await exchange.take(wfp([*days, *chili, *still]), "?historical=true")
    rice, pepper, salt = await alerts(exchange)
    assert rice["price_class"]["baseline"] == "Harga terbaru sudah lebih dari 7 hari."
    assert rice["alps"]["baseline"] == "Belum ada harga terbit bulan ini atau bulan lalu."
    assert pepper["ifpa"]["baseline"] == "Ada 50 bulan, tetapi sebagian bulan yang dibandingkan kosong."
    assert salt["alps"]["baseline"].startswith("Selama ini harganya tidak berubah")


async def test_what_is_held_or_zero_never_raises_an_alert(exchange: Exchange) -> None:
    await exchange.take(wfp(history(exchange.today, 60)), "?historical=true")
    before = (await alerts(exchange))[0]
    body = await exchange.take(
        wfp([(exchange.today, "anyar", "beras", 0), (exchange.today, "poris", "beras", 150_000)])
    )
    assert (body["held"], body["not_available"]) == (1, 1)
    assert (await alerts(exchange))[0] == before


async def test_dear_and_cheap_need_ninety_days(exchange: Exchange) -> None:
    days = [(exchange.ago(n), "anyar", "beras", 15_000 + 10 * (n % 5)) for n in range(1, 100)]
    await exchange.take(wfp([*days[:89], (exchange.today, "anyar", "beras", 17_000)]), "?historical=true")
    assert (await alerts(exchange))[0]["price_class"]["baseline"] == "Ada 89, perlu 90."
    await exchange.take(wfp(days), "?historical=true")
    found = (await alerts(exchange))[0]["price_class"]
    assert found["level"] == {"code": "dear", "label": "mahal"}
    assert found["baseline"] == "Median Rp15.020, kuartil Rp15.010 sampai Rp15.030, dari 99 hari."


async def test_a_minute_long_everybody_reads_the_same_and_the_database_is_not_asked(
    exchange: Exchange,
) -> None:
    await alerts(exchange)
    with QueryRecorder().on(exchange.run.database) as recorder:
        await exchange.get("/alerts")
        assert len(recorder) == 0
        exchange.clock.advance(timedelta(minutes=1))
        await exchange.get("/alerts")
        assert selects(recorder) == 2
        exchange.clock.advance(timedelta(minutes=10))
        await exchange.get("/alerts")
        assert selects(recorder) == 5


def selects(recorder: QueryRecorder) -> int:
    return sum("SAVEPOINT" not in statement for statement in recorder.statements)


async def test_the_list_is_read_page_by_page(exchange: Exchange) -> None:
    first = (await exchange.get("/alerts?limit=2")).json()
    rest = (await exchange.get(f"/alerts?limit=2&cursor={first['next']}")).json()
    assert [row["commodity"] for row in first["items"] + rest["items"]] == ["beras", "cabai", "garam"]
    assert rest["next"] is None
    assert (await exchange.get(f"/alerts?alerting=true&cursor={first['next']}")).status_code == 400
