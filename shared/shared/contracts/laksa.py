"""Events LAKSA publishes: what happened to a report. No free text, no citizen, no place finer than district.

All are internal: one class serves reports of every privacy class, and a police matter must not reach a feed.
What the public may know travels as document_published, tags_purged and count_moved of contracts/city.py.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.event import Event


class _StepV1(Event):
    report_id: UUID
    number: str = Field(description="LKS-XXXX-XXXX")
    category: str
    privacy: str = Field(description="public, name_hidden, confidential or police")
    from_state: str | None = None
    state: str
    agency: str
    district: str
    role: str = Field(description="in which role it was done: reporter, system, laksa_officer, …")
    reason_code: str | None = None
    due_at: datetime | None = Field(default=None, description="None while no deadline runs")


class ReportSubmittedV1(_StepV1):
    """A resident has reported something; it was routed by `rule`."""

    name: ClassVar[str] = "report_submitted.v1"

    rule: str
    outside_city: bool = False


class ReportModeratedV1(_StepV1):
    """A moderator let the report through."""

    name: ClassVar[str] = "report_moderated.v1"


class ReportAssignedV1(_StepV1):
    """The agency took it on and gave it to somebody."""

    name: ClassVar[str] = "report_assigned.v1"


class WorkStartedV1(_StepV1):
    """Work has begun."""

    name: ClassVar[str] = "work_started.v1"


class QuestionAskedV1(_StepV1):
    """The agency needs to know something from the reporter; the clock is stopped."""

    name: ClassVar[str] = "question_asked.v1"


class QuestionAnsweredV1(_StepV1):
    """The reporter has answered; the clock runs again."""

    name: ClassVar[str] = "question_answered.v1"


class ReportResumedV1(_StepV1):
    """It goes on where it stood, without an answer or without another agency."""

    name: ClassVar[str] = "report_resumed.v1"


class ReportHandedOverV1(_StepV1):
    """Another agency has it now, or after the third time the moderator decides (state coordination)."""

    name: ClassVar[str] = "report_handed_over.v1"

    from_agency: str
    wanted_agency: str
    count: int = Field(description="how often it was handed over by now")


class CoordinationRequestedV1(_StepV1):
    """The agency cannot solve it alone."""

    name: ClassVar[str] = "coordination_requested.v1"


class WorkFinishedV1(_StepV1):
    """The agency says it is done and has filed evidence; nobody has checked it yet."""

    name: ClassVar[str] = "work_finished.v1"

    evidence: int = Field(description="pieces of evidence")


class WorkVerifiedV1(_StepV1):
    """Somebody who did none of the work has checked it: it is done, or reopened."""

    name: ClassVar[str] = "work_verified.v1"

    passed: bool


class ReportRejectedV1(_StepV1):
    """Nothing will be done; `reason_code` says why."""

    name: ClassVar[str] = "report_rejected.v1"


class ReportChallengedV1(_StepV1):
    """The reporter says that it is not done."""

    name: ClassVar[str] = "report_challenged.v1"


class ChallengeDecidedV1(_StepV1):
    """A moderator has decided: upheld (reopened), or it stays done."""

    name: ClassVar[str] = "challenge_decided.v1"

    upheld: bool


class ReportWithdrawnV1(_StepV1):
    """The reporter took it back."""

    name: ClassVar[str] = "report_withdrawn.v1"


class DeadlinePassedV1(_StepV1):
    """It was not finished in time; said once for each deadline."""

    name: ClassVar[str] = "deadline_passed.v1"


class ReportClosedV1(_StepV1):
    """Seven days without a challenge: it stays done for good."""

    name: ClassVar[str] = "report_closed.v1"
