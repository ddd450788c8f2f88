"""How long an export waits, and how long it is kept."""

from datetime import timedelta

KEPT = timedelta(hours=24)
"""From when it is complete."""
UNFINISHED_KEPT = timedelta(days=7)
"""From when it was asked for: what some services gathered does not stay because another never answers."""
SAME = timedelta(hours=1)
"""Asked for again so soon, the complete one is answered."""
IN_TIME = timedelta(hours=72)
"""UU PDP 27/2022 gives three times 24 hours."""
_FIRST, _LONGEST = timedelta(seconds=30), timedelta(minutes=30)


def pause(tries: int) -> timedelta:
    """How long until whoever did not answer is asked again: 30 s, doubling to half an hour."""
    return min(_FIRST * (1 << min(max(tries - 1, 0), 10)), _LONGEST)
