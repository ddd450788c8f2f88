"""A map to read: places written straight into the table, documents of other services as their events."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import insert

from shared.events.event import Envelope
from shared.ids import new_id
from shared.runtime import Runtime
from svc_tourism.features import usecases
from svc_tourism.places.models import Place
from svc_tourism.places.rules import plane_of

NOON = datetime(2026, 2, 1, 5, 0, tzinfo=UTC)
KINDS = ("sight", "culinary", "fuel", "hospital", "atm")


class Atlas:
    """The service, a client of it, and the places it was given."""

    def __init__(self, app: FastAPI, client: AsyncClient) -> None:
        self.run: Runtime = app.state.runtime
        self.client = client

    async def get(self, path: str, **headers: str) -> Any:
        """A GET below /ogc that must succeed: its JSON."""
        answer = await self.client.get(path if path.startswith("http") else f"/ogc{path}", headers=headers)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    async def every_page(self, path: str) -> list[dict[str, Any]]:
        """All pages, by their `next` links alone."""
        pages = [await self.get(path)]
        while following := [link["href"] for link in pages[-1]["links"] if link["rel"] == "next"]:
            pages.append(await self.get(following[0]))
        return pages

    async def every_feature(self, path: str) -> list[dict[str, Any]]:
        """The features of all pages."""
        return [feature for page in await self.every_page(path) for feature in page["features"]]

    async def place(self, count: int, start: int = 0, **more: Any) -> Sequence[UUID]:
        """So many listed places, spread over the villages and the kinds."""
        rows = [self.row(number, **more) for number in range(start, start + count)]
        async with self.run.database.transaction() as session:
            await session.execute(insert(Place), rows)
        return [row["id"] for row in rows]

    def row(self, number: int, **more: Any) -> dict[str, Any]:
        """One place, at the middle of a village moved by some metres."""
        villages = self.run.city.areas.villages
        village = villages[number % len(villages)]
        lat, lon = village.lat + (number % 71) * 1e-4, village.lon + (number % 83) * 1e-4
        x, y = plane_of(self.run.city.bounding_box).metres(lat, lon)
        name = f"Demo {number}"
        row = {
            "id": new_id(), "slug": f"demo-{new_id().hex}", "version": 1, "status": "published",
            "listed": True, "category": KINDS[number % len(KINDS)], "source": "demo",
            "name": {"id": name, "en": f"Sample {number}"}, "name_key": name.lower(),
            "description": {"id": "Tempat demo", "en": "A demo place"},
            "lat": lat, "lon": lon, "x": x, "y": y, "approximate": True,
            "village": village.code, "district": village.district.code,
            "wheelchair": "unknown", "accessibility": {}, "contact": {}, "tags": {"demo": "yes"},
            "photos": [], "facts": {}, "rating_count": 0, "rating_sum": 0, "created_at": NOON,
            "updated_at": NOON + timedelta(minutes=number), "published_at": NOON,
        }  # fmt: skip
        return row | more

    async def told(self, event: Envelope) -> bool:
        """What becomes of an event, as the subscription hands it on."""
        take = usecases.take if event.name.startswith("document_published") else None
        async with self.run.database.transaction() as session:
            if take is not None:
                return await take(session, self.run, event, now=self.run.clock.now())
            return await usecases.withdraw(session, event, now=self.run.clock.now())


def published(kind: str = "laksa_report", number: int = 1, version: int = 1, **more: Any) -> Envelope:
    """A document of another service, in Karawaci unless something else is said."""
    data = {
        "kind": kind,
        "id": f"{kind}-{number:05}",
        "title": {"id": f"Judul {number}", "en": f"Title {number}"},
        "summary": {"id": "Demo", "en": "Demo"},
        "point": {"lat": -6.1790 + number * 1e-4, "lon": 106.6100 + number * 1e-4},
        "area": None,
        "url": f"/v1/{kind.partition('_')[0]}/{number}",
        "published_at": NOON.isoformat(),
        "expires_at": None,
    }
    return _event(kind, "document_published.v1", version, data | more)


def withdrawn(kind: str = "laksa_report", number: int = 1, version: int = 2) -> Envelope:
    """It is public no longer."""
    return _event(kind, "document_withdrawn.v1", version, {"kind": kind, "id": f"{kind}-{number:05}"})


def _event(kind: str, name: str, version: int, data: dict[str, Any]) -> Envelope:
    publisher = kind.partition("_")[0]
    return Envelope(
        id=str(new_id()),
        source=f"//tangerang/svc-{publisher}",
        type=f"{publisher}.{name}",
        subject=data["id"],
        time=NOON + timedelta(seconds=version),
        partitionkey=data["id"],
        entityversion=version,
        data=data,
    )
