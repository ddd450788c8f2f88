"""The events that tell the city of an article."""

from collections.abc import Iterator
from typing import Any, Protocol

from shared.contracts import news as contract
from shared.contracts.city import (
    DocumentPublishedV1,
    DocumentWithdrawnV1,
    MediaAttachedV1,
    MediaReleasedV1,
    PointV1,
    TagsPurgedV1,
)
from shared.events.event import Event
from shared.runtime import Runtime
from svc_news.articles.documents.words import Words, in_both, link
from svc_news.articles.models import Article
from svc_news.articles.rules import PUBLIC, Action, Kind

TAG = "news:articles"
AGENDA_TAG = "news:agenda"
EVENTS: dict[Action, type[Event]] = {
    Action.SUBMIT: contract.ArticleSubmittedV1,
    Action.SEND_BACK: contract.ArticleSentBackV1,
    Action.PUBLISH: contract.ArticlePublishedV1,
    Action.CORRECT: contract.ArticleCorrectedV1,
    Action.CANCEL: contract.EventCancelledV1,
    Action.WITHDRAW: contract.ArticleWithdrawnV1,
    Action.EXPIRE: contract.ArticleExpiredV1,
}


class Told(Protocol):
    """What the events need to know of a step."""

    run: Runtime
    article: Article
    action: Action
    old_state: str | None
    was_listed: bool
    old_media: frozenset[str]
    shared_media: frozenset[str]


def events_of(step: Told) -> Iterator[Event]:
    """The step itself, then what others keep of it: search, caches, the store of pictures."""
    article = step.article
    if step.action in EVENTS:
        yield _own_event(step)
    if article.listed:
        yield published(step.run, article)
    elif step.was_listed:
        yield DocumentWithdrawnV1(kind=document_kind(article), id=str(article.id))
    if article.state in PUBLIC or step.old_state in PUBLIC:
        yield TagsPurgedV1(tags=(TAG, AGENDA_TAG) if article.kind == Kind.AGENDA else (TAG,))
    held = media_of(article)
    if held - step.old_media:
        yield MediaAttachedV1(media_ids=tuple(sorted(held - step.old_media)))
    if gone := step.old_media - held - step.shared_media:
        yield MediaReleasedV1(media_ids=tuple(sorted(gone)))


def media_of(article: Article) -> frozenset[str]:
    """The ids of its pictures."""
    return frozenset(str(image["media_id"]) for image in article.images)


def published(run: Runtime, article: Article) -> DocumentPublishedV1:
    """The article as search and home find it; an event ends with itself and says if it is off."""
    event = article.event or {}
    point = PointV1(lat=event["lat"], lon=event["lon"]) if event.get("lat") is not None else None
    ends = [moment for moment in (article.expires_at, article.over_at) if moment is not None]
    return DocumentPublishedV1(
        kind=document_kind(article),
        id=str(article.id),
        title={"id": Words(run, "id").headline(article), "en": Words(run, "en").headline(article)},
        summary=in_both(article.summary),
        point=point,
        area=event.get("area") or (article.districts[0] if len(article.districts) == 1 else None),
        url=link(article.slug or article.id),
        published_at=article.published_at or article.changed_at,
        expires_at=min(ends, default=None),
        starts_at=article.starts_at,
        ends_at=article.ends_at,
        source=article.source,
    )


def document_kind(article: Article) -> str:
    """Events are another kind of document than articles."""
    return "news_event" if article.kind == Kind.AGENDA else "news_article"


def _own_event(step: Told) -> Event:
    article = step.article
    facts: dict[str, Any] = {"article_id": article.id, "kind": article.kind}
    if step.action in (Action.PUBLISH, Action.CORRECT, Action.CANCEL):
        facts |= {
            "title": in_both(article.title),
            "slug": article.slug,
            "districts": tuple(article.districts),
            "tags": tuple(article.tags),
            "published_at": article.published_at,
            "updated_at": article.updated_at,
        }
    return EVENTS[step.action](**facts)
