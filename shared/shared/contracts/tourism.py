"""Events svc-tourism publishes: what became of a place, and how it is rated. No citizen, no words."""

from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.event import Event, Visibility


class _PlaceV1(Event):
    visibility: ClassVar[Visibility] = "public"

    place_id: UUID
    category: str
    district: str
    village: str


class PlacePublishedV1(_PlaceV1):
    """A place is among those everybody finds."""

    name: ClassVar[str] = "place_published.v1"


class PlaceChangedV1(_PlaceV1):
    """Facts of a published place were changed, or checked and found right."""

    name: ClassVar[str] = "place_changed.v1"

    groups: tuple[str, ...] = Field(description="location, hours, price, contact, accessibility, description")
    closed: bool = Field(default=False, description="closed for a while, whatever its hours say")


class PlaceWithdrawnV1(_PlaceV1):
    """A place is found no longer."""

    name: ClassVar[str] = "place_withdrawn.v1"


class PlaceRatedV1(_PlaceV1):
    """Published reviews of a place became more, fewer or others."""

    name: ClassVar[str] = "place_rated.v1"

    reviews: int
    average: float | None = Field(description="of 1 to 5 stars, one decimal; null without a review")


class _DatasetV1(Event):
    visibility: ClassVar[Visibility] = "public"

    dataset_id: UUID
    agency: str = Field(description="who produces it")


class DatasetRegisteredV1(_DatasetV1):
    """An agency's data set is in the catalogue."""

    name: ClassVar[str] = "dataset_registered.v1"


class DatasetChangedV1(_DatasetV1):
    """What the catalogue says of it has changed."""

    name: ClassVar[str] = "dataset_changed.v1"


class DatasetWithdrawnV1(_DatasetV1):
    """It is in the catalogue no longer."""

    name: ClassVar[str] = "dataset_withdrawn.v1"
