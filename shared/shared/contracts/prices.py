"""Events svc-prices publishes. Public ones say what everybody may read; no staff id stands in any."""

from datetime import date, datetime
from typing import ClassVar, Literal

from pydantic import Field

from shared.events.event import Event, Visibility

Level = Literal["retail", "wholesale", "producer"]


class _ObservedV1(Event):
    market: str = Field(description="code of the market")
    commodity: str = Field(description="code of the commodity")
    level: Level
    day: date


class PricePublishedV1(_ObservedV1):
    """A price counts from now on: it is read, averaged, charted and alerted on."""

    name: ClassVar[str] = "price_published.v1"
    visibility: ClassVar[Visibility] = "public"

    price: int = Field(gt=0, description="whole rupiah for one unit of the commodity")
    unit: str
    source: str = Field(description="survey, import or demo")
    observed_at: datetime


class PriceCorrectedV1(_ObservedV1):
    """What was published before was not right; without a price nothing is published any more."""

    name: ClassVar[str] = "price_corrected.v1"
    visibility: ClassVar[Visibility] = "public"

    price: int | None = Field(default=None, gt=0, description="whole rupiah for one unit of the commodity")
    previous_price: int = Field(gt=0)
    unit: str
    source: str
    observed_at: datetime


class PriceHeldV1(_ObservedV1):
    """A price looks like a slip and waits for a supervisor; nobody else sees it."""

    name: ClassVar[str] = "price_held.v1"

    held_for: str = Field(description="the rule: far_from_median or robust_z")


class PriceReviewedV1(_ObservedV1):
    """A supervisor has decided about a held price."""

    name: ClassVar[str] = "price_reviewed.v1"

    decision: Literal["approved", "rejected"]


class SurveyCompletedV1(Event):
    """Everything expected on a market was entered for the day."""

    name: ClassVar[str] = "survey_completed.v1"
    visibility: ClassVar[Visibility] = "agency"

    market: str
    day: date
    expected: int
    completed_at: datetime


class SurveyReopenedV1(Event):
    """A day that was complete is no longer: an entry of it was rejected, or turned into not_surveyed."""

    name: ClassVar[str] = "survey_reopened.v1"
    visibility: ClassVar[Visibility] = "agency"

    market: str
    day: date
    expected: int
    entered: int


class SurveyMissedV1(Event):
    """The hour of the plan has passed, and a market's day is not complete."""

    name: ClassVar[str] = "survey_missed.v1"
    visibility: ClassVar[Visibility] = "agency"

    market: str
    day: date
    expected: int
    entered: int


class ObservationsImportedV1(Event):
    """A file, or one part of a large one, was taken in: what would be too many events for its rows."""

    name: ClassVar[str] = "observations_imported.v1"
    visibility: ClassVar[Visibility] = "agency"

    file: str = Field(description="SHA-256 of the file, hex")
    historical: bool = Field(description="somebody vouched for its prices: outliers were published")
    first_day: date
    last_day: date
    published: int
    not_available: int
    held: int
