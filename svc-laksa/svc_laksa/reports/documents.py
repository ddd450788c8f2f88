"""A report in words: labels and sentences in one language, and the events that tell the city of a step."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from shared.contracts import laksa as contract
from shared.contracts.city import (
    CountMovedV1,
    DocumentPublishedV1,
    DocumentWithdrawnV1,
    PointV1,
    RequestUpdatedV1,
    TagsPurgedV1,
    Texts,
)
from shared.events.event import Event
from shared.runtime import Runtime
from shared.schemas import Labelled
from svc_laksa.pack import ReportCategories
from svc_laksa.reports import rules
from svc_laksa.reports.models import Report, ReportFile
from svc_laksa.reports.rules import Action, State

TAG = "laksa:reports"
KIND = "laksa_report"
EVENTS: dict[Action, type[Event]] = {
    Action.SUBMIT: contract.ReportSubmittedV1,
    Action.MODERATE: contract.ReportModeratedV1,
    Action.ASSIGN: contract.ReportAssignedV1,
    Action.START: contract.WorkStartedV1,
    Action.ASK: contract.QuestionAskedV1,
    Action.ANSWER: contract.QuestionAnsweredV1,
    Action.RESUME: contract.ReportResumedV1,
    Action.HAND_OVER: contract.ReportHandedOverV1,
    Action.COORDINATE: contract.CoordinationRequestedV1,
    Action.FINISH: contract.WorkFinishedV1,
    Action.VERIFY: contract.WorkVerifiedV1,
    Action.REJECT: contract.ReportRejectedV1,
    Action.CHALLENGE: contract.ReportChallengedV1,
    Action.DECIDE: contract.ChallengeDecidedV1,
    Action.WITHDRAW: contract.ReportWithdrawnV1,
    Action.EXPIRE: contract.DeadlinePassedV1,
    Action.CLOSE: contract.ReportClosedV1,
}


class Standing(Protocol):
    """What of a report its sentences need: a row of a list has it too."""

    state: Any
    agency: Any
    challenged: Any
    deadline_at: Any
    closed_at: Any
    final_at: Any


class Words:
    """Everything that is said of reports, in one language, as things stand at `now`."""

    def __init__(self, run: Runtime, language: str, now: datetime) -> None:
        self.run, self.language, self.now = run, language, now
        self._categories: ReportCategories = run.part(ReportCategories)

    def text(self, key: str, **params: str | int) -> str:
        """The text with its {names} filled in."""
        return self.run.texts.get(key, self.language).format(**params)

    def label(self, kind: str, code: str) -> Labelled:
        """A code with its text `<kind>.<code>`."""
        return Labelled(code=code, label=self.text(f"{kind}.{code}"))

    def category(self, code: str) -> Labelled:
        """A code alone if the pack no longer has the category."""
        known = self._categories.by_code.get(code)
        return Labelled(code=code, label=known.name.text(self.language) if known else code)

    def agency(self, code: str) -> Labelled:
        """A code alone if the pack no longer has the agency."""
        known = self.run.city.agencies.get(code)
        return Labelled(code=code, label=known.name.text(self.language) if known else code)

    def area(self, code: str) -> Labelled:
        """A village or a district."""
        known = self.run.city.areas.find(code)
        return Labelled(code=code, label=known.name if known else code)

    def local(self, moment: datetime) -> datetime:
        """The moment with the city's offset."""
        return moment.astimezone(self.run.city.zone)

    def date(self, moment: datetime) -> str:
        """Day and time as people here write them."""
        return self.local(moment).strftime(self.text("date.format"))

    def step(self, action: str, reason_code: str | None, agency: str) -> str:
        """What happened, as the resident reads it."""
        key = f"step.{action}.{reason_code}"
        key = key if self.run.texts.has(key) else f"step.{action}"
        return self.text(key, agency=self.agency(agency).label)

    def next_step(self, report: Standing) -> str:
        """What comes next, and until when: no report stands in silence."""
        key, until = report.state, report.deadline_at
        if report.state == State.DONE:
            key = "challenged" if report.challenged else "final" if report.final_at else "done"
            until = (report.closed_at or until) + rules.CHALLENGE_WINDOW
        return self.text(f"next.{key}", agency=self.agency(report.agency).label, until=self.date(until))


