"""Reading a file row by row: every row is taken, or refused with line, column and reason."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import NamedTuple, TextIO

from svc_prices.exchange.rules.cells import plain
from svc_prices.exchange.rules.columns import Format, format_of
from svc_prices.exchange.rules.known import Known, KnownCommodity
from svc_prices.observations.rules import DEAREST

OLDEST = date(1970, 1, 1)

_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,12})?")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
"""15.000 is fifteen thousand as people here write it, and fifteen rupiah as WFP would."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LEVELS = {
    "retail": "retail",
    "wholesale": "wholesale",
    "producer": "producer",
    "farm gate": "producer",
}


class Refused(StrEnum):
    """Why a row is not taken."""

    CELLS = "cells"
    DATE = "date"
    FUTURE = "future"
    MARKET = "market"
    COMMODITY = "commodity"
    UNIT = "unit"
    PRICE = "price"
    CURRENCY = "currency"
    LEVEL = "level"
    FLAG = "flag"
    TWICE = "twice"
    DIFFERS = "differs"


class Refusal(NamedTuple):
    """A row that was not taken; the line of the file counts from 1, the header included."""

    line: int
    column: str
    reason: Refused


class Row(NamedTuple):
    """One observation of a file. `price` is rupiah for the commodity's unit, None: not available.

    `unit`, `amount` and `factor` say what the file said, where its unit is another one.
    """

    line: int
    commodity_id: int
    level: str
    market_id: int
    day: date
    price: int | None
    unit: str | None
    amount: int | None
    factor: Decimal | None

    @property
    def key(self) -> tuple[int, str, int, date]:
        """The natural key of an observation."""
        return self.commodity_id, self.level, self.market_id, self.day


class _NotTaken(Exception):
    def __init__(self, column: str, reason: Refused) -> None:
        self.column, self.reason = column, reason


class _Goods(NamedTuple):
    commodity: KnownCommodity
    unit: str | None
    factor: Decimal


def rows_of(file: TextIO) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The header, and (line, cells) of what follows; commas or semicolons.

    Empty lines and HXL tags (a line that begins with #) are left out. csv.Error if it cannot be read.
    """
    first = file.readline().removeprefix("\ufeff")
    split = ";" if first.count(";") > first.count(",") else ","
    header = next(csv.reader([first], delimiter=split), [])
    reader = csv.reader(file, delimiter=split)
    rows = ((reader.line_num + 1, row) for row in reader if row and not row[0].startswith("#"))
    return header, rows


class Reader:
    """Reads the rows of one file; remembers what its words mean, for they are the same again and again.

    `market_id` is where the rows of a Panel Harga belong, which name no market.
    """

    def __init__(self, header: Sequence[str], known: Known, today: date, market_id: int | None) -> None:
        found = format_of(header)
        if found is None:
            raise ValueError("neither the columns of WFP nor those of the Panel Harga")
        self.format = found
        self._known, self._today, self._market = known, today, market_id
        self._width = len(header)
        self._at = {name.strip().lower(): place for place, name in enumerate(header)}
        self._read: Callable[[int, list[str]], Row] = self._wfp if found is Format.WFP else self._panel
        self._days: dict[str, date] = {}
        self._goods: dict[tuple[str, str], _Goods] = {}
        self._markets: dict[str, int] = {}

    def read(self, line: int, cells: list[str]) -> Row | Refusal:
        """What a row says, or why it is refused."""
        if len(cells) != self._width:
            return Refusal(line, "", Refused.CELLS)
        try:
            return self._read(line, cells)
        except _NotTaken as error:
            return Refusal(line, error.column, error.reason)

    def _wfp(self, line: int, cells: list[str]) -> Row:
        at = self._at
        if cells[at["currency"]].strip().upper() != "IDR":
            raise _NotTaken("currency", Refused.CURRENCY)
        level = _LEVELS.get(cells[at["pricetype"]].strip().lower())
        if level is None:
            raise _NotTaken("pricetype", Refused.LEVEL)
        if "priceflag" in at and not cells[at["priceflag"]].strip().lower().startswith("actual"):
            raise _NotTaken("priceflag", Refused.FLAG)
        market = self._market_of(cells[at["market"]])
        goods = self._goods_of(cells, "commodity", "unit")
        return self._row(line, goods, level, market, cells, "date", "price")

    def _panel(self, line: int, cells: list[str]) -> Row:
        if self._market is None:
            raise _NotTaken("", Refused.MARKET)
        if "sumber" in self._at and cells[self._at["sumber"]].strip().lower() == "demo":
            raise _NotTaken("sumber", Refused.FLAG)
        goods = self._goods_of(cells, "komoditas", "satuan")
        return self._row(line, goods, "retail", self._market, cells, "timestamp", "harga")

    def _row(
        self, line: int, goods: _Goods, level: str, market: int, cells: list[str], day: str, price: str
    ) -> Row:
        when = self._day_of(cells[self._at[day]], day)
        amount, each = _price_of(cells[self._at[price]], goods.factor, price)
        told = (goods.unit, amount, goods.factor) if goods.unit and each else (None, None, None)
        return Row(line, goods.commodity.id, level, market, when, each, *told)

    def _market_of(self, cell: str) -> int:
        if cell not in self._markets:
            found = self._known.markets.get(plain(cell).lower())
            if found is None:
                raise _NotTaken("market", Refused.MARKET)
            self._markets[cell] = found
        return self._markets[cell]

    def _goods_of(self, cells: list[str], commodity: str, unit: str) -> _Goods:
        said = cells[self._at[commodity]], cells[self._at[unit]]
        if said not in self._goods:
            found = self._known.commodities.get(plain(said[0]).lower())
            if found is None:
                raise _NotTaken(commodity, Refused.COMMODITY)
            factor = found.factor(plain(said[1]))
            if factor is None:
                raise _NotTaken(unit, Refused.UNIT)
            self._goods[said] = _Goods(found, plain(said[1])[:40] if factor != 1 else None, factor)
        return self._goods[said]

    def _day_of(self, cell: str, column: str) -> date:
        if cell not in self._days:
            day = _date_of(cell.strip())
            if day is None or day < OLDEST:
                raise _NotTaken(column, Refused.DATE)
            if day > self._today:
                raise _NotTaken(column, Refused.FUTURE)
            self._days[cell] = day
        return self._days[cell]


def _date_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def _price_of(cell: str, factor: Decimal, column: str) -> tuple[int | None, int | None]:
    """(rupiah as told, rupiah for the commodity's unit); nothing or zero is no price, never one of zero."""
    text = cell.strip()
    if text in ("", "0"):
        return None, None
    if text.isdecimal() and text.isascii() and factor == 1 and len(text) < 9 and text[0] != "0":
        return int(text), int(text)
    if not _NUMBER.fullmatch(text) or _GROUPED.fullmatch(text):
        raise _NotTaken(column, Refused.PRICE)
    told = Decimal(text)
    if not told:
        return None, None
    each = int((told / factor).to_integral_value(ROUND_HALF_UP))
    if not 0 < each <= DEAREST or told > DEAREST:
        raise _NotTaken(column, Refused.PRICE)
    return int(told.to_integral_value(ROUND_HALF_UP)), each
