"""HTTP of this slice."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from sqlalchemy import Row

from gateway.requests import queries
from gateway.requests.queries import Place, Show
from gateway.requests.schemas import RequestOut
from shared import paging
from shared.auth import Allow, Caller, Citizen
from shared.db import Db
from shared.replies import reply
from shared.routes import CityRouter
from shared.runtime import Run
from shared.schemas import Page

router = CityRouter(tags=["requests"])


@router.get("/v1/me/requests", response_model=Page[RequestOut])
async def mine(
    session: Db,
    run: Run,
    request: Request,
    caller: Annotated[Caller, Allow(Citizen)],
    state: Show | None = None,
    limit: paging.Limit = 20,
    cursor: paging.CursorText = None,
) -> Response:
    """Everything I asked the city for, over all services, last changed first."""
    language = request.scope["city"].language
    filters = {"citizen": caller.person, "state": state}
    before, now = _place(cursor, filters), run.clock.now()
    rows = await queries.of_citizen(session, caller.person, state, before=before, limit=limit + 1, now=now)
    return reply(request, _page(rows, limit, filters, language, run.city.zone))


def _page(
    rows: Any, limit: int, filters: dict[str, str | None], language: str, zone: ZoneInfo
) -> Page[RequestOut]:
    shown = rows[:limit]
    last = shown[-1] if len(rows) > limit else None
    following = last and paging.encode([last.updated_at.isoformat(), last.kind, last.entity_id], filters)
    return Page(items=[_out(row, language, zone) for row in shown], next=following)


def _out(row: Row[Any], language: str, zone: ZoneInfo) -> RequestOut:
    texts = {name: getattr(row, name) for name in ("title", "state_label", "next_step")}
    return RequestOut(
        id=row.entity_id,
        kind=row.kind,
        number=row.number,
        state=row.state,
        due_at=row.due_at and row.due_at.astimezone(zone),
        link=row.link,
        closed=row.closed,
        updated_at=row.updated_at.astimezone(zone),
        **{name: text.get(language) or text.get("id", "") for name, text in texts.items()},
    )


def _place(cursor: str | None, filters: dict[str, str | None]) -> Place | None:
    if cursor is None:
        return None
    at, kind, entity_id = paging.decode(cursor, filters, 3)
    return paging.moment(at), paging.word(kind), paging.word(entity_id)
