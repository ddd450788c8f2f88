"""What a row of a file says, why it is refused, and what our own rows look like."""

import csv
import io
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from svc_prices.exchange.rules import (
    PANEL,
    WFP,
    Format,
    Known,
    KnownCommodity,
    Reader,
    Refusal,
    Refused,
    Row,
    format_of,
    panel_row,
    plain,
    rows_of,
    safe,
    wfp_row,
)

TODAY = date(2026, 2, 2)
RICE = KnownCommodity(1, "kg", {"karung": Decimal(25), "liter": Decimal("0.8")})
OIL = KnownCommodity(2, "liter")
KNOWN = Known({"pasar anyar": 7, "anyar": 7}, {"beras premium": RICE, "minyakita": OIL})
GOOD = {
    "date": "2026-01-15",
    "market": "Pasar Anyar",
    "commodity": "Beras Premium",
    "unit": "KG",
    "priceflag": "actual",
    "pricetype": "Retail",
    "currency": "IDR",
    "price": "15000",
}


def read(place: int | None = 7, header: tuple[str, ...] = WFP, **cells: str) -> Row | Refusal:
    values = {**(GOOD if header is WFP else {}), **cells}
    return Reader(header, KNOWN, TODAY, place).read(2, [values.get(name, "") for name in header])


def panel(**cells: str) -> Row | Refusal:
    said = {"Timestamp": "2026-01-15", "Komoditas": "Beras Premium", "Satuan": "Rp./Kg", "Harga": "16000"}
    return read(header=PANEL, **(said | cells))


def test_a_row_of_either_format_says_the_same() -> None:
    one = Row(2, 1, "retail", 7, date(2026, 1, 15), 16_000, None, None, None)
    assert panel() == one
    assert read(price="16000") == one
    assert read(price="16000.00", unit="kg", currency="idr") == one
    assert one.key == (1, "retail", 7, date(2026, 1, 15))


@pytest.mark.parametrize("price", ["0", "", " 0 ", "0.00", "000"])
def test_zero_and_nothing_are_no_price(price: str) -> None:
    for row in (read(price=price), panel(Harga=price)):
        assert isinstance(row, Row)
        assert (row.price, row.amount, row.factor) == (None, None, None)


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"date": "15-01-2026"}, "date", Refused.DATE),
        ({"date": "2026-W03-4"}, "date", Refused.DATE),
        ({"date": "2026-02-30"}, "date", Refused.DATE),
        ({"date": "1969-12-31"}, "date", Refused.DATE),
        ({"date": "2026-02-03"}, "date", Refused.FUTURE),
        ({"market": "Pasar Lain"}, "market", Refused.MARKET),
        ({"commodity": "Emas"}, "commodity", Refused.COMMODITY),
        ({"unit": "ikat"}, "unit", Refused.UNIT),
        ({"unit": "0 KG"}, "unit", Refused.UNIT),
        ({"unit": "KG; DROP"}, "unit", Refused.UNIT),
        ({"price": "-5"}, "price", Refused.PRICE),
        ({"price": "15,000"}, "price", Refused.PRICE),
        ({"price": "15.000"}, "price", Refused.PRICE),
        ({"price": "150.000"}, "price", Refused.PRICE),
        ({"price": "1e5"}, "price", Refused.PRICE),
        ({"price": "NaN"}, "price", Refused.PRICE),
        ({"price": "٣٠٠٠"}, "price", Refused.PRICE),
        ({"price": "0.25"}, "price", Refused.PRICE),
        ({"price": "100000001"}, "price", Refused.PRICE),
        ({"price": "9" * 400}, "price", Refused.PRICE),
        ({"price": "=1+1"}, "price", Refused.PRICE),
        ({"currency": "BYR"}, "currency", Refused.CURRENCY),
        ({"pricetype": "Auction"}, "pricetype", Refused.LEVEL),
        ({"priceflag": "forecast"}, "priceflag", Refused.FLAG),
    ],
)
def test_a_refusal_names_line_column_and_reason(cells: dict[str, str], column: str, reason: Refused) -> None:
    assert read(**cells) == Refusal(2, column, reason)


