"""Which rows of a file look like slips: judged as if they had been entered day by day."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from svc_prices.exchange.rules.reading import Row
from svc_prices.observations.rules import FEWEST, RECENT_DAYS, RECENT_PRICES, far_off

Prices = Sequence[tuple[date, int]]
Series = tuple[int, str, int]
"""Commodity, level, market."""
_RECENT = timedelta(days=RECENT_DAYS)


def series_of(row: Row) -> Series:
    """What the row continues."""
    return row.commodity_id, row.level, row.market_id


def far_off_rows(
    rows: Iterable[Row], own: Mapping[Series, Prices], city: Mapping[tuple[int, str], Prices]
) -> dict[int, str]:
    """Line -> the rule by which its price is held (`svc_prices.observations.rules.far_off`).

    Each row is judged by the published prices of its market in the 90 days before it, those of the file
    itself among them unless they are held too; where these are too few by the city's medians. `own` and
    `city` are what was published before, by rising days.
    """
    held: dict[int, str] = {}
    by_series: dict[Series, list[Row]] = {}
    for row in rows:
        if row.price is not None:
            by_series.setdefault(series_of(row), []).append(row)
    for series, those in by_series.items():
        medians = city.get(series[:2], ())
        _judge(sorted(those, key=lambda row: row.day), own.get(series, ()), medians, held)
    return held


def _judge(rows: Sequence[Row], own: Prices, city: Prices, held: dict[int, str]) -> None:
    mine, whole = _Window(own), _Window(city)
    for row in rows:
        recent, medians = mine.before(row.day), whole.before(row.day)
        price = row.price or 0
        rule = far_off(price, recent if len(recent) >= FEWEST else medians)
        if rule is None:
            mine.add(row.day, price)
        else:
            held[row.line] = rule


class _Window:
    """The newest prices before a day that only moves forward."""

    def __init__(self, known: Prices) -> None:
        self._coming = deque(known)
        self._recent: deque[tuple[date, int]] = deque(maxlen=RECENT_PRICES)

    def add(self, day: date, price: int) -> None:
        self._recent.append((day, price))

    def before(self, day: date) -> list[int]:
        while self._coming and self._coming[0][0] < day:
            self._recent.append(self._coming.popleft())
        return [price for when, price in self._recent if day - _RECENT <= when < day]
