"""A report in a list, and in the answer to a step."""

from datetime import datetime
from typing import Any
from uuid import UUID

from shared import media
from shared.schemas import Labelled, Out, Point
from svc_laksa.reports import rules
from svc_laksa.reports.documents import Words


class DeadlineOut(Out):
    """`days_left` counts calendar days here, negative when late; null while the clock stands still."""

    due_at: datetime
    running: bool
    overdue: bool
    days_left: int | None

    @classmethod
    def of(cls, row: Any, words: Words) -> "DeadlineOut":
        """From a Report or a row of a list."""
        due = words.local(row.deadline_at)
        left = (due.date() - words.local(words.now).date()).days
        running = row.stopped_at is None
        return cls(
            due_at=due,
            running=running,
            overdue=row.overdue_at is not None,
            days_left=left if running else None,
        )


class AreaOut(Out):
    """`approximate`: judged from centroids, there are no official borders yet."""

    village: Labelled
    district: Labelled
    approximate: bool


class SummaryOut(Out):
    """A report in a list, and the answer to every step. `point` is coarse where the matter is sensitive."""

    id: UUID
    code: str
    version: int
    category: Labelled
    state: Labelled
    next_step: str
    agency: Labelled
    point: Point
    area: AreaOut
    received_at: datetime
    updated_at: datetime
    deadline: DeadlineOut
    closed: bool

    @classmethod
    def of(cls, row: Any, words: Words, **more: Any) -> "SummaryOut":
        """From a Report, or from a row with the columns of `queries.SUMMARY`."""
        village, district = words.area(row.village), words.area(row.district)
        fields: dict[str, Any] = {
            "id": row.id,
            "code": row.code,
            "version": row.version,
            "category": words.category(row.category),
            "state": words.label("state", row.state),
            "next_step": words.next_step(row),
            "agency": words.agency(row.agency),
            "point": Point(lat=row.lat, lon=row.lon),
            "area": AreaOut(village=village, district=district, approximate=row.approximate),
            "received_at": words.local(row.received_at),
            "updated_at": words.local(row.updated_at),
            "deadline": DeadlineOut.of(row, words),
            "closed": row.state in rules.CLOSED,
        }
        return cls(**fields | more)


class ListedOut(SummaryOut):
    """`excerpt`: the first 200 characters, if everybody may read them. `thumb`: a signed address."""

    excerpt: str | None
    thumb: str | None
    distance_m: int | None = None

    @classmethod
    def of(cls, row: Any, words: Words, **more: Any) -> "ListedOut":
        """From a row of a list."""
        thumb = None if row.cover is None else address_of(row.cover, "thumb", words)
        return cls(**dict(SummaryOut.of(row, words)), excerpt=row.excerpt, thumb=thumb, **more)


class QueueItemOut(ListedOut):
    """A report in a queue; `waits_for` says whose turn it is."""

    urgency: str
    privacy: str
    waits_for: str | None
    assignee: str | None

    @classmethod
    def of(cls, row: Any, words: Words, **more: Any) -> "QueueItemOut":
        """From a row of a list."""
        own = {name: getattr(row, name) for name in ("urgency", "privacy", "waits_for", "assignee")}
        return cls(**dict(ListedOut.of(row, words)), **own, **more)


def address_of(media_id: UUID, variant: media.Variant, words: Words) -> str:
    """A signed address of an uploaded file."""
    return media.signed_path(media_id, variant, words.run.settings.media_keys, words.now)
