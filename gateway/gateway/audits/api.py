"""HTTP of this slice."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from gateway.audits import queries
from gateway.audits.models import Audit
from gateway.audits.schemas import AuditOut
from gateway.people import usecases as people
from gateway.vault import Vault
from shared import paging
from shared.auth import Allow, Caller, Staff
from shared.db import Db
from shared.errors import BadCursor
from shared.replies import reply
from shared.routes import CityRouter
from shared.runtime import Run, Runtime
from shared.schemas import Line, Moment, Page

router = CityRouter(tags=["administration"])


async def _filters(
    subject: Annotated[Line | None, Query(description="Such as `client:web`")] = None,
    actor: Annotated[Line | None, Query(description="An id of a member of staff, or `command`")] = None,
    action: Annotated[Line | None, Query(description="Such as `client_disabled`")] = None,
    since: Annotated[Moment | None, Query(alias="from", description="Including this moment")] = None,
    until: Annotated[Moment | None, Query(alias="to", description="Before this moment")] = None,
) -> queries.Wanted:
    return queries.Wanted(subject, actor, action, since, until)


@router.get("/v1/admin/audits", response_model=Page[AuditOut])
async def list_audits(
    request: Request,
    session: Db,
    run: Run,
    caller: Annotated[Caller, Allow(Staff("admin"))],
    wanted: Annotated[queries.Wanted, Depends(_filters)],
    limit: paging.Limit = 20,
    cursor: paging.CursorText = None,
) -> Response:
    """What administrators did, newest first: who, when, what, to what. Nobody can change or remove a line.

    The names of members of staff are read for this answer; the lines themselves hold their ids alone.
    """
    filters = {"list": "audits", **{n: str(getattr(wanted, n)) for n in queries.Wanted.__slots__}}
    rows = await queries.page(session, wanted, _place(cursor, filters), limit + 1)
    following = paging.encode([rows[limit - 1].id], filters) if len(rows) > limit else None
    ids = {each for row in rows[:limit] for each in (row.actor, _staff(row.subject))}
    known = await people.names(session, ids, run.part(Vault))
    items = [_line(row, run, known) for row in rows[:limit]]
    return reply(request, Page[AuditOut](items=items, next=following))


def _line(row: Audit, run: Runtime, known: Mapping[str, str]) -> AuditOut:
    at: datetime = row.at.astimezone(run.city.zone)
    shown = {name: getattr(row, name) for name in ("id", "actor", "action", "subject", "facts")}
    named = {"actor_name": known.get(row.actor), "subject_name": known.get(_staff(row.subject))}
    return AuditOut(at=at, **shown, **named)


def _staff(subject: str) -> str:
    """The id in `staff:<id>`; nothing for any other subject."""
    kind, _, staff_id = subject.partition(":")
    return staff_id if kind == "staff" else ""


def _place(cursor: str | None, filters: dict[str, Any]) -> UUID | None:
    if cursor is None:
        return None
    (last,) = paging.decode(cursor, filters, 1)
    try:
        return UUID(str(last))
    except ValueError as error:
        raise BadCursor from error
