"""Table of a source: what staff decided of it, and how it has been doing."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from svc_news.db import Base
from svc_news.sources import rules
from svc_news.sources.rules import State


class Source(Base):
    """One feed. `version` counts what staff changed; what the collector learns leaves it alone.

    `source` says who vouches for the address (`staff`, a page, `unverified`); `told` counts the events.
    """

    __tablename__ = "sources"
    __table_args__ = (Index("ix_sources_due", "next_attempt_at", postgresql_where=text("active")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    url: Mapped[str]
    home_url: Mapped[str | None]
    kind: Mapped[str]
    attribution: Mapped[str]
    district: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text))
    interval_minutes: Mapped[int] = mapped_column(SmallInteger)
    active: Mapped[bool]
    source: Mapped[str]

    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    last_success_at: Mapped[datetime | None]
    last_failure_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    failures: Mapped[int]
    next_attempt_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    items_taken: Mapped[int] = mapped_column(BigInteger)
    moved_to: Mapped[str | None]
    told: Mapped[int] = mapped_column(BigInteger)

    @property
    def state(self) -> State:
        """How it is doing."""
        answered = self.last_success_at is not None
        return rules.state_of(active=self.active, failures=self.failures, answered=answered)

    def begin_anew(self, now: datetime) -> None:
        """Is asked as if for the first time: what is under way or was learned belongs to another address."""
        self.etag, self.last_modified, self.moved_to, self.last_error = None, None, None, None
        self.failures, self.claimed_until, self.next_attempt_at, self.last_success_at = 0, None, now, None

    def hurry(self, now: datetime) -> None:
        """One in health waits no longer than its interval says now."""
        if self.failures == 0:
            interval = timedelta(minutes=self.interval_minutes)
            self.next_attempt_at = min(self.next_attempt_at, now + interval)

    def answered(self, now: datetime, luck: float) -> None:
        """It said what it has, or that nothing has changed."""
        self.failures, self.last_error, self.last_success_at = 0, None, now
        self._leave_alone(now, None, luck)

    def failed(self, code: str, wait: timedelta | None, now: datetime, luck: float) -> None:
        """It did not; after `gone` it is never asked again."""
        self.failures, self.last_error, self.last_failure_at = self.failures + 1, code, now
        if code == "gone":
            self.active, self.version = False, self.version + 1
        self._leave_alone(now, wait, luck)

    def _leave_alone(self, now: datetime, wait: timedelta | None, luck: float) -> None:
        interval = timedelta(minutes=self.interval_minutes)
        self.claimed_until = None
        self.next_attempt_at = now + rules.pause(interval, self.failures, wait, luck)