def test_a_row_with_too_few_or_too_many_cells_is_refused() -> None:
    reader = Reader(WFP, KNOWN, TODAY, None)
    assert reader.read(9, ["2026-01-15"]) == Refusal(9, "", Refused.CELLS)
    assert reader.read(9, [""] * 17) == Refusal(9, "", Refused.CELLS)


def test_another_unit_is_converted_with_its_factor() -> None:
    assert read(unit="500 G", price="8000")[5:] == (16_000, "500 G", 8_000, Decimal("0.5"))
    assert read(unit="Karung", price="400010")[5:] == (16_000, "Karung", 400_010, Decimal(25))
    assert read(unit="MT", price="16000000")[5:] == (16_000, "MT", 16_000_000, Decimal(1_000))
    assert read(commodity="Minyakita", unit="900 ML", price="14400")[5] == 16_000
    assert read(commodity="Minyakita", unit="KG") == Refusal(2, "unit", Refused.UNIT)


def test_a_panel_without_a_market_is_refused_row_by_row() -> None:
    said = {"Timestamp": "2026-01-15", "Komoditas": "Beras Premium", "Satuan": "Rp./Kg", "Harga": "1"}
    assert read(None, PANEL, **said) == Refusal(2, "", Refused.MARKET)


def test_columns_may_stand_in_any_order_and_a_strange_file_is_known_as_one() -> None:
    assert format_of([name.upper() for name in reversed(WFP)]) is Format.WFP
    assert format_of(PANEL) is Format.PANEL
    assert format_of(["a", "b"]) is None
    with pytest.raises(ValueError, match="neither"):
        Reader(["a", "b"], KNOWN, TODAY, None)


def test_lines_are_those_of_the_file() -> None:
    text = '\ufeffdate;market\n#date;#loc\n\n2026-01-15;"a\nb"\n2026-01-16;c\n'
    header, rows = rows_of(io.StringIO(text, newline=""))
    assert header == ["date", "market"]
    assert list(rows) == [(5, ["2026-01-15", "a\nb"]), (6, ["2026-01-16", "c"])]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "Pasar", "", "a=b", "'x"]
)
def test_a_cell_is_never_a_formula_and_comes_back_as_it_was(text: str) -> None:
    cell = safe(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert plain(cell) == text


def price(**more: Any) -> Any:
    facts = {"day": date(2026, 1, 5), "level": "retail", "price": 15_500, "source": "survey"}
    return SimpleNamespace(**(facts | {"median": 15_500, "previous_median": 16_000} | more))


def test_our_rows_are_read_again_as_what_they_said() -> None:
    market = SimpleNamespace(id=7, name="Pasar Anyar", lat=-6.17, lon=None)
    rice = SimpleNamespace(id=1, name={"id": "Beras Premium"}, unit="kg", category="=cereals", panel_id=27)
    city = {"id": "Kota Tangerang"}
    row = wfp_row(price(), market, rice, city)
    assert row[:9] == [
        "2026-01-05",
        "",
        "Kota Tangerang",
        "Pasar Anyar",
        7,
        -6.17,
        "",
        "'=cereals",
        "Beras Premium",
    ]
    assert row[9:] == [1, "KG", "actual", "Retail", "IDR", 15_500, ""]
    assert wfp_row(price(source="demo"), market, rice, city)[11] == "demo"
    assert again(WFP, row) == Row(2, 1, "retail", 7, date(2026, 1, 5), 15_500, None, None, None)
    line = panel_row(price(previous_day=date(2025, 12, 31)), rice)
    assert line[:5] == ["2026-01-05", 27, "Beras Premium", "Rp./Kg", 15_500]
    assert line[5:] == [16_000, "31-12-2025", -500, "-3.13", "down", "survey"]
    assert again(PANEL, line) == Row(2, 1, "retail", 7, date(2026, 1, 5), 15_500, None, None, None)
    assert panel_row(price(previous_median=None), rice)[5:] == ["", "", "", "", "", "survey"]
    unmoved = panel_row(price(previous_median=15_500, previous_day=date(2026, 1, 4)), rice)
    assert unmoved[7:] == [0, "0", "no_change", "survey"]


def again(header: tuple[str, ...], row: list[object]) -> Row | Refusal:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([header, row])
    file.seek(0)
    columns, rows = rows_of(file)
    ((line, cells),) = rows
    return Reader(columns, KNOWN, TODAY, 7).read(line, cells)
