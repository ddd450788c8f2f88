"""Taking an article in hand and moving it one step: every change of every slice goes through here."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from shared import pending, timers
from shared.auth import Caller
from shared.errors import Conflict, Forbidden, NotFound
from shared.events.outbox import emit
from shared.replies import refuse_stale
from shared.runtime import Runtime
from svc_news.articles import documents, queries, rules
from svc_news.articles.models import Article, Correction, Listing, Revision
from svc_news.articles.rules import Action, Kind, Role, State
from svc_news.settings import NewsSettings


class WrongState(Conflict):
    code = "wrong_state"


class SlugTaken(Conflict):
    code = "slug_taken"


class OwnText(Forbidden):
    code = "own_text"


@dataclass(frozen=True, slots=True)
class Target:
    """The article of a path, and the version its caller saw."""

    id: UUID
    if_match: str | None


@dataclass(slots=True)
class InHand:
    """A locked article (or a new one) in somebody's hand, and how it stood before."""

    session: AsyncSession
    run: Runtime
    article: Article
    action: Action
    role: Role
    actor: str | None
    now: datetime
    to: State
    old_state: str | None = None
    was_listed: bool = False
    old_facets: frozenset[str] = frozenset()
    old_media: frozenset[str] = frozenset()
    shared_media: frozenset[str] = frozenset()
    old_due: dict[str, datetime] = field(default_factory=dict)


async def take(
    session: AsyncSession, run: Runtime, target: Target, action: Action, *, caller: Caller, now: datetime
) -> InHand:
    """Locks the article for an action of this caller.

    Refuses in this order: 404 not there or not theirs to see, 403 not their role or `own_text`, 412 stale,
    409 not in this state.
    """
    article = await queries.find(session, target.id, lock=True)
    roles = rules.roles_towards(article.created_by, caller.person, caller.roles) if article else frozenset()
    if article is None or not roles:
        raise NotFound
    if not roles & rules.roles_of(action):
        raise Forbidden
    if action in rules.NEEDS_OTHER_EYES and await is_own_text(session, run, article, caller):
        raise OwnText
    refuse_stale(target.if_match, article.version)
    row = rules.transition(action, State(article.state), roles)
    if row is None:
        raise WrongState(state=article.state, action=action)
    return _in_hand(session, run, article, row, next(iter(sorted(row.by & roles))), caller.person, now)


async def is_own_text(
    session: AsyncSession, run: Runtime, article: Article, caller: Caller, *, wrote: bool = False
) -> bool:
    """Whether somebody else must let it out; never in a city with one editor."""
    settings: NewsSettings = run.part(NewsSettings)
    if settings.single_editor:
        return False
    return wrote or await queries.wrote(session, article.id, caller.person)


def can_be_cancelled(article: Article) -> bool:
    """An event of the agenda, once."""
    return article.kind == Kind.AGENDA and article.cancelled_at is None


async def take_due(
    session: AsyncSession, run: Runtime, article_id: str, action: Action, *, now: datetime
) -> InHand | None:
    """Locks the article for something the clock does; None if it has moved on in the meantime."""
    article = await queries.find(session, article_id, lock=True)
    system = frozenset({Role.SYSTEM})
    row = rules.transition(action, State(article.state), system) if article else None
    if article is None or row is None:
        return None
    return _in_hand(session, run, article, row, Role.SYSTEM, None, now)


def new(session: AsyncSession, run: Runtime, article: Article, *, caller: Caller, now: datetime) -> InHand:
    """An article that was just made, for its first step."""
    session.add(article)
    role = Role.AUTHOR if Role.AUTHOR in caller.roles else Role.EDITOR
    return InHand(session, run, article, Action.CREATE, role, caller.person, now, State.DRAFT)


