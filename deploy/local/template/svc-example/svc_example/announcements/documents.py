"""The events that tell the city of an announcement."""

from collections.abc import Iterator
from typing import cast

from shared.contracts.city import DocumentPublishedV1, DocumentWithdrawnV1, TagsPurgedV1, Texts
from shared.contracts.example import AnnouncementPublishedV1, AnnouncementWithdrawnV1
from shared.events.event import Event
from shared.runtime import Runtime
from svc_example.announcements.models import Announcement

TAG = "example:announcements"
KIND = "example_announcement"


def published(run: Runtime, row: Announcement) -> DocumentPublishedV1:
    """As search finds it."""
    return DocumentPublishedV1(
        kind=KIND,
        id=str(row.id),
        title=cast(Texts, row.title),
        summary={
            "id": run.texts.get("summary.announcement", "id").format(title=row.title["id"]),
            "en": run.texts.get("summary.announcement", "en").format(title=row.title["en"]),
        },
        url=link(row),
        published_at=row.published_at,
    )


def of_publishing(run: Runtime, row: Announcement) -> Iterator[Event]:
    """It can be found, and cached lists are stale."""
    yield AnnouncementPublishedV1(announcement_id=row.id, title=cast(Texts, row.title))
    yield published(run, row)
    yield TagsPurgedV1(tags=(TAG,))


def of_withdrawing(row: Announcement) -> Iterator[Event]:
    """It can be found no longer."""
    yield AnnouncementWithdrawnV1(announcement_id=row.id)
    yield DocumentWithdrawnV1(kind=KIND, id=str(row.id))
    yield TagsPurgedV1(tags=(TAG,))


def link(row: Announcement) -> str:
    """Where it is read."""
    return f"/v1/example/announcements/{row.id}"
