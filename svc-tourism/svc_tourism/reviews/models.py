"""Tables of reviews and of what people reported about them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from svc_tourism.db import Base
from svc_tourism.reviews import rules
from svc_tourism.reviews.rules import State

_WAITING = text("waiting")
_PUBLISHED = text("state = 'published'")


class Review(Base):
    """One person's stars (1–5) and words about one place; public once an editor has published it.

    `waiting`: an editor should look at it, because it is new, was changed, or was reported. The writer is an
    opaque id that no answer shows.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        Index("uq_reviews_place_citizen", "place_id", "citizen_id", unique=True),
        Index("ix_reviews_public", "place_id", "written_at", "id", postgresql_where=_PUBLISHED),
        Index("ix_reviews_queue", "written_at", "id", postgresql_where=_WAITING),
        Index("ix_reviews_citizen", "citizen_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    place_id: Mapped[UUID] = mapped_column(ForeignKey("places.id"))
    citizen_id: Mapped[str]
    version: Mapped[int] = mapped_column(BigInteger)
    rating: Mapped[int] = mapped_column(SmallInteger)
    text: Mapped[str]
    photos: Mapped[list[Any]]
    state: Mapped[State] = mapped_column(Text)
    waiting: Mapped[bool]
    reports: Mapped[int] = mapped_column(SmallInteger)
    reason_code: Mapped[str | None]
    reason: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    written_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    def write(self, rating: int, text: str, photos: list[Any], now: datetime) -> None:
        """Says this from now on, and waits for an editor: what was public a moment ago is so no longer."""
        self.rating, self.text, self.photos = rating, text, photos
        self.state, self.waiting, self.reports = "pending", True, 0
        self.reason_code = self.reason = None
        self.written_at = self.updated_at = now

    def decide(
        self, state: State, by: str, now: datetime, reason_code: str | None, reason: str | None
    ) -> None:
        """An editor has looked at it."""
        self.state, self.waiting, self.reports = state, False, 0
        self.reason_code, self.reason = reason_code, reason
        self.decided_by, self.decided_at, self.updated_at = by, now, now
        self.version += 1

    def be_reported(self, now: datetime) -> None:
        """One more person says that it should not stand there."""
        self.reports += 1
        self.waiting, self.updated_at = True, now
        self.state = rules.after_report(self.state, self.reports)
        self.version += 1


class ReviewReport(Base):
    """Somebody says that a review should not stand there; one a person and review."""

    __tablename__ = "review_reports"
    __table_args__ = (Index("ix_review_reports_citizen", "citizen_id", "review_id"),)

    review_id: Mapped[UUID] = mapped_column(ForeignKey("reviews.id", ondelete="CASCADE"), primary_key=True)
    citizen_id: Mapped[str] = mapped_column(primary_key=True)
    reason_code: Mapped[str]
    reported_at: Mapped[datetime]
