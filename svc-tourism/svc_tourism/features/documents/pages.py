"""Landing page, conformance, collections and queryables, with the links that lead through them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from shared.runtime import Runtime
from svc_tourism.areas.usecases import AreaShapes
from svc_tourism.features.documents.collections import Collection, Collections
from svc_tourism.features.documents.geojson import MEDIA_TYPE, Writer
from svc_tourism.settings import TourismSettings

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
SCHEMA = "application/schema+json"
_CONF = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf"
_QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
Page = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows of one page, the question they answer, how many match it, and the cursor of the next page."""

    collection: Collection
    asked: Sequence[tuple[str, str]]
    rows: Sequence[Any]
    matched: int | None
    following: str | None


class Pages:
    """All pages in one language; every address is absolute and begins with PUBLIC_URL."""

    def __init__(self, run: Runtime, language: str) -> None:
        settings = run.settings
        assert isinstance(settings, TourismSettings)
        self._run, self._language, self._licence = run, language, settings.open_data_licence
        self.base = run.settings.public_url.rstrip("/")
        self.root = f"{self.base}/ogc"

    def landing(self) -> Page:
        """Where a map program begins."""
        return {
            "title": self._text("ogc.title").format(city=self._run.city.name.text(self._language)),
            "description": self._text("ogc.description"),
            "links": [
                self._link("self", "", "application/json"),
                self._link("service-desc", "/api", OPENAPI),
                link("service-doc", f"{self.base}/docs", "text/html"),
                self._link("conformance", "/conformance", "application/json"),
                self._link("data", "/collections", "application/json"),
                link("describedby", f"{self.base}/catalog.jsonld", "application/ld+json"),
            ],
        }

    def conformance(self) -> Page:
        """The classes of the standard that hold here."""
        return {"conformsTo": [f"{_CONF}/{name}" for name in ("core", "oas30", "geojson")]}

    def collections(self, found: Collections) -> Page:
        """All of them."""
        return {
            "links": [self._link("self", "/collections", "application/json")],
            "collections": [self.collection(each) for each in found.listed],
        }

    def collection(self, collection: Collection) -> Page:
        """One of them."""
        here = f"/collections/{collection.id}"
        return {
            "id": collection.id,
            "title": collection.title.text(self._language),
            "description": collection.description.text(self._language),
            "extent": {
                "spatial": {"bbox": [self._extent(collection)], "crs": CRS84},
                **({"temporal": {"interval": [[None, None]]}} if collection.timed else {}),
            },
            "itemType": "feature",
            "crs": [CRS84],
            "storageCrs": CRS84,
            "links": [
                self._link("self", here, "application/json"),
                self._link("items", f"{here}/items", MEDIA_TYPE),
                self._link(_QUERYABLES, f"{here}/queryables", SCHEMA),
                link("license", collection.licence or self._licence, "text/html"),
            ],
        }

    def _extent(self, collection: Collection) -> list[float]:
        """A box that holds every geometry of the collection (/req/core/fc-md-extent)."""
        box = self._run.city.bounding_box
        if collection.source != "areas":
            return [box.west, box.south, box.east, box.north]
        shapes: AreaShapes = self._run.part(AreaShapes)
        return shapes.extent("village" if collection.of == "village" else "district")

    def queryables(self, collection: Collection) -> Page:
        """The properties one can filter by, as a JSON schema."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"{self.root}/collections/{collection.id}/queryables",
            "type": "object",
            "title": collection.title.text(self._language),
            "properties": {
                name: {"title": self._text(f"queryable.{name}"), "type": "string"}
                for name in collection.queryables
            },
            "additionalProperties": False,
        }

    def features(self, listing: Listing, now: datetime) -> Page:
        """One page of features. `timeStamp` is the minute in which it was made: repeats are the same bytes.

        `numberMatched` is left out where there are more than are counted, as the standard allows.
        """
        writer = Writer(self._run)
        made = [writer.feature(listing.collection, row) for row in listing.rows]
        return {
            "type": "FeatureCollection",
            "timeStamp": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:00Z"),
            **({} if listing.matched is None else {"numberMatched": listing.matched}),
            "numberReturned": len(made),
            "links": self._links_of(listing),
            "features": made,
        }

    def feature(self, collection: Collection, row: Any) -> Page:
        """One feature."""
        made = Writer(self._run).feature(collection, row)
        here = f"/collections/{collection.id}"
        links = [
            self._link("self", f"{here}/items/{made['id']}", MEDIA_TYPE),
            self._link("collection", here, "application/json"),
        ]
        return made | {"links": links}

    def _links_of(self, listing: Listing) -> list[Mapping[str, str]]:
        """To this page, to the collection, and to the next page if there is one: whole in itself."""
        here = f"/collections/{listing.collection.id}"
        links = [
            self._link("self", _with(f"{here}/items", listing.asked), MEDIA_TYPE),
            self._link("collection", here, "application/json"),
        ]
        if listing.following is not None:
            asked = [*(pair for pair in listing.asked if pair[0] != "cursor"), ("cursor", listing.following)]
            links.append(self._link("next", _with(f"{here}/items", asked), MEDIA_TYPE))
        return links

    def _link(self, rel: str, path: str, kind: str) -> Mapping[str, str]:
        return link(rel, f"{self.root}{path}", kind)

    def _text(self, key: str) -> str:
        return self._run.texts.get(key, self._language)


def link(rel: str, href: str, kind: str) -> Mapping[str, str]:
    """A link as OGC API writes it."""
    return {"rel": rel, "type": kind, "href": href}


def _with(path: str, asked: Sequence[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(asked)}" if asked else path
