"""How what was found is shown."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from gateway.search.rules.words import marks
from gateway.search.schemas import FoundOut, HighlightsOut, HitOut, TypeOut, TypesOut
from gateway.search.usecases import Found
from shared.schemas import Point


def found_out(found: Found, language: str, zone: ZoneInfo) -> FoundOut:
    """One page in one language, Indonesian where there is no other."""
    items = [_hit(row, language, zone) for row in found.rows]
    return FoundOut(items=items, next=found.next, did_you_mean=found.did_you_mean)


def types_out(rows: Sequence[tuple[str, str, int]]) -> TypesOut:
    """Kinds of several publishers meet under one type; rows are (type, kind, how many), by type."""
    items = []
    for name, same in groupby(rows, lambda row: row[0]):
        kinds = list(same)
        items.append(
            TypeOut(type=name, kinds=[kind for _, kind, _ in kinds], count=sum(n for *_, n in kinds))
        )
    return TypesOut(items=items)


def _hit(row: Row[Any], language: str, zone: ZoneInfo) -> HitOut:
    title, summary = _text(row.title, language), _text(row.summary, language)
    matched = set(row.matched)
    return HitOut(
        type=row.type,
        kind=row.kind,
        id=row.id,
        title=title,
        summary=summary,
        highlights=HighlightsOut(title=marks(title, matched), summary=marks(summary, matched)),
        url=row.url,
        point=Point(lat=row.lat, lon=row.lon) if row.lat is not None else None,
        distance_m=row.distance_m,
        area=row.area,
        published_at=row.published_at.astimezone(zone),
        starts_at=row.starts_at and row.starts_at.astimezone(zone),
        ends_at=row.ends_at and row.ends_at.astimezone(zone),
        source=row.source,
    )


def _text(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or texts.get("id") or texts.get("en", "")
