"""What is wrong with a text about opening hours, and in which part of it."""

import re

_LONG_NUMBER = re.compile(r"\d{5,}")
_SHOWN = 40


class NotUnderstood(Exception):
    """`code` says why; `part` is the piece of the text it is about, short enough to be shown.

    Long numbers in it are masked: whoever pastes the wrong thing must not find it in an error again.
    """

    def __init__(self, code: str, part: str) -> None:
        self.code = code
        self.part = _LONG_NUMBER.sub("…", " ".join(part.split()))[:_SHOWN]
        super().__init__(f"{code}: {self.part}")
