"""A made-up series of prices: plausible, and the same every time for the same day."""

import math
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

DAYS = 120
"""Enough for lines, changes and dear or cheap; ALPS needs three years and says so."""
_ABSENT = 0.03
_WAVE, _WAVE_DAYS = 0.05, 24
_MARKET, _NOISE = 0.04, 0.012


def series(commodity: str, market: str, base: int, last: date) -> Iterator[tuple[date, int | None]]:
    """(day, whole rupiah or None where there was none to buy) of the 120 days up to `last`.

    Around `base`: a slow wave of all markets, a constant difference of this one, noise from day to day.
    Rounded as markets do, to 250 rupiah (to 500 from 20,000 on). Independent of the system's random state.
    """
    place = Random(f"demo/{commodity}/{market}")  # noqa: S311 - a demonstration, no secret
    here = 1 + _MARKET * (2 * place.random() - 1)
    phase = Random(f"demo/{commodity}").random() * math.tau  # noqa: S311
    step = 500 if base >= 20_000 else 250
    for back in range(DAYS - 1, -1, -1):
        day = last - timedelta(days=back)
        chance = Random(f"demo/{commodity}/{market}/{day}")  # noqa: S311
        wave = 1 + _WAVE * math.sin(phase + math.tau * day.toordinal() / _WAVE_DAYS)
        price = base * here * wave * (1 + _NOISE * chance.gauss())
        yield day, None if chance.random() < _ABSENT else max(step, round(price / step) * step)
