"""Reads of observations, and the statements that condense them for reading."""

from svc_prices.observations.queries.condensing import Touched, recompute
from svc_prices.observations.queries.forms import form_rows, others
from svc_prices.observations.queries.single import (
    Key,
    Recent,
    Said,
    before_now,
    find,
    recent,
    revisions,
    said,
    standing,
)

__all__ = [
    "Key",
    "Recent",
    "Said",
    "Touched",
    "before_now",
    "find",
    "form_rows",
    "others",
    "recent",
    "recompute",
    "revisions",
    "said",
    "standing",
]
