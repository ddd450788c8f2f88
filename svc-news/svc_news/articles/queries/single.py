"""Reads around one article: itself, its slugs, revisions and corrections."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, exists, func, select, text, true
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from svc_news.articles import rules
from svc_news.articles.models import Article, Correction, Revision, Slug
from svc_news.articles.rules import State


async def find(session: AsyncSession, article_id: UUID | str, *, lock: bool = False) -> Article | None:
    """By its id, whatever its state."""
    return await session.get(Article, UUID(str(article_id)), with_for_update=lock or None)


async def of_ref(session: AsyncSession, ref: str) -> Article | None:
    """By its id or any slug it ever had."""
    if rules.is_id(ref):
        return await find(session, ref)
    by_slug = select(Article).join(Slug, Slug.article_id == Article.id).where(Slug.slug == ref)
    return (await session.scalars(by_slug)).one_or_none()


async def corrections_of(session: AsyncSession, article_ids: Sequence[UUID]) -> list[Correction]:
    """The corrections of these articles, oldest first; no statement for none."""
    if not article_ids:
        return []
    statement = select(Correction).where(Correction.article_id.in_(article_ids))
    ordered = statement.order_by(Correction.article_id, Correction.version)
    return [*(await session.scalars(ordered)).all()]


async def revisions(session: AsyncSession, article_id: UUID, limit: int) -> Sequence[Revision]:
    """What was done to an article, the latest first."""
    statement = select(Revision).where(Revision.article_id == article_id)
    return (await session.scalars(statement.order_by(Revision.version.desc()).limit(limit))).all()


async def wrote(session: AsyncSession, article_id: UUID, person: str) -> bool:
    """Whether the text, or a part of it, is this person's."""
    mine = (Revision.article_id == article_id, Revision.by == person, Revision.action.in_(rules.WRITING))
    return bool(await session.scalar(select(exists().where(*mine))))


async def slug_owner(session: AsyncSession, slug: str) -> UUID | None:
    """Whose slug it is, or ever was."""
    return await session.scalar(select(Slug.article_id).where(Slug.slug == slug))


async def take_slug(session: AsyncSession, slug: str, article_id: UUID) -> bool:
    """Makes the slug this article's for ever; False if it is another's."""
    taken = insert(Slug).values(slug=slug, article_id=article_id).on_conflict_do_nothing()
    await session.execute(taken)
    return await slug_owner(session, slug) == article_id


async def shown_elsewhere(
    session: AsyncSession, article_id: UUID, changed: Collection[str], gone: Collection[str]
) -> frozenset[str]:
    """Which of the pictures that this article lets go another one shows.

    Whoever takes or lets go one of those that have `changed` is alone with it until the transaction ends.
    """
    await session.execute(_ALONE, {"media": sorted(changed)})
    found = await session.scalars(_SHOWN, {"media": list(gone), "article": article_id}) if gone else ()
    return frozenset(found)


async def public_after(session: AsyncSession, after: UUID | None, limit: int) -> Sequence[Article]:
    """Listed articles with a greater id, in the order of their ids."""
    statement = select(Article).where(Article.listed == true())
    statement = statement.where(Article.id > after) if after is not None else statement
    return (await session.scalars(statement.order_by(Article.id).limit(limit))).all()


async def last_change(session: AsyncSession) -> datetime | None:
    """When the public last saw anything appear, change or go."""
    shown = (State.PUBLISHED, State.CORRECTED, State.WITHDRAWN)
    last = [select(func.max(Article.changed_at)).where(Article.state == s).scalar_subquery() for s in shown]
    moment: datetime | None = await session.scalar(select(func.greatest(*last)))
    return moment


_MEDIA = bindparam("media", type_=ARRAY(Text))
_ALONE = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('picture/' || id, 0)) FROM unnest(:media) AS id"
).bindparams(_MEDIA)
#: Counted, for EXISTS hopes to meet one early and walks the whole table where there is none.
_SHOWN = text("""
SELECT gone.id FROM unnest(:media) AS gone(id) WHERE 0 < (
    SELECT count(*) FROM articles a
    WHERE a.id <> :article AND a.images @> jsonb_build_array(jsonb_build_object('media_id', gone.id))
)
""").bindparams(_MEDIA, bindparam("article", type_=Uuid()))
