"""What travels over HTTP about a report: a summary for lists and answers, the whole of it, its timeline."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Header, Path, Query, Request

from shared import media
from shared.city.areas import District
from shared.errors import FieldError, Unprocessable
from shared.replies import IfMatch
from shared.runtime import Run
from shared.schemas import Labelled, Out, Point
from svc_laksa.pack import ReportCategories
from svc_laksa.reports import rules
from svc_laksa.reports.documents import Words
from svc_laksa.reports.models import ReportFile, Step
from svc_laksa.reports.queries import Box, Filters, Narrowed
from svc_laksa.reports.rules import State
from svc_laksa.reports.usecases import Dossier, Target, View

FollowToken = Annotated[
    str | None, Header(alias="X-Follow-Token", max_length=100, description="A guest's way back to a report")
]


async def _target(
    ref: Annotated[str, Path(max_length=60, description="The report's id, or its number LKS-…")],
    if_match: IfMatch = None,
    follow_token: FollowToken = None,
) -> Target:
    return Target(ref, if_match, follow_token)


async def _words(request: Request) -> Words:
    run = request.app.state.runtime
    return Words(run, request.scope["city"].language, run.clock.now())


async def _where(
    run: Run,
    category: Annotated[
        str | None, Query(max_length=60, description="A category's or a group's code")
    ] = None,
    state: State | None = None,
    area: Annotated[str | None, Query(max_length=40, description="Code of a village or a district")] = None,
    bbox: Annotated[str | None, Query(max_length=100, description="west,south,east,north in degrees")] = None,
) -> Filters:
    """What the public list is narrowed to; 422 for a code nobody knows."""
    tree: ReportCategories = run.part(ReportCategories)
    groups = {group.code: tuple(each.code for each in group.categories) for group in tree.groups}
    known = groups | {code: (code,) for code in tree.by_code}
    found = run.city.areas.find(area) if area is not None else None
    if category is not None and category not in known:
        raise Unprocessable(errors=[FieldError("category", "unknown")])
    if area is not None and found is None:
        raise Unprocessable(errors=[FieldError("area", "unknown")])
    village, district = (None, area) if isinstance(found, District) else (area, None)
    return Filters(known.get(category or "", ()), state, village, district, _box(bbox))


def _box(text: str | None) -> Box | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise Unprocessable(errors=[FieldError("bbox", "invalid")]) from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise Unprocessable(errors=[FieldError("bbox", "invalid")])
    return Box(west, south, east, north)


async def _narrowed(
    request: Request,
    run: Run,
    state: State | None = None,
    mine: Annotated[bool, Query(description="Only what is assigned to me")] = False,
    overdue: Annotated[bool, Query(description="Only what is late")] = False,
) -> Narrowed:
    """What an agency's queue is narrowed to."""
    me = request.scope["city"].caller.sub if mine else None
    return Narrowed(state, me, run.clock.now() if overdue else None)


NarrowedTo = Annotated[Narrowed, Depends(_narrowed)]
"""The filters of an agency's queue."""
Where = Annotated[Filters, Depends(_where)]
"""The filters of the public list."""
Which = Annotated[Target, Depends(_target)]
"""The report of the path; the headers that say which version was seen, and by which guest."""
InWords = Annotated[Words, Depends(_words)]
"""The language of the answer."""


class DeadlineOut(Out):
    """`days_left` counts calendar days here, negative when late; null while the clock stands still."""

    due_at: datetime
    running: bool
    overdue: bool
    days_left: int | None


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
            "deadline": _deadline(row, words),
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
        thumb = None if row.cover is None else _address(row.cover, "thumb", words)
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
    """What only the agency sees; the reporter's identity is not among it."""

    privacy: str
    urgency: str
    rule: str
    pack: str
    assignee: str | None
    hand_overs: int
    outside_city: bool
    by_account: bool


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


def _deadline(row: Any, words: Words) -> DeadlineOut:
    due = words.local(row.deadline_at)
    left = (due.date() - words.local(words.now).date()).days
    running = row.stopped_at is None
    return DeadlineOut(
        due_at=due,
        running=running,
        overdue=row.overdue_at is not None,
        days_left=left if running else None,
    )


def _address(media_id: UUID, variant: media.Variant, words: Words) -> str:
    return media.signed_path(media_id, variant, words.run.settings.media_secret(), words.now)


def _file(file: ReportFile, words: Words) -> FileOut:
    thumb, small, full = (_address(file.media_id, v, words) for v in ("thumb", "small", "full"))
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
