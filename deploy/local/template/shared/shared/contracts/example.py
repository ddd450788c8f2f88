"""Events svc-example publishes."""

from typing import ClassVar
from uuid import UUID

from shared.contracts.city import Texts
from shared.events.event import Event, Visibility


class AnnouncementPublishedV1(Event):
    """The public was told something."""

    name: ClassVar[str] = "announcement_published.v1"
    visibility: ClassVar[Visibility] = "public"

    announcement_id: UUID
    title: Texts


class AnnouncementWithdrawnV1(Event):
    """It was taken back."""

    name: ClassVar[str] = "announcement_withdrawn.v1"
    visibility: ClassVar[Visibility] = "public"

    announcement_id: UUID
