"""Rows as they leave: the values of one line, in the order of the columns."""

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from svc_prices.exchange.rules.cells import safe

_UNITS = {"kg": "KG", "liter": "L"}
_LEVELS = {"retail": "Retail", "wholesale": "Wholesale", "producer": "Producer"}


def wfp_row(price: Any, market: Any, commodity: Any, city: Mapping[str, str]) -> list[object]:
    """One published price in WFP's columns.

    The province is not known here, nor a rate for US dollars: both stay empty. Demonstration data says `demo`
    where WFP says `actual`, so that nobody who filters takes it for a price that was paid.
    """
    return [
        price.day.isoformat(),
        "",
        safe(city["id"]),
        safe(market.name),
        market.id,
        "" if market.lat is None else market.lat,
        "" if market.lon is None else market.lon,
        safe(commodity.category),
        safe(commodity.name.get("en") or commodity.name["id"]),
        commodity.id,
        safe(_UNITS.get(commodity.unit, commodity.unit)),
        "demo" if price.source == "demo" else "actual",
        _LEVELS[price.level],
        "IDR",
        price.price,
        "",
    ]


def panel_row(price: Any, commodity: Any) -> list[object]:
    """The city's median of one day, in the columns of the Panel Harga."""
    before, now = price.previous_median, price.median
    gap: list[object] = ["", "", "", "", ""]
    if before is not None:
        moved = "up" if now > before else "down" if now < before else "no_change"
        gap = [before, _short(price.previous_day), now - before, _percent(now, before), moved]
    number = "" if commodity.panel_id is None else commodity.panel_id
    unit = f"Rp./{commodity.unit.capitalize()}"
    return [price.day.isoformat(), number, safe(commodity.name["id"]), safe(unit), now, *gap, price.source]


def _short(day: date) -> str:
    return f"{day.day}-{day.month}-{day.year}"


def _percent(now: int, before: int) -> str:
    """Two decimals at most, half up, as the Panel writes it."""
    share = (Decimal(100 * (now - before)) / before).quantize(Decimal("0.01"), ROUND_HALF_UP)
    text = f"{share:f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
