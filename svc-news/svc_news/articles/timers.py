"""What time does to an article: it is published, it expires."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from shared.runtime import Runtime
from svc_news.articles.rules import Action
from svc_news.articles.usecases import move, take_due


async def publish(session: AsyncSession, run: Runtime, article_id: str, now: datetime) -> None:
    """The moment its editor chose has come."""
    hand = await take_due(session, run, article_id, Action.PUBLISH, now=now)
    if hand is not None and hand.article.publish_at is not None and hand.article.publish_at <= now:
        await move(hand)


async def expire(session: AsyncSession, run: Runtime, article_id: str, now: datetime) -> None:
    """It has said what it had to say."""
    hand = await take_due(session, run, article_id, Action.EXPIRE, now=now)
    expires_at = hand.article.expires_at if hand is not None and hand.article.listed else None
    if hand is not None and expires_at is not None and expires_at <= now:
        await move(hand)


#: By kind, as `Article.due` names them.
TIMERS = {"article_publish": publish, "article_expire": expire}
