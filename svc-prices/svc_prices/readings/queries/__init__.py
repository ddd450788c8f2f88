"""Reads of what everybody may read, each on an index of its own."""

from svc_prices.readings.queries.baskets import totals
from svc_prices.readings.queries.latest import compare, latest_page, medians_page, usual
from svc_prices.readings.queries.lines import line

__all__ = ["compare", "latest_page", "line", "medians_page", "totals", "usual"]
