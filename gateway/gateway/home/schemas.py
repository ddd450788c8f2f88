"""What travels over HTTP."""

from collections.abc import Sequence
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict
from sqlalchemy import Row

from gateway.declarations.usecases import State
from shared.schemas import Moment, Out

#: A section that is well, one whose owner does not answer, and one that was never had.
_EXAMPLE: JsonDict = {
    "sections": [
        {
            "name": "demo",
            "title": "Contoh",
            "status": "ok",
            "as_of": "2026-02-02T09:00:00.000+07:00",
            "menu": "demo",
            "more": True,
            "items": [{"id": "demo-1", "title": "Contoh", "link": "/v1/demo/demo-1"}],
        },
        {
            "name": "demo_stale",
            "title": "Contoh yang lama",
            "status": "stale",
            "as_of": "2026-02-02T08:15:00.000+07:00",
            "menu": None,
            "more": False,
            "items": [{"id": "demo-2", "title": "Contoh"}],
        },
        {
            "name": "demo_away",
            "title": "Contoh yang tidak ada",
            "status": "unavailable",
            "as_of": None,
            "menu": None,
            "more": False,
            "items": [],
        },
    ],
    "area": {"code": "demo", "name": "Contoh"},
}


class AreaOut(Out):
    """The village that was taken for the place sent."""

    code: str = Field(description="Of the village, as the city's list of areas has it")
    name: str


class SectionOut(Out):
    """One section. `status`: ok, stale (its owner does not answer) or unavailable.

    `as_of` is since when it says this; of a stale one, when its owner last answered. `more`: there are more
    items than these. `menu` opens them.
    """

    name: str
    title: str
    status: State
    as_of: Moment | None
    menu: str | None
    more: bool
    items: Sequence[dict[str, Any]]


class HomeOut(Out):
    """The `sections` in their order; `area` is where those that depend on a place were looked for."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    sections: Sequence[SectionOut]
    area: AreaOut | None


class MyRequestOut(Out):
    """Something I asked the city for that is not done yet."""

    id: str
    kind: str
    number: str
    title: str
    state: str
    state_label: str
    next_step: str
    due_at: Moment | None
    link: str

    @classmethod
    def of(cls, row: Row[Any], language: str, zone: ZoneInfo) -> Self:
        """In one language, its times in the city's zone."""
        texts = {name: getattr(row, name) for name in ("title", "state_label", "next_step")}
        return cls(
            id=row.entity_id,
            kind=row.kind,
            number=row.number,
            state=row.state,
            due_at=row.due_at and row.due_at.astimezone(zone),
            link=row.link,
            **{name: text.get(language) or text.get("id", "") for name, text in texts.items()},
        )
