"""Who sees which article: the public what is published, staff what is theirs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Caller
from shared.contracts.snapshots import SnapshotItem
from shared.errors import NotFound, Problem
from shared.media import Variant, signed_path
from shared.runtime import Runtime
from svc_news.articles import documents, queries, rules
from svc_news.articles.documents import Words
from svc_news.articles.models import Article, Correction, Revision
from svc_news.articles.queries import Filters
from svc_news.articles.rules import Action, Role, State
from svc_news.articles.usecases.moving import can_be_cancelled, is_own_text

REVISIONS = 200


class Withdrawn(Problem):
    """410: it was public once; the detail says why it is no more."""

    status, code = 410, "article_withdrawn"


@dataclass(frozen=True, slots=True)
class Read:
    """A public article with its corrections, oldest first."""

    article: Article
    corrections: Sequence[Correction]


async def read(session: AsyncSession, ref: str, words: Words) -> Read:
    """A public article by id or slug, its old ones too; 404, or 410 with the reason once it was withdrawn."""
    article = await queries.of_ref(session, ref)
    if article is not None and article.state == State.WITHDRAWN:
        day = words.date(article.withdrawn_at or article.changed_at)
        raise Withdrawn(reason=words.of(article.withdrawn_reason or {"id": ""}), date=day)
    if article is None or article.state not in rules.PUBLIC:
        raise NotFound
    corrected = [article.id] if article.state == State.CORRECTED else []
    return Read(article, await queries.corrections_of(session, corrected))


async def image_of(
    session: AsyncSession, run: Runtime, article_id: UUID, media_id: UUID, variant: Variant, now: datetime
) -> str:
    """Where a picture of a public article can be read for the next hour; 404 unless it is one of its."""
    article = await queries.find(session, article_id)
    if article is None or article.state not in rules.PUBLIC:
        raise NotFound
    if str(media_id) not in [image["media_id"] for image in article.images]:
        raise NotFound
    return signed_path(media_id, variant, run.settings.media_keys, now)


async def of_staff(session: AsyncSession, article_id: UUID, *, caller: Caller) -> Article:
    """An article as its author or an editor sees it; 404 for whoever is neither."""
    article = await queries.find(session, article_id)
    if article is None or not rules.roles_towards(article.created_by, caller.person, caller.roles):
        raise NotFound
    return article


async def actions_of(
    session: AsyncSession, run: Runtime, article: Article, *, caller: Caller, wrote: bool
) -> Sequence[Action]:
    """What this member of staff can do with it next; `wrote`: it is her text since this transaction."""
    roles = rules.roles_towards(article.created_by, caller.person, caller.roles)
    barred = set() if can_be_cancelled(article) else {Action.CANCEL}
    if await is_own_text(session, run, article, caller, wrote=wrote):
        barred |= rules.NEEDS_OTHER_EYES
    return rules.actions_for(State(article.state), roles, frozenset(barred))


async def desk(
    session: AsyncSession, state: State | None, mine: bool, *, caller: Caller, limit: int, cursor: str | None
) -> queries.Found:
    """What lies in the newsroom: an author sees her own, an editor everybody's unless `mine`."""
    author = caller.person if mine or Role.EDITOR not in caller.roles else None
    return await queries.desk_page(session, state, author, limit, cursor)


async def revisions(session: AsyncSession, article_id: UUID, *, caller: Caller) -> Sequence[Revision]:
    """The latest 200 things done to an article, the latest first; 404 as `of_staff`."""
    article = await of_staff(session, article_id, caller=caller)
    return await queries.revisions(session, article.id, REVISIONS)


async def feed_rows(
    session: AsyncSession, filters: Filters, limit: int
) -> tuple[Sequence[Row[Any]], Mapping[UUID, list[Correction]]]:
    """The newest articles with their texts, and the corrections of those that have some."""
    rows = await queries.newest(session, filters, limit)
    corrected = [row.id for row in rows if row.state == State.CORRECTED]
    by_article: dict[UUID, list[Correction]] = {}
    for correction in await queries.corrections_of(session, corrected):
        by_article.setdefault(correction.article_id, []).append(correction)
    return rows, by_article


async def last_change(session: AsyncSession) -> datetime | None:
    """When the public last saw anything appear, change or go; None before the first article."""
    return await queries.last_change(session)


async def documents_of(
    session: AsyncSession, run: Runtime, after: UUID | None, limit: int
) -> list[SnapshotItem]:
    """What search was told of articles and events that are listed, for whoever lost it."""
    return [
        SnapshotItem(
            id=str(article.id),
            version=article.version,
            at=article.changed_at,
            data=documents.published(run, article).model_dump(mode="json"),
        )
        for article in await queries.public_after(session, after, limit)
    ]
