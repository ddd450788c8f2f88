"""The tables of places and of what became of them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.city.areas import Plane
from svc_tourism.db import Base
from svc_tourism.places import rules

_LISTED = text("listed")
AT = text("point(x, y)")
"""Metres on the city's plane (rules.plane_of): what nearest-neighbour and box queries order and filter by."""


class Place(Base):
    """One place. Texts are {"id": …, "en": …}; `facts` says of each group of facts who checked it and when.

    `x` and `y` are metres east and north, written with `lat` and `lon` (degrees, WGS 84). `name_key` is the
    Indonesian name in plain small letters: lists are ordered by it, and a prefix of it is found by index.
    `opening_hours` and `ramadan_hours` are in OSM's grammar, `hours_text` is what somebody wrote.
    `rating_sum` adds the stars of published reviews alone.
    """

    __tablename__ = "places"
    __table_args__ = (
        Index("ix_places_name", "name_key", "id", postgresql_where=_LISTED),
        Index("ix_places_category", "category", "name_key", "id", postgresql_where=_LISTED),
        Index("ix_places_district", "district", "name_key", "id", postgresql_where=_LISTED),
        Index(
            "ix_places_category_district", "category", "district", "name_key", "id", postgresql_where=_LISTED
        ),
        Index("ix_places_at", AT, postgresql_using="gist", postgresql_where=_LISTED),
        Index("ix_places_category_at", "category", AT, postgresql_using="gist", postgresql_where=_LISTED),
        Index("ix_places_district_at", "district", AT, postgresql_using="gist", postgresql_where=_LISTED),
        Index("ix_places_status", "status", "updated_at", "id"),
        Index("ix_places_features_category", "category", "id", postgresql_where=_LISTED),
        Index("ix_places_features_district", "district", "id", postgresql_where=_LISTED),
        Index("ix_places_features_village", "village", "id", postgresql_where=_LISTED),
        Index("ix_places_features_updated", "updated_at", "id", postgresql_where=_LISTED),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[Literal["draft", "published", "closed", "withdrawn"]] = mapped_column(Text)
    listed: Mapped[bool]

    category: Mapped[str]
    name: Mapped[dict[str, Any]]
    name_key: Mapped[str] = mapped_column(Text(collation="C"))
    description: Mapped[dict[str, Any]]
    lat: Mapped[float]
    lon: Mapped[float]
    x: Mapped[float]
    y: Mapped[float]
    village: Mapped[str]
    district: Mapped[str]
    approximate: Mapped[bool]
    address: Mapped[str | None]

    opening_hours: Mapped[str | None]
    ramadan_hours: Mapped[str | None]
    hours_text: Mapped[str | None]
    price: Mapped[dict[str, Any] | None]
    entry_fee: Mapped[int | None] = mapped_column(BigInteger)
    wheelchair: Mapped[Literal["yes", "limited", "no", "unknown"]] = mapped_column(Text)
    accessibility: Mapped[dict[str, Any]]
    contact: Mapped[dict[str, Any]]
    website: Mapped[str | None]
    tags: Mapped[dict[str, Any]]
    photos: Mapped[list[Any]]

    source: Mapped[str]
    attribution: Mapped[str | None]
    facts: Mapped[dict[str, Any]]
    rating_count: Mapped[int] = mapped_column(Integer)
    rating_sum: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    published_at: Mapped[datetime | None]

    def stand(self, status: Literal["draft", "published", "closed", "withdrawn"], now: datetime) -> None:
        """Takes this status; the first time it is listed is when it was published."""
        self.status, self.listed = status, status in rules.LISTED
        if self.listed and self.published_at is None:
            self.published_at = now

    def move_to(self, lat: float, lon: float, plane: Plane) -> None:
        """Lies there from now on, in degrees and in metres."""
        self.lat, self.lon = lat, lon
        self.x, self.y = plane.metres(lat, lon)

    def touch(self, now: datetime) -> None:
        """The next version."""
        self.version, self.updated_at = self.version + 1, now

    def rate(self, before: int | None, after: int | None) -> None:
        """A published review came, changed or went: stars before and after, None where there are none."""
        self.rating_count += (after is not None) - (before is not None)
        self.rating_sum += (after or 0) - (before or 0)


class PlaceRevision(Base):
    """What an editor did to a place, under the version it had then; nothing is ever written over.

    `changes` are {column: {"before": …, "after": …}}, `groups` the facts that were written or confirmed.
    Places of the pack begin without one: the first edit says what the pack had said.
    """

    __tablename__ = "place_revisions"

    place_id: Mapped[UUID] = mapped_column(ForeignKey("places.id"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    action: Mapped[rules.Action] = mapped_column(Text)
    groups: Mapped[list[Any]]
    changes: Mapped[dict[str, Any]]
    source: Mapped[str]
    by: Mapped[str]
    agency: Mapped[str | None]
    at: Mapped[datetime]
