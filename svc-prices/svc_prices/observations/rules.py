"""When a price is believed, questioned or held: pure functions, no unit but whole rupiah."""

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from statistics import median as exact_median
from typing import Literal, NamedTuple

Level = Literal["retail", "wholesale", "producer"]
State = Literal["price", "not_available", "not_surveyed"]
Status = Literal["published", "held", "rejected"]
Outcome = Literal["published", "held", "needs_reason", "unchanged", "superseded", "refused"]

FEWEST = 3
"""Fewer recent prices say nothing about an outlier."""
TIMES = 3
FURTHEST = 4.0
SCALE = 0.6745
"""The 0.75 quantile of the standard normal: it makes MAD comparable with a standard deviation."""
LEAST_SPREAD = 0.025
"""MAD counts as this share of the median at least: prices stand still for weeks and then move by the 500
rupiah people round to, which against a MAD of 0 would be infinitely far."""
RECENT_DAYS = 90
RECENT_PRICES = 20
DEAREST = 100_000_000


class Entry(NamedTuple):
    """What somebody says of one commodity; `price` is whole rupiah for one unit of the commodity."""

    state: State
    price: int | None
    observed_at: datetime
    reason: str | None = None
    unit: str | None = None
    amount: int | None = None
    factor: Decimal | None = None


class Standing(NamedTuple):
    """What is said of it so far."""

    state: str
    price: int | None
    status: str
    unit: str | None
    amount: int | None
    observed_at: datetime


class Verdict(NamedTuple):
    """What becomes of an entry, and why: a code of the texts `why.<code>`."""

    outcome: Outcome
    why: str | None = None


def median(prices: Sequence[int]) -> int:
    """The median as whole rupiah, half up; ValueError for none."""
    if not prices:
        raise ValueError("no prices, no median")
    return _whole(Decimal(str(exact_median(prices))))


def per_unit(amount: int, factor: Decimal) -> int:
    """Rupiah for one unit of the commodity, of `amount` rupiah for a local unit that holds `factor` of them.

    Half up; 0 is possible for a tiny amount and is no price: the caller refuses it.
    """
    return _whole(Decimal(amount) / factor)


def far_off(price: int, recent: Sequence[int]) -> str | None:
    """The rule by which the price looks like a slip, or None.

    `far_from_median`: three times the median of at least three recent prices or more, or a third or less.
    `robust_z`: 0.6745 × (x - median) / MAD beyond 4 (Iglewicz and Hoaglin 1993, "How to Detect and Handle
    Outliers", propose 3.5 for this modified z-score; a price survey needs fewer false alarms).
    """
    if len(recent) < FEWEST:
        return None
    middle = exact_median(recent)
    if price >= TIMES * middle or price * TIMES <= middle:
        return "far_from_median"
    spread = max(exact_median([abs(each - middle) for each in recent]), LEAST_SPREAD * middle)
    return "robust_z" if SCALE * abs(price - middle) / spread > FURTHEST else None


def change_percent(price: int, before: int) -> float:
    """By how many percent a price differs from the one before, two decimals."""
    return round(100 * (price - before) / before, 2)


def judge(
    entry: Entry, standing: Standing | None, recent: Sequence[int], previous: int | None, most_percent: int
) -> Verdict:
    """What becomes of an entry.

    `recent` are published prices before the day, `previous` the last of the same market; a change beyond
    `most_percent` (up or down) needs a reason, as does changing what was published. An outlier is held
    whatever its reason.
    """
    if standing is not None and (settled := _beside(entry, standing)) is not None:
        return settled
    changes = standing is not None and standing.status == "published" and standing.state == "price"
    if entry.price is None:
        return Verdict("needs_reason", "already_published") if changes and not entry.reason else _GOOD
    if (rule := far_off(entry.price, recent)) is not None:
        return Verdict("held", rule)
    if entry.reason:
        return _GOOD
    if changes:
        return Verdict("needs_reason", "already_published")
    if previous is not None and abs(change_percent(entry.price, previous)) > most_percent:
        return Verdict("needs_reason", "changed_much")
    return _GOOD


_GOOD = Verdict("published")


def _beside(entry: Entry, standing: Standing) -> Verdict | None:
    """Sent again, or overtaken: what a phone kept offline never undoes what was seen later."""
    said = (entry.state, entry.price, entry.unit, entry.amount)
    if said == (standing.state, standing.price, standing.unit, standing.amount):
        return Verdict("unchanged")
    return Verdict("superseded", "newer_entry") if standing.observed_at > entry.observed_at else None


def _whole(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))
