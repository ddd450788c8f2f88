"""Reads of reports: one by its number, and lists by keyset, each on an index of its own."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal_column, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from shared import paging
from shared.errors import BadCursor
from shared.ids import is_code
from svc_laksa.reports import rules
from svc_laksa.reports.models import Report, ReportFile, ReportText, Step
from svc_laksa.reports.rules import Action, State

CODE = "LKS"
_LATEST = 200
_METRES_PER_DEGREE = 111_195.0
_PLACE: ColumnElement[Any] = literal_column("point(lon, lat)")
_EXCERPT = func.left(ReportText.plain, 200).label("excerpt")
SUMMARY = (
    Report.id,
    Report.code,
    Report.version,
    Report.category,
    Report.privacy,
    Report.urgency,
    Report.lat,
    Report.lon,
    Report.village,
    Report.district,
    Report.approximate,
    Report.cover,
    Report.state,
    Report.waits_for,
    Report.challenged,
    Report.agency,
    Report.assignee,
    Report.received_at,
    Report.updated_at,
    Report.deadline_at,
    Report.stopped_at,
    Report.overdue_at,
    Report.closed_at,
    Report.final_at,
)
Query = Select[*tuple[Any, ...]]
Found = tuple[Sequence[Row[Any]], str | None]
"""The rows of one page and the cursor of the next."""


@dataclass(frozen=True, slots=True)
class Box:
    """Degrees, WGS 84."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class Filters:
    """What the public list is narrowed to; `categories` are codes, `area` a village or a district."""

    categories: tuple[str, ...] = ()
    state: State | None = None
    village: str | None = None
    district: str | None = None
    box: Box | None = None

    def conditions(self) -> Iterable[ColumnElement[bool]]:
        """As SQL, the listed ones only."""
        yield Report.listed == true()
        if self.categories:
            yield Report.category.in_(self.categories)
        for column, value in (
            (Report.state, self.state),
            (Report.village, self.village),
            (Report.district, self.district),
        ):
            if value is not None:
                yield column == value
        if self.box is not None:
            yield _within(self.box)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What an agency's queue is narrowed to; `late_at` keeps what is overdue at that moment."""

    state: State | None = None
    assignee: str | None = None
    late_at: datetime | None = None

    @property
    def stable(self) -> tuple[str, str, bool]:
        """What a cursor is bound to: the moment passes from page to page."""
        return (str(self.state), str(self.assignee), self.late_at is not None)

    def conditions(self) -> Iterable[ColumnElement[bool]]:
        """As SQL."""
        if self.state is not None:
            yield Report.state == self.state
        if self.assignee is not None:
            yield Report.assignee == self.assignee
        if self.late_at is not None:
            yield and_(Report.deadline_at <= self.late_at, Report.stopped_at.is_(None))


async def find(session: AsyncSession, ref: str, *, lock: bool = False) -> Report | None:
    """By id or by number (LKS-…, however it was typed); None if there is none."""
    where = _is(ref)
    if where is None:
        return None
    statement = select(Report).where(where)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(statement)).scalar_one_or_none()


async def public_page(session: AsyncSession, filters: Filters, limit: int, cursor: str | None) -> Found:
    """Listed reports, newest first."""
    statement = _with_excerpt().where(*filters.conditions())
    return await _newest_first(session, statement, {"list": "public", "filters": filters}, limit, cursor)


async def page_of_citizen(session: AsyncSession, citizen_id: str, limit: int, cursor: str | None) -> Found:
    """Everything one citizen reported, newest first."""
    statement = _with_excerpt().where(Report.citizen_id == citizen_id)
    return await _newest_first(session, statement, {"list": "mine", "citizen": citizen_id}, limit, cursor)


