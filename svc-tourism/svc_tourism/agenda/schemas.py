"""Events of the agenda over HTTP."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Query

from shared.city.areas import District
from shared.errors import FieldError, Unprocessable
from shared.runtime import Run
from shared.schemas import Labelled, Latitude, Longitude, Out, Point
from svc_tourism.agenda.rules import Around
from svc_tourism.places.documents import Words


class EventOut(Out):
    """An event, as the news told of it; `url` is where it is read whole, `source` is `demo` if made up.

    `ends_at` is null where nobody told it; `listed_until` is when it leaves this list.
    """

    id: str
    title: str
    summary: str
    url: str
    point: Point | None
    village: Labelled | None
    district: Labelled | None
    published_at: datetime
    starts_at: datetime | None
    ends_at: datetime | None
    listed_until: datetime
    source: str | None
    distance_m: int | None

    @classmethod
    def of(cls, row: Any, words: Words) -> "EventOut":
        """From a row of a list."""
        return cls(
            id=row.id,
            title=words.name(row.title),
            summary=words.name(row.summary),
            url=row.url,
            point=None if row.lat is None else Point(lat=row.lat, lon=row.lon),
            village=words.area(row.village) if row.village else None,
            district=words.area(row.district) if row.district else None,
            published_at=words.local(row.published_at),
            starts_at=words.local(row.starts_at) if row.starts_at else None,
            ends_at=words.local(row.over_at) if row.over_at else None,
            listed_until=words.local(row.ends_at),
            source=row.source,
            distance_m=None if row.apart is None else round(row.apart),
        )


async def _around(
    run: Run,
    place: Annotated[
        str | None, Query(pattern=r"^[A-Za-z0-9._-]{1,120}$", description="Around this place: its id or slug")
    ] = None,
    lat: Annotated[Latitude | None, Query()] = None,
    lon: Annotated[Longitude | None, Query()] = None,
    radius_m: Annotated[int, Query(ge=100, le=50_000)] = 3_000,
    district: Annotated[str | None, Query(max_length=40, description="A district's code")] = None,
) -> Around:
    if district is not None and not isinstance(run.city.areas.find(district), District):
        raise Unprocessable(errors=[FieldError("district", "unknown")])
    if (lat is None) != (lon is None):
        raise Unprocessable(errors=[FieldError("lat" if lat is None else "lon", "missing")])
    return Around(place, None if lat is None or lon is None else (lat, lon), radius_m, district)


AroundHere = Annotated[Around, Depends(_around)]
"""Where events are looked for."""
