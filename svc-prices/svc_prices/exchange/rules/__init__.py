"""The two formats as pure functions: what a row says, why it is refused, what a row of ours looks like."""

from svc_prices.exchange.rules.cells import plain, safe
from svc_prices.exchange.rules.columns import PANEL, WFP, Format, format_of
from svc_prices.exchange.rules.judging import Prices, Series, far_off_rows, series_of
from svc_prices.exchange.rules.known import Known, KnownCommodity
from svc_prices.exchange.rules.reading import Reader, Refusal, Refused, Row, rows_of
from svc_prices.exchange.rules.writing import panel_row, wfp_row

__all__ = [
    "PANEL",
    "WFP",
    "Format",
    "Known",
    "KnownCommodity",
    "Prices",
    "Reader",
    "Refusal",
    "Refused",
    "Row",
    "Series",
    "far_off_rows",
    "format_of",
    "panel_row",
    "plain",
    "rows_of",
    "safe",
    "series_of",
    "wfp_row",
]
