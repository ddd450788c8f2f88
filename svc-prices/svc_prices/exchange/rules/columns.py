"""The columns of the two formats."""

from collections.abc import Sequence
from enum import StrEnum

#: WFP food prices as the Humanitarian Data Exchange publishes them.
WFP = (
    "date",
    "admin1",
    "admin2",
    "market",
    "market_id",
    "latitude",
    "longitude",
    "category",
    "commodity",
    "commodity_id",
    "unit",
    "priceflag",
    "pricetype",
    "currency",
    "price",
    "usdprice",
)
#: The daily rows of Bapanas' Panel Harga Pangan: one place, no market named; 0 is "no price". `Sumber` is
#: ours: without it what is made up would look like a price that was paid.
PANEL = (
    "Timestamp",
    "ID",
    "Komoditas",
    "Satuan",
    "Harga",
    "Harga Kemarin",
    "Tanggal Kemarin",
    "Gap",
    "Gap Persen",
    "Gap Perubahan",
    "Sumber",
)
_WFP_NEEDED = {"date", "market", "commodity", "unit", "pricetype", "currency", "price"}
_PANEL_NEEDED = {"timestamp", "komoditas", "satuan", "harga"}


class Format(StrEnum):
    """What a file is written in."""

    WFP = "wfp"
    PANEL = "panel_harga"


def format_of(header: Sequence[str]) -> Format | None:
    """By the columns of the first line, in any order and case; None if it is neither, or names one twice."""
    named = [name.strip().lower() for name in header if name.strip()]
    names = set(named)
    if len(names) < len(named):
        return None
    if names >= _WFP_NEEDED:
        return Format.WFP
    return Format.PANEL if names >= _PANEL_NEEDED else None