async def move(hand: InHand, *, note: str | None = None, correction: dict[str, Any] | None = None) -> Article:
    """One step: row, revision, correction, listings, timers and events, all in the open transaction.

    `note` stays in the newsroom; `correction` is what the public is told, by language.
    """
    article, session = hand.article, hand.session
    if hand.action is Action.EXPIRE:
        article.expire(hand.now)
    else:
        article.enter(hand.to, hand.now)
    if article.state in rules.PUBLIC and article.slug is None:
        await _name(session, article, article.wanted_slug or rules.slug_of(article.title["id"]))
    await session.flush()
    pending.add_rows(session, [_revision(hand, note)])
    if correction is not None:
        row = Correction(article_id=article.id, version=article.version, at=hand.now, note=correction)
        pending.add_rows(session, [row])
    await _list(hand)
    await _set_timers(hand)
    await _note_pictures(hand)
    events = documents.events_of(hand)
    await emit(session, *events, entity_id=str(article.id), entity_version=article.version, now=hand.now)
    return article


async def refuse_taken_slug(session: AsyncSession, article: Article, slug: str | None) -> None:
    """409 `slug_taken` if it is, or ever was, another article's."""
    owner = await queries.slug_owner(session, slug) if slug else None
    if owner not in (None, article.id):
        raise SlugTaken


async def rename(hand: InHand, slug: str) -> None:
    """A published article gets another address; the old one goes on answering."""
    await refuse_taken_slug(hand.session, hand.article, slug)
    await _name(hand.session, hand.article, slug)


def content_of(article: Article) -> dict[str, Any]:
    """What stands in an article, as its revision keeps it."""
    moments = {name: getattr(article, name) for name in ("starts_at", "ends_at", "expires_at")}
    return {
        "kind": article.kind,
        "slug": article.slug or article.wanted_slug,
        "title": article.title,
        "summary": article.summary,
        "body": article.body,
        "byline": article.byline,
        "images": article.images,
        "districts": article.districts,
        "tags": article.tags,
        "claim": article.claim,
        "event": article.event,
        **{name: moment.isoformat() if moment else None for name, moment in moments.items()},
    }


def _in_hand(
    session: AsyncSession,
    run: Runtime,
    article: Article,
    row: rules.Transition,
    role: Role,
    actor: str | None,
    now: datetime,
) -> InHand:
    to = row.to or State(article.state)
    hand = InHand(session, run, article, row.action, role, actor, now, to, article.state, article.listed)
    hand.old_facets, hand.old_due = _facets(article), article.due()
    hand.old_media = documents.media_of(article)
    return hand


async def _name(session: AsyncSession, article: Article, slug: str) -> None:
    """The slug, or where it is another's, the slug with a part of the id behind it.

    Who knows the id may have wished for that one too: so again, until it is longer than any wish.
    """
    await session.flush()
    while not await queries.take_slug(session, slug, article.id):
        slug = f"{slug}-{article.id.hex[-12:]}"
    article.slug = slug


def _facets(article: Article) -> frozenset[str]:
    return frozenset(rules.facets(article.districts, article.tags) if article.listed else ())


async def _list(hand: InHand) -> None:
    """Takes its place in the public lists, or leaves them; nothing where it stands there already."""
    article, wanted = hand.article, _facets(hand.article)
    if wanted == hand.old_facets:
        return
    await hand.session.execute(delete(Listing).where(Listing.article_id == article.id))
    at = article.published_at or hand.now
    rows = [
        Listing(article_id=article.id, facet=f, kind=article.kind, published_at=at) for f in sorted(wanted)
    ]
    pending.add_rows(hand.session, rows)


async def _note_pictures(hand: InHand) -> None:
    """A picture that another article shows is not let go with this one."""
    held = documents.media_of(hand.article)
    if held != hand.old_media:
        gone = hand.old_media - held
        found = await queries.shown_elsewhere(hand.session, hand.article.id, held ^ hand.old_media, gone)
        hand.shared_media = found


def _revision(hand: InHand, note: str | None) -> Revision:
    return Revision(
        article_id=hand.article.id,
        version=hand.article.version,
        at=hand.now,
        by=hand.actor,
        role=hand.role,
        action=hand.action,
        from_state=hand.old_state,
        state=hand.article.state,
        note=note,
        content=content_of(hand.article) if hand.action in rules.SNAPSHOT else None,
    )


async def _set_timers(hand: InHand) -> None:
    wanted, entity = hand.article.due(), str(hand.article.id)
    for kind in hand.old_due.keys() - wanted.keys():
        await timers.cancel(hand.session, kind, entity)
    for kind, moment in wanted.items():
        if hand.old_due.get(kind) != moment:
            await timers.schedule(hand.session, kind, entity, moment)
