"""What an event is: a past-tense fact, frozen, and its CloudEvents envelope."""

from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

Visibility = Literal["public", "agency", "internal"]


class Event(BaseModel):
    """Base of every contract class. `name` is the type without its publisher: `report_submitted.v1`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: ClassVar[str]
    visibility: ClassVar[Visibility] = "internal"


class Envelope(BaseModel):
    """CloudEvents 1.0, structured JSON, with the extensions of contracts 3."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str = Field(description="also the NATS subject")
    subject: str = Field(description="the entity's id")
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    partitionkey: str
    entityversion: int
    traceparent: str | None = None
    causationid: str | None = None
    data: dict[str, Any]

    @property
    def publisher(self) -> str:
        """`laksa` of `laksa.report_submitted.v1`."""
        return self.type.partition(".")[0]

    @property
    def name(self) -> str:
        """`report_submitted.v1` of `laksa.report_submitted.v1`."""
        return self.type.partition(".")[2]


CONTENT_TYPE = "application/cloudevents+json"