def in_both(run: Runtime, now: datetime, what: Callable[[Words], str]) -> Texts:
    """`what(words)` in Indonesian and English."""
    return {"id": what(Words(run, "id", now)), "en": what(Words(run, "en", now))}


class Told(Protocol):
    """What the events need to know of a step."""

    run: Runtime
    report: Report
    action: Action
    role: str
    now: datetime
    old_state: str | None
    old_agency: str | None
    was_listed: bool


def events_of(step: Told, reason_code: str | None, more: dict[str, Any]) -> Iterator[Event]:
    """The step itself, then what the gateway keeps of it. No free text: titles are the category's name."""
    report = step.report
    yield _own_event(step, reason_code, more)
    if report.citizen_id is not None:
        yield request_updated(step.run, report, step.now)
    if (step.old_state, step.old_agency) != (report.state, report.agency):
        yield _count_moved(step)
    if report.listed and not step.was_listed:
        yield published(step.run, report, step.now)
    if step.was_listed and not report.listed:
        yield DocumentWithdrawnV1(kind=KIND, id=str(report.id))
    if report.listed or step.was_listed:
        yield TagsPurgedV1(tags=(TAG,))


def facts_of(
    step: Told, reason_code: str | None, digests: Mapping[str, str], files: Sequence[ReportFile]
) -> dict[str, Any]:
    """What anybody may read of a step in the ledger; of a restricted report neither category nor district.

    `digests` are the salted ones of what was written, by kind; of files only evidence is told, by its hash.
    """
    report, restricted = step.report, step.report.privacy in rules.RESTRICTED
    return {
        "action": step.action,
        "at": step.now.isoformat(),
        "from": step.old_state,
        "to": report.state,
        "role": step.role,
        "agency": report.agency,
        "reason_code": reason_code,
        "privacy": report.privacy,
        "category": None if restricted else report.category,
        "district": None if restricted else report.district,
        "texts": dict(digests),
        "evidence": [file.sha256 for file in files if file.kind == "evidence"],
    }


def request_updated(run: Runtime, report: Report, now: datetime) -> RequestUpdatedV1:
    """The report as its citizen's request, as it stands."""
    return RequestUpdatedV1(
        citizen_id=report.citizen_id or "",
        kind=KIND,
        number=report.code,
        title=_title(run, report, now),
        state=report.state,
        state_label=in_both(run, now, lambda words: words.text(f"state.{report.state}")),
        next_step=in_both(run, now, lambda words: words.next_step(report)),
        due_at=None if report.stopped_at else report.deadline_at,
        link=link(report.id),
        closed=report.state in rules.CLOSED,
    )


def published(run: Runtime, report: Report, at: datetime) -> DocumentPublishedV1:
    """The report as the public finds it; `at` is when it was first listed."""

    def summary(words: Words) -> str:
        village, district = words.area(report.village).label, words.area(report.district).label
        return words.text("summary", village=village, district=district)

    return DocumentPublishedV1(
        kind=KIND,
        id=str(report.id),
        title=_title(run, report, at),
        summary=in_both(run, at, summary),
        point=PointV1(lat=report.lat, lon=report.lon),
        area=report.village,
        url=link(report.id),
        published_at=at,
    )


def link(report_id: UUID) -> str:
    """Where the report is read."""
    return f"/v1/laksa/reports/{report_id}"


def _own_event(step: Told, reason_code: str | None, more: dict[str, Any]) -> Event:
    report = step.report
    return EVENTS[step.action](
        report_id=report.id,
        number=report.code,
        category=report.category,
        privacy=report.privacy,
        from_state=step.old_state,
        state=report.state,
        agency=report.agency,
        district=report.district,
        role=step.role,
        reason_code=reason_code,
        due_at=None if report.stopped_at else report.deadline_at,
        **more,
    )


def _count_moved(step: Told) -> CountMovedV1:
    report = step.report
    return CountMovedV1(
        measure="laksa_reports",
        from_state=step.old_state,
        to_state=report.state,
        district=report.district,
        agency=report.agency,
        from_agency=step.old_agency if step.old_agency != report.agency else None,
    )


def _title(run: Runtime, report: Report, now: datetime) -> Texts:
    return in_both(run, now, lambda words: words.category(report.category).label)
