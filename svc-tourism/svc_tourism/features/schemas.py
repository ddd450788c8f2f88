"""What the document says of the answers; they are written as bytes (documents/geojson.py)."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from shared.schemas import Out


class LinkOut(Out):
    """RFC 8288 in JSON, as OGC API writes it."""

    rel: str
    href: str
    type: str


class LandingOut(Out):
    """The landing page."""

    title: str
    description: str
    links: Sequence[LinkOut]


class ConformanceOut(Out):
    """URIs of conformance classes."""

    conforms_to: Sequence[str] = Field(serialization_alias="conformsTo")


class CollectionOut(Out):
    """One collection."""

    id: str
    title: str
    description: str
    extent: dict[str, Any]
    item_type: Literal["feature"] = Field(serialization_alias="itemType")
    crs: Sequence[str]
    links: Sequence[LinkOut]


class CollectionsOut(Out):
    """All collections."""

    links: Sequence[LinkOut]
    collections: Sequence[CollectionOut]


class QueryablesOut(Out):
    """A JSON schema of what can be filtered by."""

    type: Literal["object"]
    title: str
    properties: dict[str, Any]


class FeatureOut(Out):
    """A GeoJSON feature (RFC 7946): longitude before latitude."""

    type: Literal["Feature"]
    id: str
    geometry: dict[str, Any] | None
    properties: dict[str, Any]


class FeaturesOut(Out):
    """One page. `numberMatched` is missing beyond 10,000 (5,000 in a box): they are not counted."""

    type: Literal["FeatureCollection"]
    time_stamp: str = Field(serialization_alias="timeStamp")
    number_matched: int | None = Field(default=None, serialization_alias="numberMatched")
    number_returned: int = Field(serialization_alias="numberReturned")
    links: Sequence[LinkOut]
    features: Sequence[FeatureOut]
