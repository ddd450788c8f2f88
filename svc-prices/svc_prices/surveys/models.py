"""Tables of the survey plan, and of how far each market's day has come."""

from datetime import date, datetime, time
from typing import Literal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from svc_prices.db import Base


class PlannedSurvey(Base):
    """Somebody (an opaque staff id) surveys a market on these days of the week, by this hour (local time).

    `weekdays` is a sum of powers of two, 1 for Monday to 64 for Sunday.
    """

    __tablename__ = "planned_surveys"
    __table_args__ = (
        CheckConstraint("weekdays BETWEEN 1 AND 127", name="weekdays"),
        Index("ix_planned_surveys_staff", "staff_id"),
    )

    market_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("markets.id"), primary_key=True)
    staff_id: Mapped[str] = mapped_column(primary_key=True)
    weekdays: Mapped[int] = mapped_column(SmallInteger)
    by: Mapped[time]
    version: Mapped[int] = mapped_column(BigInteger)
    updated_by: Mapped[str]
    updated_at: Mapped[datetime]


class SurveyDay(Base):
    """How many of the commodities expected on a market were entered for a day; complete once they all were.

    `alarmed_at` is set once, when the hour of the plan passed before it was complete. `version` is that of
    the day's newest event.
    """

    __tablename__ = "survey_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    market_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("markets.id"), primary_key=True)
    expected: Mapped[int] = mapped_column(SmallInteger)
    entered: Mapped[int] = mapped_column(SmallInteger)
    first_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    alarmed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(BigInteger, server_default="2")

    def count(self, expected: int, entered: int, now: datetime) -> Literal["completed", "reopened"] | None:
        """Notes how far it is, and what has become of it by that.

        A complete day is reopened by an entry that counts no longer, never by a commodity that joined later.
        """
        if self.completed_at is not None and entered >= self.entered:
            return None
        was_complete, is_complete = self.completed_at is not None, entered >= expected > 0
        self.expected, self.entered, self.first_at = expected, entered, self.first_at or now
        self.completed_at = self.completed_at or now if is_complete else None
        if was_complete == is_complete:
            return None
        return "completed" if is_complete else "reopened"
