"""Lists of reports by keyset, each on an index of its own: a page costs the same among a million."""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Text,
    and_,
    column,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from shared import paging
from shared.errors import BadCursor
from svc_laksa.reports.models import Report, ReportText
from svc_laksa.reports.queries.filters import PLACE, Filters, Narrowed
from svc_laksa.reports.rules import State

_METRES_PER_DEGREE = 111_195.0
_FAR = datetime(2100, 1, 1, tzinfo=UTC)
"""Later than any report, and near enough that microseconds still differ in the index's distances."""
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


async def public_page(session: AsyncSession, filters: Filters, limit: int, cursor: str | None) -> Found:
    """Listed reports, newest first."""
    bound = {"list": "public", "filters": filters}
    if filters == Filters(filters.categories) and len(filters.categories) > 1:
        return await _newest_of_group(session, filters, bound, limit, cursor)
    if filters.box is not None:
        return await _newest_in_box(session, filters, bound, limit, cursor)
    return await _newest_first(session, _with_excerpt().where(*filters.conditions()), bound, limit, cursor)


async def page_of_citizen(session: AsyncSession, citizen_id: str, limit: int, cursor: str | None) -> Found:
    """Everything one citizen reported, newest first."""
    statement = _with_excerpt().where(Report.citizen_id == citizen_id)
    return await _newest_first(session, statement, {"list": "mine", "citizen": citizen_id}, limit, cursor)


async def nearby(
    session: AsyncSession, lat: float, lon: float, radius_m: int, limit: int
) -> Sequence[Row[Any]]:
    """Open listed reports within `radius_m` metres, nearest first, each with `distance_m`."""
    per_lon = _METRES_PER_DEGREE * max(math.cos(math.radians(lat)), 0.01)
    nearest = (
        select(Report.id)
        .where(Report.listed == true(), Report.closed_at.is_(None))
        .order_by(PLACE.op("<->")(func.point(lon, lat)))
        .limit(limit)
        .subquery()
    )
    north, east = (Report.lat - lat) * _METRES_PER_DEGREE, (Report.lon - lon) * per_lon
    distance = func.sqrt(north * north + east * east).label("distance_m")
    found = _with_excerpt(distance).join(nearest, nearest.c.id == Report.id)
    statement = found.where(distance <= radius_m).order_by(distance, Report.id)
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


def _with_excerpt(*more: ColumnElement[Any]) -> Query:
    """Description as the public reads it; of a sealed one nothing."""
    first = and_(ReportText.report_id == Report.id, ReportText.version == 1, ReportText.kind == "description")
    statement: Query = select(*SUMMARY, _EXCERPT, *more)
    return statement.outerjoin(ReportText, first)


async def _newest_in_box(
    session: AsyncSession, filters: Filters, bound: dict[str, Any], limit: int, cursor: str | None
) -> Found:
    """The GiST index of place and time gives what is nearest to a far day, inside the box alone."""
    statement = _with_excerpt().where(*filters.conditions())
    if cursor is not None:
        moment, report_id = _position(cursor, bound)
        statement = statement.where(Report.received_at <= moment, _before(moment, report_id))
    ordered = statement.order_by(Report.received_at.op("<->")(_FAR), Report.id.desc()).limit(limit + 1)
    return _page((await session.execute(ordered)).all(), limit, bound, "received_at")


async def _newest_of_group(
    session: AsyncSession, filters: Filters, bound: dict[str, Any], limit: int, cursor: str | None
) -> Found:
    """The newest of each category, from its own index, and of these the newest."""
    codes = literal(list(filters.categories), ARRAY(Text))
    group = func.unnest(codes).table_valued(column("code", Text)).render_derived()
    each = select(Report.id, Report.received_at).where(
        Report.category == group.c.code, Report.listed == true()
    )
    if cursor is not None:
        each = each.where(_before(*_position(cursor, bound)))
    newest = _newest(each, Report, limit).correlate(group).lateral()
    picked = _newest(select(newest.c.id).select_from(group, newest), newest.c, limit).subquery()
    ordered = _newest(_with_excerpt().join(picked, picked.c.id == Report.id), Report, limit)
    return _page((await session.execute(ordered)).all(), limit, bound, "received_at")


async def _newest_first(
    session: AsyncSession, statement: Query, filters: dict[str, Any], limit: int, cursor: str | None
) -> Found:
    if cursor is not None:
        statement = statement.where(_before(*_position(cursor, filters)))
    ordered = _newest(statement, Report, limit)
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
        statement = statement.where(
            tuple_(Report.deadline_at, Report.id) > tuple_(*_position(cursor, filters))
        )
    ordered = statement.order_by(Report.deadline_at, Report.id).limit(limit + 1)
    return _page((await session.execute(ordered)).all(), limit, filters, "deadline_at")


def _page(rows: Sequence[Row[Any]], limit: int, filters: dict[str, Any], column: str) -> Found:
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], paging.encode((getattr(last, column).isoformat(), last.id), filters)


def _newest(statement: Query, source: Any, limit: int) -> Query:
    """Newest first, one more than asked for: it tells whether there is a next page."""
    return statement.order_by(source.received_at.desc(), source.id.desc()).limit(limit + 1)


def _before(moment: datetime, report_id: UUID) -> ColumnElement[bool]:
    return tuple_(Report.received_at, Report.id) < tuple_(moment, report_id)


def _position(cursor: str, filters: dict[str, Any]) -> tuple[datetime, UUID]:
    moment, report_id = paging.decode(cursor, filters, 2)
    try:
        return paging.moment(moment), UUID(report_id)
    except (TypeError, ValueError, AttributeError) as error:
        raise BadCursor from error
