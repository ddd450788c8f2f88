"""What travels over HTTP about an announcement."""

from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field

from shared.schemas import Filled, In, Out
from svc_example.announcements.models import Announcement

_Title = Annotated[Filled, Field(max_length=200)]
_Text = Annotated[Filled, Field(max_length=4_000)]


class TitleIn(In):
    """The title in both languages."""

    id: _Title
    en: _Title


class TextIn(In):
    """The text in both languages."""

    id: _Text
    en: _Text


class AnnouncementIn(In):
    """An announcement in both languages."""

    title: TitleIn
    text: TextIn


class AnnouncementOut(Out):
    """An announcement in the language of the answer; times with the city's offset."""

    id: UUID
    version: int
    title: str
    text: str
    published_at: datetime

    @classmethod
    def of(cls, row: Announcement, language: str, zone: ZoneInfo) -> "AnnouncementOut":
        """From its row."""
        return cls(
            id=row.id,
            version=row.version,
            title=row.title[language],
            text=row.text[language],
            published_at=row.published_at.astimezone(zone),
        )
