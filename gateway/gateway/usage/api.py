"""HTTP of this slice."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from gateway.clients import usecases as clients
from gateway.clients.rules import CODE
from gateway.usage import queries, usecases
from gateway.usage.rules import period
from gateway.usage.schemas import ClientDayOut, ClientUsageOut, client_day
from shared import paging
from shared.auth import Allow, Caller, Staff
from shared.db import Db
from shared.errors import BadCursor
from shared.replies import reply
from shared.routes import CityRouter
from shared.runtime import Run
from shared.schemas import Day, Page

router = CityRouter(tags=["administration"])
Reader = Annotated[Caller, Allow(Staff("admin", "ops"))]
_Code = Annotated[str, Path(pattern=CODE, description="The front end's code")]


@router.get("/v1/admin/clients/{code}/usage", response_model=ClientUsageOut)
async def read_usage(
    code: _Code,
    request: Request,
    session: Db,
    run: Run,
    caller: Reader,
    since: Annotated[Day | None, Query(alias="from", description="Default: 30 days until `to`")] = None,
    until: Annotated[Day | None, Query(alias="to", description="Included; default: today")] = None,
) -> Response:
    """How a front end used its key, day by day (400 days are kept), and what its apps said they are."""
    await clients.read(session, code)
    first, last = period(since, until, run.clock.now().astimezone(run.city.zone).date())
    days, seen = await usecases.between(session, run, code, first, last)
    return reply(request, ClientUsageOut(client=code, since=first, until=last, days=days, seen=seen))


@router.get("/v1/admin/usage", response_model=Page[ClientDayOut])
async def list_usage(
    request: Request,
    session: Db,
    run: Run,
    caller: Reader,
    day: Annotated[Day | None, Query(description="Default: today")] = None,
    limit: paging.Limit = 20,
    cursor: paging.CursorText = None,
) -> Response:
    """Every front end that was used on a day, the busiest first."""
    wanted = day or run.clock.now().astimezone(run.city.zone).date()
    filters = {"list": "usage", "day": wanted}
    rows = await queries.clients_of(session, wanted, _place(cursor, filters), limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    following = last and paging.encode([int(last.requests), last.client], filters)
    items = [client_day(row, run) for row in rows[:limit]]
    return reply(request, Page[ClientDayOut](items=items, next=following))


def _place(cursor: str | None, filters: dict[str, object]) -> tuple[int, str] | None:
    if cursor is None:
        return None
    requests, code = paging.decode(cursor, filters, 2)
    if type(requests) is not int or not 0 <= requests < 2**63:
        raise BadCursor
    return requests, paging.word(code)
