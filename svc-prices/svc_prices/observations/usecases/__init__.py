"""Entering prices, correcting them, and reading what was said of one."""

from svc_prices.observations.usecases.correcting import correct
from svc_prices.observations.usecases.entering import Judged, enter
from svc_prices.observations.usecases.reading import (
    Form,
    Named,
    Shown,
    form,
    history,
    locked,
    published_before,
    read,
)
from svc_prices.observations.usecases.settling import Change, lock, refresh, said_before, settle

__all__ = [
    "Change",
    "Form",
    "Judged",
    "Named",
    "Shown",
    "correct",
    "enter",
    "form",
    "history",
    "lock",
    "locked",
    "published_before",
    "read",
    "refresh",
    "said_before",
    "settle",
]
