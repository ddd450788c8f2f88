"""At which prices a watch fires."""

import math
from typing import Literal

Direction = Literal["up", "down", "both"]
MOST = 50
"""Watches of one resident."""
MARKETS_FOR_A_MEDIAN = 3
"""The median of fewer markets (or of all, where there are fewer) is a price of a few: nobody is told."""


def thresholds(baseline: int, percent: int, direction: str) -> tuple[int | None, int | None]:
    """(above, below): whole rupiah at which she is told, of a baseline and percent; None: not that way.

    A fall of 100 percent or more cannot happen, so there is nothing to wait for.
    """
    above = math.ceil(baseline * (100 + percent) / 100) if direction != "down" else None
    below = math.floor(baseline * (100 - percent) / 100) if direction != "up" else None
    return above, below if below is None or below > 0 else None
