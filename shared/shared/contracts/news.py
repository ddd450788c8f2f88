"""Events svc-news publishes: what became of an article. No staff id, no draft's text."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.contracts.city import Texts
from shared.events.event import Event, Visibility


class _OfArticle(Event):
    article_id: UUID
    kind: str = Field(description="news, announcement, hoax_clarification or agenda")


class _Readable(_OfArticle):
    title: Texts
    slug: str
    districts: tuple[str, ...] = Field(description="codes of areas; none: the whole city")
    tags: tuple[str, ...]
    published_at: datetime
    updated_at: datetime


class ArticleSubmittedV1(_OfArticle):
    """An author wants it published: an editor should read it."""

    name: ClassVar[str] = "article_submitted.v1"


class ArticleSentBackV1(_OfArticle):
    """An editor gave it back to its author, with a note."""

    name: ClassVar[str] = "article_sent_back.v1"


class ArticlePublishedV1(_Readable):
    """The public can read it."""

    name: ClassVar[str] = "article_published.v1"
    visibility: ClassVar[Visibility] = "public"


class ArticleCorrectedV1(_Readable):
    """It said something wrong and says it right now; the note stands on the article."""

    name: ClassVar[str] = "article_corrected.v1"
    visibility: ClassVar[Visibility] = "public"


class EventCancelledV1(_Readable):
    """What it invites to does not take place."""

    name: ClassVar[str] = "event_cancelled.v1"
    visibility: ClassVar[Visibility] = "public"


class ArticleWithdrawnV1(_OfArticle):
    """It was taken back; its address answers with the reason."""

    name: ClassVar[str] = "article_withdrawn.v1"
    visibility: ClassVar[Visibility] = "public"


class ArticleExpiredV1(_OfArticle):
    """It has left lists, feeds and search; its address still answers."""

    name: ClassVar[str] = "article_expired.v1"
    visibility: ClassVar[Visibility] = "public"
