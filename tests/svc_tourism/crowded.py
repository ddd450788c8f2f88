"""A city full of places, written straight into the table: spread like people, with hours like theirs."""

import gc
import random
from collections.abc import Sequence
from typing import Any

import asyncpg
from sqlalchemy import insert

from shared.ids import new_id
from shared.runtime import Runtime
from svc_tourism.pack import PlaceCategories
from svc_tourism.places import rules
from svc_tourism.places.models import Place

HOURS = (
    "24/7", "08:00-17:00", "Mo-Fr 08:00-16:00; PH closed", "Tu-Su 09:00-15:00; Mo closed", "18:00-02:00",
    "Mo-Sa 08:00-20:00; Fr 08:00-11:30,13:00-20:00", "sunrise-sunset", None,
)  # fmt: skip
#: How often a kind is met: there are many mosques and cash machines, and hardly a museum.
WEIGHTS = {"museum": 1, "station": 1, "hospital": 2, "place_of_worship": 60, "culinary": 80, "atm": 30}
_AT_ONCE = 2_000


async def fill(run: Runtime, owner_url: str, count: int, seed: int = 1) -> None:
    """So many listed places, the same ones for the same seed; the planner knows of them."""
    chance = random.Random(seed)
    codes = list(run.part(PlaceCategories).by_code)
    for start in range(0, count, _AT_ONCE):
        rows = [_row(run, chance, codes, n) for n in range(start, min(start + _AT_ONCE, count))]
        async with run.database.transaction() as session:
            await session.execute(insert(Place), rows)
    owner = await asyncpg.connect(owner_url)
    try:
        await owner.execute("VACUUM ANALYZE places")
    finally:
        await owner.close()


def as_served() -> None:
    """The collector as a serving process has it (shared.serve): it would walk the whole test run else."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _row(run: Runtime, chance: random.Random, codes: Sequence[str], number: int) -> dict[str, Any]:
    village = chance.choice(run.city.areas.villages)
    spread = village.area_km2**0.5 / 111 / 2
    lat, lon = village.lat + chance.gauss(0, spread / 2), village.lon + chance.gauss(0, spread / 2)
    x, y = rules.plane_of(run.city.bounding_box).metres(lat, lon)
    (category,) = chance.choices(codes, [WEIGHTS.get(code, 5) for code in codes])
    name = f"{chance.choice(('Warung', 'Masjid', 'Pasar', 'Taman', 'Toko'))} Demo {number}"
    now = run.clock.now()
    return {
        "id": new_id(), "slug": f"demo-{number}", "version": 1, "status": "published", "listed": True,
        "category": category, "name": {"id": name, "en": name}, "name_key": rules.name_key(name),
        "description": {"id": "Demo: tempat untuk mengukur.", "en": "Demo: a place to measure with."},
        "lat": lat, "lon": lon, "x": x, "y": y, "village": village.code, "district": village.district.code,
        "approximate": True, "opening_hours": chance.choice(HOURS), "wheelchair": "unknown",
        "accessibility": {}, "contact": {}, "tags": {"demo": "yes"}, "photos": [], "source": "demo",
        "facts": {"location": rules.fact("demo")}, "rating_count": 0, "rating_sum": 0,
        "created_at": now, "updated_at": now, "published_at": now,
    }  # fmt: skip
