"""What a list of reports is narrowed to, as SQL."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal_column, true

from svc_laksa.reports.models import Report
from svc_laksa.reports.rules import State

PLACE: ColumnElement[Any] = literal_column("point(lon, lat)")


@dataclass(frozen=True, slots=True)
class Box:
    """Degrees, WGS 84."""

    west: float
    south: float
    east: float
    north: float

    def holds(self) -> ColumnElement[bool]:
        """That a report lies in it; both GiST indexes answer this."""
        corners = func.box(func.point(self.west, self.south), func.point(self.east, self.north))
        return PLACE.op("<@", is_comparison=True)(corners)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the public list is narrowed to; several `categories` are a group's."""

    categories: tuple[str, ...] = ()
    state: State | None = None
    village: str | None = None
    district: str | None = None
    box: Box | None = None

    def conditions(self) -> Iterable[ColumnElement[bool]]:
        """As SQL, the listed ones only."""
        yield Report.listed == true()
        if self.categories:
            yield Report.category.in_(self.categories)
        for column, value in (
            (Report.state, self.state),
            (Report.village, self.village),
            (Report.district, self.district),
        ):
            if value is not None:
                yield column == value
        if self.box is not None:
            yield self.box.holds()


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What an agency's queue is narrowed to; `late_at` keeps what is overdue at that moment."""

    state: State | None = None
    assignee: str | None = None
    late_at: datetime | None = None

    @property
    def stable(self) -> tuple[str, str, bool]:
        """What a cursor is bound to: the moment passes from page to page."""
        return (str(self.state), str(self.assignee), self.late_at is not None)

    def conditions(self) -> Iterable[ColumnElement[bool]]:
        """As SQL."""
        if self.state is not None:
            yield Report.state == self.state
        if self.assignee is not None:
            yield Report.assignee == self.assignee
        if self.late_at is not None:
            yield and_(Report.deadline_at <= self.late_at, Report.stopped_at.is_(None))
