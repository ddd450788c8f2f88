"""What travels over HTTP."""

from collections.abc import Sequence
from typing import Literal

from shared.schemas import Moment, Out


class PartOut(Out):
    """One service; `pending`: it has not answered yet, and is asked again by itself."""

    service: str
    state: Literal["pending", "ready"]


class ExportOut(Out):
    """My export. It may be read at any time; until it is complete it says what is missing."""

    state: Literal["pending", "complete"]
    requested_at: Moment
    complete_at: Moment | None
    expires_at: Moment | None
    parts: Sequence[PartOut]
    link: str
