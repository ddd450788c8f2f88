"""Who may see a report, and reading it as one of those who may."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Caller
from shared.crypto import secret_digest
from shared.errors import Forbidden, NotFound
from shared.runtime import Runtime
from svc_laksa.reports import queries, rules
from svc_laksa.reports.models import Report, ReportFile, ReportText, Step
from svc_laksa.reports.rules import Role

View = Literal["public", "mine", "staff"]
QueueOf = Literal["agency", "verifier", "moderator"]


@dataclass(frozen=True, slots=True)
class Target:
    """Which report a request means, and what its headers say: the version it saw, a guest's token."""

    ref: str
    if_match: str | None = None
    follow_token: str | None = None


@dataclass(frozen=True, slots=True)
class Dossier:
    """A report as one caller may read it: `texts` are (version, kind, text), all of them oldest first."""

    report: Report
    view: View
    roles: frozenset[Role]
    point: tuple[float, float]
    texts: Sequence[tuple[int, str, str]]
    files: Sequence[ReportFile]
    steps: Sequence[Step]

    def text(self, kind: str) -> str | None:
        """What was written when it was submitted."""
        return next((text for version, found, text in self.texts if (version, found) == (1, kind)), None)


async def read(
    session: AsyncSession, run: Runtime, target: Target, view: View | None, *, caller: Caller
) -> Dossier:
    """The report in the view asked for, or the best one the caller has; 404 if that is none."""
    report = await queries.find(session, target.ref)
    roles = roles_of(report, caller, target.follow_token) if report else frozenset()
    chosen = _view(report, roles, view) if report else None
    if report is None or chosen is None:
        raise NotFound
    public = chosen == "public"
    texts = await queries.texts(session, report, chosen)
    return Dossier(
        report=report,
        view=chosen,
        roles=roles,
        point=(report.lat, report.lon) if public else exact_point(run, report),
        texts=[(text.version, text.kind, opened(run, text)) for text in texts],
        files=await queries.files(session, report, public_only=public),
        steps=await queries.latest_steps(session, report.id),
    )


async def queue(
    session: AsyncSession,
    of: QueueOf,
    narrowed: queries.Narrowed,
    *,
    caller: Caller,
    limit: int,
    cursor: str | None,
) -> queries.Found:
    """What waits for this member of staff: her agency's reports, or what verifiers or moderators have to do.

    In a police unit its officers and heads stand in for both (rules.roles_towards). 403 for anybody else.
    """
    desk = caller.agency is not None and bool(caller.roles & rules.FIELD)
    if of == "agency" and desk:
        return await queries.agency_page(session, caller.agency or "", narrowed, limit, cursor)
    role = Role.VERIFIER if of == "verifier" else Role.MODERATOR
    city_wide = caller.has(role)
    if of == "agency" or not (city_wide or desk):
        raise Forbidden
    return await queries.waiting_page(session, role, caller.agency, city_wide, limit, cursor)


def roles_of(report: Report, caller: Caller, follow_token: str | None) -> frozenset[Role]:
    """The roles a caller has towards this report."""
    if caller.kind == "staff":
        return rules.roles_towards(
            privacy=report.privacy,
            agency=report.agency,
            waits_for=report.waits_for,
            staff_roles=caller.roles,
            staff_agency=caller.agency,
        )
    own = caller.kind == "citizen" and caller.sub is not None and caller.sub == report.citizen_id
    held = follow_token is not None and secret_digest(follow_token) == report.follow_digest
    return frozenset({Role.REPORTER}) if own or held else frozenset()


def _view(report: Report, roles: frozenset[Role], wanted: View | None) -> View | None:
    """Unless one is asked for: the staff's before the reporter's before the public's."""
    held: list[View] = ["staff"] if roles - {Role.REPORTER} else []
    held += ["mine"] if Role.REPORTER in roles else []
    held += ["public"] if report.listed else []
    return next((view for view in held if wanted in (None, view)), None)


def exact_point(run: Runtime, report: Report) -> tuple[float, float]:
    """Latitude and longitude in degrees, as they were reported."""
    if report.sealed_point is None:
        return report.lat, report.lon
    lat, lon = run.cipher.text(report.sealed_point, report.point_place(report.id)).split(",")
    return float(lat), float(lon)


def opened(run: Runtime, text: ReportText) -> str:
    """What was written, in plain text."""
    return text.plain or "" if text.sealed is None else run.cipher.text(text.sealed, text.place)
