"""Features as GeoJSON (RFC 7946), straight from rows: nothing between the database and the bytes."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from shared.runtime import Runtime
from svc_tourism.areas.usecases import AreaShape
from svc_tourism.features.documents.collections import Collection

_Feature = dict[str, Any]
MEDIA_TYPE = "application/geo+json"


class Writer:
    """Makes features of rows. Links are absolute: from PUBLIC_URL, never from the request."""

    def __init__(self, run: Runtime) -> None:
        self.base = run.settings.public_url.rstrip("/")
        self._zone, self._areas = run.city.zone, run.city.areas
        self._of: Mapping[str, Callable[[Any], _Feature]] = {
            "places": self._place,
            "documents": self._document,
            "areas": self._area,
        }

    def feature(self, collection: Collection, row: Any) -> _Feature:
        """One feature of the collection."""
        return self._of[collection.source](row)

    def _place(self, row: Any) -> _Feature:
        rated = round(row.rating_sum / row.rating_count, 2) if row.rating_count else None
        told = {
            "name": row.name,
            "category": row.category,
            "status": row.status,
            "description": row.description,
            "address": row.address,
            **self._names(row.village, row.district),
            "approximate": row.approximate,
            "opening_hours": row.opening_hours,
            "price": row.price,
            "entry_fee": row.entry_fee,
            "wheelchair": row.wheelchair,
            "website": row.website,
            "rating": rated,
            "reviews": row.rating_count,
            "tags": row.tags,
            "source": row.source,
            "attribution": row.attribution,
            "updated_at": self._local(row.updated_at),
            "url": f"{self.base}/v1/tourism/places/{row.id}",
        }
        return _point(str(row.id), row.lon, row.lat, told)

    def _document(self, row: Any) -> _Feature:
        told = {
            "title": row.title,
            "summary": row.summary,
            **self._names(row.village, row.district),
            "located": row.located,
            "publisher": row.kind.partition("_")[0],
            "source": row.source,
            "published_at": self._local(row.published_at),
            "expires_at": self._local(row.expires_at),
            "updated_at": self._local(row.updated_at),
            "url": f"{self.base}{row.url}" if row.url.startswith("/") else row.url,
        }
        return _point(row.id, row.lon, row.lat, told)

    def _area(self, row: AreaShape) -> _Feature:
        told = {
            "code": row.code,
            "name": row.name,
            "district": row.district,
            "district_name": row.district_name,
            "area_km2": row.area_km2,
            "approximate": row.approximate,
        }
        return {"type": "Feature", "id": row.code, "geometry": row.geometry, "properties": told}

    def _names(self, village: str | None, district: str | None) -> dict[str, str | None]:
        found = {"village": village, "district": district}
        for level, code in (("village", village), ("district", district)):
            area = self._areas.find(code) if code else None
            found[f"{level}_name"] = area.name if area else None
        return found

    def _local(self, moment: datetime | None) -> str | None:
        return moment.astimezone(self._zone).isoformat() if moment else None


def written(body: Any) -> bytes:
    """JSON without blanks, UTF-8."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _point(feature_id: str, lon: float, lat: float, properties: _Feature) -> _Feature:
    geometry = {"type": "Point", "coordinates": [lon, lat]}
    return {"type": "Feature", "id": feature_id, "geometry": geometry, "properties": properties}
