"""When a review is public and when an editor should look at it; pure."""

from typing import Literal

State = Literal["pending", "published", "rejected"]
#: Why an editor takes a review down; the words for its writer are texts of this service.
Reason = Literal["abuse", "not_about_place", "personal_data", "advertising", "untrue", "other"]
#: So many different people hide a review until an editor has looked at it again.
HIDE_AT = 3


def stars(state: State, rating: int) -> int | None:
    """What a review adds to its place: its stars while it is public."""
    return rating if state == "published" else None


def after_report(state: State, reports: int) -> State:
    """A published review that many report waits like a new one."""
    return "pending" if state == "published" and reports >= HIDE_AT else state
