"""Tables of a report: the report itself, every step it took, its texts (erasable), its files."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.city.calendar import WorkCalendar
from shared.crypto import sealed
from svc_laksa.db import Base
from svc_laksa.reports import rules
from svc_laksa.reports.rules import State

_LISTED = text("listed")
_OPEN = text("closed_at IS NULL")
_LISTED_OPEN = text("listed AND closed_at IS NULL")
_WAITING = text("waits_for IS NOT NULL")
PLACE = text("point(lon, lat)")
"""Degrees, x is longitude: what nearest-neighbour and box queries order and filter by (GiST); with the time
beside it (btree_gist) the newest inside a box come first, however many the box holds."""


class Report(Base):
    """One report. The reporter is an opaque id; a sensitive exact point is only in `sealed_point`."""

    __tablename__ = "reports"
    __table_args__ = (
        Index("ix_reports_citizen", "citizen_id", "received_at", "id"),
        Index("ix_reports_public", "received_at", "id", postgresql_where=_LISTED),
        Index("ix_reports_public_category", "category", "received_at", "id", postgresql_where=_LISTED),
        Index("ix_reports_public_state", "state", "received_at", "id", postgresql_where=_LISTED),
        Index("ix_reports_public_district", "district", "received_at", "id", postgresql_where=_LISTED),
        Index("ix_reports_public_village", "village", "received_at", "id", postgresql_where=_LISTED),
        Index(
            "ix_reports_place_time", PLACE, "received_at", postgresql_using="gist", postgresql_where=_LISTED
        ),
        Index("ix_reports_place_open", PLACE, postgresql_using="gist", postgresql_where=_LISTED_OPEN),
        Index("ix_reports_agency_queue", "agency", "deadline_at", "id", postgresql_where=_OPEN),
        Index("ix_reports_waiting", "waits_for", "deadline_at", "id", postgresql_where=_WAITING),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int] = mapped_column(BigInteger)
    sent_digest: Mapped[bytes]
    citizen_id: Mapped[str | None]
    follow_digest: Mapped[bytes | None]

    category: Mapped[str]
    privacy: Mapped[str]
    urgency: Mapped[str]
    lat: Mapped[float]
    lon: Mapped[float]
    sealed_point: Mapped[bytes | None] = mapped_column(info=sealed())
    village: Mapped[str]
    district: Mapped[str]
    approximate: Mapped[bool]
    outside_city: Mapped[bool]
    cover: Mapped[UUID | None]

    state: Mapped[str]
    resumes_to: Mapped[str | None]
    waits_for: Mapped[str | None]
    challenged: Mapped[bool]
    listed: Mapped[bool]
    agency: Mapped[str]
    assignee: Mapped[str | None]
    rule: Mapped[str]
    pack: Mapped[str]
    hand_overs: Mapped[int] = mapped_column(SmallInteger)

    received_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deadline_at: Mapped[datetime]
    counts: Mapped[Literal["hours", "working_days"]] = mapped_column(Text)
    stopped_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    final_at: Mapped[datetime | None]

    @staticmethod
    def point_place(report_id: UUID) -> str:
        """Where the ciphertext of the exact point stands."""
        return f"reports.sealed_point.{report_id}"

    def enter(self, state: State, now: datetime, calendar: WorkCalendar) -> None:
        """Stands in `state` from now on: the clock stops or goes on, and everything derived follows."""
        if state == State.QUESTION or (state == State.COORDINATION and self.state != State.COORDINATION):
            self.resumes_to = self.state if self.state in rules.AT_HAND else State.RECEIVED
        if self.stopped_at is not None and state not in rules.STOPPED:
            stopped, self.stopped_at = self.stopped_at, None
            self.deadline_at = rules.resumed_deadline(self.deadline_at, stopped, now, self.counts, calendar)
        elif self.stopped_at is None and state in rules.STOPPED:
            self.stopped_at = now
        self.closed_at = (self.closed_at or now) if state in rules.CLOSED else None
        held_back = self.state == State.MODERATION and state == State.REJECTED
        self.state, self.updated_at, self.version = state, now, self.version + 1
        self.waits_for = rules.waits_for(state, self.challenged)
        self.listed = rules.is_listed(self.privacy, state) and not held_back

    def challengeable(self, now: datetime) -> bool:
        """Whether the reporter may still say that it is not done."""
        return self._challenge_ends is not None and now < self._challenge_ends

    def due(self) -> dict[str, datetime]:
        """The timers this report needs as it stands now, by kind."""
        wanted: dict[str, datetime | None] = {
            "deadline_passed": None if self.stopped_at or self.overdue_at else self.deadline_at,
            "question_unanswered": self.stopped_at and self.stopped_at + rules.ANSWER_WINDOW
            if self.state == State.QUESTION
            else None,
            "challenge_closed": None if self.challenged else self._challenge_ends,
        }
        return {kind: moment for kind, moment in wanted.items() if moment is not None}

    def forget_reporter(self) -> None:
        """Cuts it from whoever sent it; the digest of what was sent goes too, for it has no salt."""
        self.citizen_id, self.follow_digest, self.sent_digest = None, None, b""

    @property
    def reporter_left(self) -> bool:
        """Whether whoever sent it has erased her account: every other report has a citizen or a guest."""
        return self.citizen_id is None and self.follow_digest is None

    @property
    def over(self) -> bool:
        """Whether nobody will work on it any more."""
        return self.closed_at is not None and not self.challenged

    @property
    def by_account(self) -> bool:
        """Whether somebody signed in sent it, not a guest."""
        return self.citizen_id is not None

    @property
    def _challenge_ends(self) -> datetime | None:
        if self.state != State.DONE or self.closed_at is None or self.final_at is not None:
            return None
        return self.closed_at + rules.CHALLENGE_WINDOW


class Step(Base):
    """One thing that was done; never changed. `actor` is a staff id, never shown outside the agency."""

    __tablename__ = "report_steps"

    report_id: Mapped[UUID] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]
    action: Mapped[str]
    from_state: Mapped[str | None]
    state: Mapped[str]
    role: Mapped[str]
    actor: Mapped[str | None]
    assignee: Mapped[str | None]
    agency: Mapped[str]
    reason_code: Mapped[str | None]


class ReportText(Base):
    """What somebody wrote: `plain` only where the public reads it. Deleting it ends the ledger's link."""

    __tablename__ = "report_texts"

    report_id: Mapped[UUID] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    plain: Mapped[str | None]
    sealed: Mapped[bytes | None] = mapped_column(info=sealed())
    salt: Mapped[str]

    @property
    def place(self) -> str:
        """Where the ciphertext stands, so that it opens nowhere else."""
        return f"report_texts.sealed.{self.report_id}.{self.version}.{self.kind}"


class ReportFile(Base):
    """One uploaded file: `kind` photo (by the reporter) or evidence (by staff); facts from its receipt.

    `taken_at` and the place are the file's own (EXIF) or `stated`; a sensitive photo's place is not kept.
    """

    __tablename__ = "report_files"
    __table_args__ = (
        Index("ix_report_files_sha256", "sha256"),
        Index("ix_report_files_media_id", "media_id"),
    )

    report_id: Mapped[UUID] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    media_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[Literal["photo", "evidence"]] = mapped_column(Text)
    type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    stored_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    distance_m: Mapped[int | None]
    stated: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
