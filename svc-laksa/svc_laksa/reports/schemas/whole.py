"""The whole of a report, in the view its reader has, and its timeline."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from shared.schemas import Labelled, Out, Point
from svc_laksa.reports import rules
from svc_laksa.reports.documents import Words
from svc_laksa.reports.models import ReportFile, Step
from svc_laksa.reports.rules import State
from svc_laksa.reports.schemas.summary import SummaryOut, address_of
from svc_laksa.reports.usecases import Dossier, View


class FileOut(Out):
    """Addresses are signed and hold for one to two hours."""

    media_id: UUID
    kind: Literal["photo", "evidence"]
    type: str
    thumb: str
    small: str
    full: str
    taken_at: datetime | None
    distance_m: int | None


class MessageOut(Out):
    """Something written about the report, in its words."""

    at: datetime
    role: Labelled
    kind: str
    text: str


class PauseOut(Out):
    """Why and when the clock stood still."""

    reason: Labelled
    since: datetime
    until: datetime | None


class StaffPartOut(Out):
    """What only the agency sees; the reporter's identity is not among it.

    `reporter_left`: she erased her account, and with it what she wrote; nobody answers questions any more.
    """

    privacy: str
    urgency: str
    rule: str
    pack: str
    assignee: str | None
    hand_overs: int
    outside_city: bool
    by_account: bool
    reporter_left: bool


class ReportOut(SummaryOut):
    """The whole report; `actions` are what this caller can do next."""

    view: View
    description: str | None
    address: str | None
    attributes: Mapping[str, Any]
    files: Sequence[FileOut]
    messages: Sequence[MessageOut]
    pauses: Sequence[PauseOut]
    actions: Sequence[str]
    staff: StaffPartOut | None

    @classmethod
    def whole(cls, found: Dossier, words: Words) -> "ReportOut":
        """In the view the dossier was opened for."""
        report, lat, lon = found.report, *found.point
        challengeable = report.challengeable(words.now)
        actions = rules.actions_for(State(report.state), found.roles, report.challenged, challengeable)
        summary = SummaryOut.of(report, words, point=Point(lat=lat, lon=lon))
        return cls(
            **dict(summary),
            view=found.view,
            description=found.text("description"),
            address=found.text("address"),
            attributes=json.loads(found.text("attributes") or "{}"),
            files=[_file(file, words) for file in found.files],
            messages=_messages(found, words),
            pauses=_pauses(found.steps, words),
            actions=[] if found.view == "public" else actions,
            staff=StaffPartOut.model_validate(report) if found.view == "staff" else None,
        )


class TimelineItemOut(Out):
    """One step, as the resident reads it; no member of staff is named. `message`: written with it."""

    at: datetime
    action: str
    state: Labelled
    text: str
    role: Labelled
    agency: Labelled
    message: str | None

    @classmethod
    def of(cls, step: Step, found: Dossier, words: Words) -> "TimelineItemOut":
        """From a step of a dossier."""
        spoken = (text for v, kind, text in found.texts if v == step.version and kind in rules.SPOKEN)
        return cls(
            at=words.local(step.at),
            action=step.action,
            state=words.label("state", step.state),
            text=words.step(step.action, step.reason_code, step.agency),
            role=words.label("role", step.role),
            agency=words.agency(step.agency),
            message=next(spoken, None),
        )


def _file(file: ReportFile, words: Words) -> FileOut:
    thumb, small, full = (address_of(file.media_id, v, words) for v in ("thumb", "small", "full"))
    taken = words.local(file.taken_at) if file.taken_at else None
    return FileOut(
        media_id=file.media_id,
        kind=file.kind,
        type=file.type,
        thumb=thumb,
        small=small,
        full=full,
        taken_at=taken,
        distance_m=file.distance_m,
    )


def _messages(found: Dossier, words: Words) -> list[MessageOut]:
    steps = {step.version: step for step in found.steps}
    written = [(steps[v], kind, text) for v, kind, text in found.texts if v != 1 and v in steps]
    return [
        MessageOut(at=words.local(step.at), role=words.label("role", step.role), kind=kind, text=text)
        for step, kind, text in written
    ]


def _pauses(steps: Sequence[Step], words: Words) -> list[PauseOut]:
    found = rules.pauses((step.at, State(step.state)) for step in steps)
    return [
        PauseOut(
            reason=words.label("state", reason),
            since=words.local(since),
            until=words.local(until) if until else None,
        )
        for reason, since, until in found
    ]
