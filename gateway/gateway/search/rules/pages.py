"""Where a page of a search goes on: pure.

The newest matches are drawn a window at a time, and ranked within it: so a word that half of all documents
have costs no more than another, and every match is shown once, however many arrive meanwhile.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

WINDOW = 200
#: Longer than a stream keeps an event (30 days): what is forgotten cannot come back.
KEPT = timedelta(days=40)

Place = tuple[datetime, int]


class Position(NamedTuple):
    """`as_of`: when the search began. A window reaches from before `start` back to `end`, both (time, no).

    `end` is None in a window not drawn yet, and in the last; `after`: (score, no) of its last hit shown.
    """

    as_of: datetime
    start: Place | None = None
    end: Place | None = None
    after: tuple[int, int] | None = None


def following(
    position: Position, last: tuple[int, int] | None, *, more: bool, end: Place | None
) -> Position | None:
    """Where the next page begins; None after the last.

    `last`: (score, no) of the last hit shown; `more`: whether its window has others; `end`: of the window,
    None if nothing lies beyond it.
    """
    if more:
        return position._replace(end=end, after=last)
    return Position(position.as_of, start=end) if end is not None else None
