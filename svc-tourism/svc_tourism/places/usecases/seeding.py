"""The first places, as the city pack gives them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.outbox import emit
from shared.ids import new_id
from shared.runtime import Runtime
from shared.seeds import Row, Seed
from svc_tourism.pack import load_places
from svc_tourism.places import documents, rules
from svc_tourism.places.models import Place


def places_of_the_pack() -> Seed:
    """places.csv, known by slug."""
    return Seed(
        source="places.csv",
        table=cast(Table, Place.__table__),
        key="slug",
        rows=lambda run: load_places(run.city),
        plant=_plant,
    )


async def _plant(session: AsyncSession, run: Runtime, rows: Sequence[Row], now: datetime) -> None:
    """Nobody of this city has checked them: their facts say where they are from, and no date."""
    for given in rows:
        row = _place(run, given, now)
        session.add(row)
        told = documents.of_publishing(run, row)
        await emit(session, *told, entity_id=str(row.id), entity_version=row.version, now=now)


def _place(run: Runtime, given: Row, now: datetime) -> Place:
    own: dict[str, Any] = {
        "id": new_id(),
        "version": 1,
        "name_key": rules.name_key(given["name"]["id"]),
        "approximate": run.city.areas.approximate,
        "address": None,
        "price": None,
        "accessibility": {},
        "photos": [],
        "facts": {group: rules.fact(given["source"]) for group in rules.groups_told(given)},
        "rating_count": 0,
        "rating_sum": 0,
        "created_at": now,
        "updated_at": now,
        "published_at": None,
    }
    row = Place(**given, **own)
    row.move_to(row.lat, row.lon, rules.plane_of(run.city.bounding_box))
    row.stand("published", now)
    return row
