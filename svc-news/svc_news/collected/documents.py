"""What the city is told of collected items; of the press nothing but that lists have changed."""

from datetime import timedelta

from shared.contracts.city import DocumentPublishedV1, DocumentWithdrawnV1
from svc_news.collected.models import CollectedItem

TAG = "news:collected"
KIND = "news_collected"
KEPT = timedelta(days=90)


def published(item: CollectedItem, district: str | None) -> DocumentPublishedV1:
    """An agency's item as search finds it: it leads outside, and ends with the time it is kept."""
    return DocumentPublishedV1(
        kind=KIND,
        id=str(item.id),
        title={"id": item.title, "en": item.title},
        summary={"id": item.excerpt, "en": item.excerpt},
        area=district,
        url=item.link,
        published_at=item.published_at,
        expires_at=item.published_at + KEPT,
    )


def withdrawn(item_id: object) -> DocumentWithdrawnV1:
    """Search forgets it."""
    return DocumentWithdrawnV1(kind=KIND, id=str(item_id))
