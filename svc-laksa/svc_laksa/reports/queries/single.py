"""One report: by id or number, with its texts, files and steps."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.ids import is_code
from svc_laksa.reports import rules
from svc_laksa.reports.models import Report, ReportFile, ReportText, Step
from svc_laksa.reports.rules import Action, State

CODE = "LKS"
_LATEST = 200


async def find(session: AsyncSession, ref: str, *, lock: bool = False) -> Report | None:
    """By id or by number (LKS-…, however it was typed); None if there is none."""
    where = _is(ref)
    if where is None:
        return None
    statement = select(Report).where(where)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(statement)).scalar_one_or_none()


async def texts(session: AsyncSession, report: Report, view: str) -> Sequence[ReportText]:
    """What was written and may be read in this view, oldest first; the latest 200."""
    statement = select(ReportText).where(ReportText.report_id == report.id)
    if view == "public":
        shown = rules.public_texts(report.privacy, report.sealed_point is not None)
        statement = statement.where(ReportText.version == 1, ReportText.kind.in_(shown))
    if view == "mine":
        statement = statement.where(ReportText.kind != "internal")
    statement = statement.order_by(ReportText.version.desc(), ReportText.kind).limit(_LATEST)
    return (await session.scalars(statement)).all()[::-1]


async def files(session: AsyncSession, report: Report, *, public_only: bool) -> Sequence[ReportFile]:
    """Its files, oldest first. The public sees photos of the report and evidence, never those of an answer
    to the agency, and of a sensitive report none."""
    if public_only and report.sealed_point is not None:
        return ()
    statement = select(ReportFile).where(ReportFile.report_id == report.id)
    if public_only:
        statement = statement.where(or_(ReportFile.version == 1, ReportFile.kind == "evidence"))
    ordered = statement.order_by(ReportFile.version, ReportFile.media_id).limit(_LATEST)
    return (await session.scalars(ordered)).all()


async def latest_steps(session: AsyncSession, report_id: UUID) -> Sequence[Step]:
    """The latest 200 steps, oldest first."""
    statement = select(Step).where(Step.report_id == report_id).order_by(Step.version.desc()).limit(_LATEST)
    return (await session.scalars(statement)).all()[::-1]


async def worked(session: AsyncSession, report_id: UUID, staff: str, actions: Iterable[Action]) -> bool:
    """Whether this staff member did one of these, or was given the work."""
    mine = Step.actor.is_not_distinct_from(staff) & Step.action.in_(list(actions))
    statement = select(Step.version).where(Step.report_id == report_id, mine | (Step.assignee == staff))
    return (await session.execute(statement.limit(1))).first() is not None


async def seen_before(session: AsyncSession, files: Sequence[ReportFile]) -> bool:
    """Whether one of these pictures stands in a report already."""
    content = [file.sha256 for file in files]
    statement = select(ReportFile.report_id).where(ReportFile.sha256.in_(content)).limit(1)
    return (await session.execute(statement)).first() is not None


async def work_began(session: AsyncSession, report: Report) -> datetime:
    """When the present attempt began: on arrival, or when it was last reopened."""
    reopened = select(func.max(Step.at)).where(Step.report_id == report.id, Step.state == State.REOPENED)
    return await session.scalar(reopened) or report.received_at


def _is(ref: str) -> ColumnElement[bool] | None:
    if is_code(ref, CODE):
        body = ref.upper().partition("-")[2].replace("-", "").translate(str.maketrans("OIL", "011"))
        return Report.code == f"{CODE}-{body[:4]}-{body[4:]}"
    try:
        return Report.id == UUID(ref)
    except ValueError:
        return None
