"""The only events the gateway understands; any publisher sends them as `<service>.<name>`."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.events.event import Event, Visibility

Texts = dict[Literal["id", "en"], str]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class PointV1(_Part):
    """WGS 84, degrees."""

    lat: float
    lon: float


class RequestUpdatedV1(Event):
    """Something a citizen asked for has moved; the title of a non-public one is its category's name."""

    name: ClassVar[str] = "request_updated.v1"

    citizen_id: str
    kind: str = Field(description="begins with its publisher's name: laksa_report, …")
    number: str
    title: Texts
    state: str
    state_label: Texts
    next_step: Texts
    due_at: datetime | None = None
    link: str
    closed: bool


class DocumentPublishedV1(Event):
    """Something the public may find: for search and home."""

    name: ClassVar[str] = "document_published.v1"
    visibility: ClassVar[Visibility] = "public"

    kind: str
    id: str
    title: Texts
    summary: Texts
    point: PointV1 | None = None
    area: str | None = None
    url: str
    published_at: datetime
    expires_at: datetime | None = None
    starts_at: datetime | None = Field(default=None, description="of something that takes place: when")
    ends_at: datetime | None = Field(default=None, description="until when, if its publisher knows")
    source: str | None = Field(default=None, description="demo: made up to show how the city works")


class DocumentWithdrawnV1(Event):
    """A document is public no longer."""

    name: ClassVar[str] = "document_withdrawn.v1"
    visibility: ClassVar[Visibility] = "public"

    kind: str
    id: str


class NoticeRequestedV1(Event):
    """A person, or everybody in an area, should be told; the publisher owns the template."""

    name: ClassVar[str] = "notice_requested.v1"

    citizen_id: str | None = None
    area: str | None = None
    template: str
    params: dict[str, str] = {}
    urgency: Literal["low", "normal", "high"] = "normal"
    link: str | None = None
    dedupe_key: str


class TagsPurgedV1(Event):
    """Cached answers with these tags are stale."""

    name: ClassVar[str] = "tags_purged.v1"
    visibility: ClassVar[Visibility] = "public"

    tags: tuple[str, ...]


class CountMovedV1(Event):
    """One thing moved from one state to another: the live room's counters are folds of these."""

    name: ClassVar[str] = "count_moved.v1"
    visibility: ClassVar[Visibility] = "agency"

    measure: str
    from_state: str | None = None
    to_state: str
    district: str | None = None
    agency: str | None = None
    from_agency: str | None = Field(default=None, description="who counted it before, if that was another")


class MediaAttachedV1(Event):
    """Uploaded files belong to something now, and are kept."""

    name: ClassVar[str] = "media_attached.v1"

    media_ids: tuple[str, ...]


class MediaReleasedV1(Event):
    """Uploaded files are needed no longer by this service: what nobody uses the gateway deletes in time."""

    name: ClassVar[str] = "media_released.v1"

    media_ids: tuple[str, ...]


class CitizenErasureDoneV1(Event):
    """A service has erased what it held of a person; the event's subject is the erasure's id.

    Told twice: at once, and finally, when nothing of this person can be under way any more.
    """

    name: ClassVar[str] = "citizen_erasure_done.v1"

    erased: dict[str, int] = Field(description="what was done -> to how many, this time")
    final: bool


class ChainSealedV1(Event):
    """How far a service's chain reaches, kept by the gateway against a cut tail."""

    name: ClassVar[str] = "chain_sealed.v1"
    visibility: ClassVar[Visibility] = "public"

    seq: int
    hash: str = Field(description="hex, SHA-256")
