"""What can be done with everything published."""

from gateway.search.rules.pages import KEPT
from gateway.search.usecases.finding import Filters, Found, find, place
from gateway.search.usecases.taking import (
    ForeignKind,
    drop,
    forget_old,
    forget_words,
    publish,
    take,
    take_snapshots,
    withdraw,
    withdraw_all,
)

__all__ = [
    "KEPT",
    "Filters",
    "ForeignKind",
    "Found",
    "drop",
    "find",
    "forget_old",
    "forget_words",
    "place",
    "publish",
    "take",
    "take_snapshots",
    "withdraw",
    "withdraw_all",
]
