"""From the first draft to the day it is taken back: one function for each thing staff can do."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Caller
from shared.errors import FieldError, Unprocessable
from shared.ids import new_id
from shared.runtime import Runtime
from svc_news.articles import usecases as articles
from svc_news.articles.usecases import Action, Article, Origin, State, Target, WrongState
from svc_news.newsroom.schemas import (
    ArticleIn,
    CorrectIn,
    ReasonIn,
    RemarkIn,
    ScheduleIn,
    SendBackIn,
)
from svc_news.newsroom.usecases.writing import said, write


async def draft(
    session: AsyncSession, run: Runtime, sent: ArticleIn, *, caller: Caller, now: datetime
) -> Article:
    """Begins an article; 409 `slug_taken` if it wants another's address."""
    article = Article(
        id=new_id(),
        version=0,
        state=State.DRAFT,
        listed=False,
        source=sent.source or Origin.NEWSROOM,
        images=[],
        created_by=caller.person,
        created_at=now,
    )
    write(run, article, sent, caller=caller, now=now)
    await articles.refuse_taken_slug(session, article, sent.slug)
    return await articles.move(articles.new(session, run, article, caller=caller, now=now))


async def revise(
    session: AsyncSession, run: Runtime, target: Target, sent: ArticleIn, *, caller: Caller, now: datetime
) -> Article:
    """The whole text anew, before anybody outside has read it."""
    hand = await articles.take(session, run, target, Action.REVISE, caller=caller, now=now)
    write(run, hand.article, sent, caller=caller, now=now)
    await articles.refuse_taken_slug(session, hand.article, sent.slug)
    return await articles.move(hand)


async def submit(
    session: AsyncSession, run: Runtime, target: Target, sent: RemarkIn, *, caller: Caller, now: datetime
) -> Article:
    """Asks an editor to read it."""
    hand = await articles.take(session, run, target, Action.SUBMIT, caller=caller, now=now)
    return await articles.move(hand, note=sent.note)


async def send_back(
    session: AsyncSession, run: Runtime, target: Target, sent: SendBackIn, *, caller: Caller, now: datetime
) -> Article:
    """Gives it back to its author, with what is to be done."""
    hand = await articles.take(session, run, target, Action.SEND_BACK, caller=caller, now=now)
    return await articles.move(hand, note=sent.note)


async def schedule(
    session: AsyncSession, run: Runtime, target: Target, sent: ScheduleIn, *, caller: Caller, now: datetime
) -> Article:
    """It will be published by itself; 422 for a moment that has passed, or after it expires."""
    hand = await articles.take(session, run, target, Action.SCHEDULE, caller=caller, now=now)
    if sent.at <= now:
        raise Unprocessable(errors=[FieldError("at", "in_the_past")])
    if hand.article.expires_at is not None and hand.article.expires_at <= sent.at:
        raise Unprocessable(errors=[FieldError("at", "after_expiry")])
    hand.article.publish_at = sent.at
    return await articles.move(hand)


async def unschedule(
    session: AsyncSession, run: Runtime, target: Target, sent: RemarkIn, *, caller: Caller, now: datetime
) -> Article:
    """It waits for an editor again."""
    hand = await articles.take(session, run, target, Action.UNSCHEDULE, caller=caller, now=now)
    return await articles.move(hand, note=sent.note)


async def publish(
    session: AsyncSession, run: Runtime, target: Target, sent: RemarkIn, *, caller: Caller, now: datetime
) -> Article:
    """The public reads it from now on; 422 if it has expired meanwhile."""
    hand = await articles.take(session, run, target, Action.PUBLISH, caller=caller, now=now)
    if hand.article.expires_at is not None and hand.article.expires_at <= now:
        raise Unprocessable(errors=[FieldError("expires_at", "in_the_past")])
    return await articles.move(hand, note=sent.note)


async def correct(
    session: AsyncSession, run: Runtime, target: Target, sent: CorrectIn, *, caller: Caller, now: datetime
) -> Article:
    """Puts right what the public has read, and says so; the kind stays, an old address goes on answering."""
    hand = await articles.take(session, run, target, Action.CORRECT, caller=caller, now=now)
    if sent.article.kind != hand.article.kind:
        raise Unprocessable(errors=[FieldError("article.kind", "fixed")])
    write(run, hand.article, sent.article, caller=caller, now=now, within="article.")
    if sent.article.slug is not None and sent.article.slug != hand.article.slug:
        await articles.rename(hand, sent.article.slug)
    return await articles.move(hand, correction=said(sent.note))


async def cancel(
    session: AsyncSession, run: Runtime, target: Target, sent: ReasonIn, *, caller: Caller, now: datetime
) -> Article:
    """An event will not take place; it stays in calendars as cancelled, with the reason."""
    hand = await articles.take(session, run, target, Action.CANCEL, caller=caller, now=now)
    if not articles.can_be_cancelled(hand.article):
        raise WrongState(state=hand.article.state, action=Action.CANCEL)
    hand.article.cancelled_at = now
    return await articles.move(hand, correction=said(sent.reason))


async def withdraw(
    session: AsyncSession, run: Runtime, target: Target, sent: ReasonIn, *, caller: Caller, now: datetime
) -> Article:
    """Takes it back; its address answers 410 with the reason."""
    hand = await articles.take(session, run, target, Action.WITHDRAW, caller=caller, now=now)
    hand.article.withdrawn_at, hand.article.withdrawn_reason = now, said(sent.reason)
    return await articles.move(hand)


async def discard(
    session: AsyncSession, run: Runtime, target: Target, sent: RemarkIn, *, caller: Caller, now: datetime
) -> Article:
    """Nobody will publish it; its pictures go."""
    hand = await articles.take(session, run, target, Action.DISCARD, caller=caller, now=now)
    hand.article.images = []
    return await articles.move(hand, note=sent.note)
