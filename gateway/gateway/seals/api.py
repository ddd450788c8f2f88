"""HTTP of this slice."""

from collections.abc import Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Path, Request, Response
from sqlalchemy import Row

from gateway.seals import queries
from gateway.seals.schemas import SealOut
from shared import paging
from shared.auth import Allow, Anyone, Caller
from shared.db import Db
from shared.errors import BadCursor
from shared.replies import reply
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import Page

router = CityRouter(tags=["seals"])
_Name = Annotated[
    str, Path(pattern=r"^[a-z-]{1,40}$", description="A service: its short name, or `svc-` and that")
]


@router.get("/v1/ledger-seals/{service}", openapi_extra=x_city(key="none"), response_model=Page[SealOut])
async def seals(
    service: _Name,
    request: Request,
    session: Db,
    run: Run,
    caller: Annotated[Caller, Allow(Anyone)],
    limit: paging.Limit = 20,
    cursor: paging.CursorText = None,
) -> Response:
    """The seals of a service's ledger, newest first: they prove that nothing was cut off its end."""
    name = service.removeprefix("svc-")
    before = _place(cursor, {"service": name})
    rows = await queries.of_service(session, name, before=before, limit=limit + 1)
    return reply(request, _page(rows, limit, name, run.city.zone), public=True)


def _page(rows: Sequence[Row[Any]], limit: int, service: str, zone: ZoneInfo) -> Page[SealOut]:
    shown, last = rows[:limit], rows[limit - 1] if len(rows) > limit else None
    items = [SealOut(seq=row.seq, hash=row.hash.hex(), at=row.at.astimezone(zone)) for row in shown]
    following = last and paging.encode([last.seq, last.hash.hex()], {"service": service})
    return Page(items=items, next=following)


def _place(cursor: str | None, filters: dict[str, str]) -> tuple[int, bytes] | None:
    if cursor is None:
        return None
    seq, digest = paging.decode(cursor, filters, 2)
    try:
        digest = bytes.fromhex(digest)
    except (ValueError, TypeError) as error:
        raise BadCursor from error
    if type(seq) is not int or not 0 <= seq < 2**63:
        raise BadCursor
    return seq, digest