async def nearby(
    session: AsyncSession, lat: float, lon: float, radius_m: int, limit: int
) -> Sequence[Row[Any]]:
    """Open listed reports within `radius_m` metres, nearest first, each with `distance_m`."""
    per_lon = _METRES_PER_DEGREE * max(math.cos(math.radians(lat)), 0.01)
    high, wide = radius_m / _METRES_PER_DEGREE, radius_m / per_lon
    centre = func.point(lon, lat)
    distance = func.sqrt(
        func.power((Report.lat - lat) * _METRES_PER_DEGREE, 2) + func.power((Report.lon - lon) * per_lon, 2)
    ).label("distance_m")
    statement = (
        _with_excerpt(distance)
        .where(Report.listed == true(), Report.closed_at.is_(None), distance <= radius_m)
        .where(_within(Box(lon - wide, lat - high, lon + wide, lat + high)))
        .order_by(_PLACE.op("<->")(centre))
        .limit(limit)
    )
    rows: Sequence[Row[Any]] = (await session.execute(statement)).all()
    return rows


async def agency_page(
    session: AsyncSession, agency: str, narrowed: Narrowed, limit: int, cursor: str | None
) -> Found:
    """An agency's open reports, the nearest deadline first; those in moderation are not yet its own."""
    where = [Report.agency == agency, Report.closed_at.is_(None), Report.state != State.MODERATION]
    filters = {"list": "agency", "agency": agency, "narrowed": narrowed.stable}
    return await _by_deadline(session, [*where, *narrowed.conditions()], filters, limit, cursor)


async def waiting_page(
    session: AsyncSession, role: str, agency: str | None, city_wide: bool, limit: int, cursor: str | None
) -> Found:
    """What waits for verifiers or moderators: the city's but for police matters, or one police unit's."""
    own = (Report.privacy == "police") & (Report.agency == agency)
    seen = or_(Report.privacy != "police", own) if city_wide else own
    filters = {"list": role, "agency": agency, "city_wide": city_wide}
    return await _by_deadline(session, [Report.waits_for == role, seen], filters, limit, cursor)


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


def _with_excerpt(*more: ColumnElement[Any]) -> Query:
    """Description as the public reads it; of a sealed one nothing."""
    first = and_(ReportText.report_id == Report.id, ReportText.version == 1, ReportText.kind == "description")
    statement: Query = select(*SUMMARY, _EXCERPT, *more)
    return statement.outerjoin(ReportText, first)


def _within(box: Box) -> ColumnElement[bool]:
    corners = func.box(func.point(box.west, box.south), func.point(box.east, box.north))
    return _PLACE.op("<@", is_comparison=True)(corners)


async def _newest_first(
    session: AsyncSession, statement: Query, filters: dict[str, Any], limit: int, cursor: str | None
) -> Found:
    if cursor is not None:
        statement = statement.where(tuple_(Report.received_at, Report.id) < _position(cursor, filters))
    ordered = statement.order_by(Report.received_at.desc(), Report.id.desc()).limit(limit + 1)
    return _page((await session.execute(ordered)).all(), limit, filters, "received_at")


async def _by_deadline(
    session: AsyncSession,
    where: Iterable[ColumnElement[bool]],
    filters: dict[str, Any],
    limit: int,
    cursor: str | None,
) -> Found:
    statement = _with_excerpt().where(*where)
    if cursor is not None:
        statement = statement.where(tuple_(Report.deadline_at, Report.id) > _position(cursor, filters))
    ordered = statement.order_by(Report.deadline_at, Report.id).limit(limit + 1)
    return _page((await session.execute(ordered)).all(), limit, filters, "deadline_at")


def _page(rows: Sequence[Row[Any]], limit: int, filters: dict[str, Any], column: str) -> Found:
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], paging.encode((getattr(last, column).isoformat(), last.id), filters)


def _position(cursor: str, filters: dict[str, Any]) -> Any:
    moment, report_id = paging.decode(cursor, filters, 2)
    try:
        return tuple_(paging.moment(moment), UUID(report_id))
    except (TypeError, ValueError, AttributeError) as error:
        raise BadCursor from error
