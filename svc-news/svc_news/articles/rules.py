"""What may happen to an article, by whom and when: the one transition table; slugs; where it is listed."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Kind(StrEnum):
    """What an article is."""

    NEWS = "news"
    ANNOUNCEMENT = "announcement"
    HOAX = "hoax_clarification"
    AGENDA = "agenda"


class State(StrEnum):
    """Where an article stands."""

    DRAFT = "draft"
    REVIEW = "review"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    DISCARDED = "discarded"


class Action(StrEnum):
    """What somebody does to an article."""

    CREATE = "create"
    REVISE = "revise"
    SUBMIT = "submit"
    SEND_BACK = "send_back"
    SCHEDULE = "schedule"
    UNSCHEDULE = "unschedule"
    PUBLISH = "publish"
    CORRECT = "correct"
    CANCEL = "cancel"
    WITHDRAW = "withdraw"
    DISCARD = "discard"
    EXPIRE = "expire"


class Role(StrEnum):
    """In which role: towards one article its author, an editor, the clock."""

    AUTHOR = "news_author"
    EDITOR = "editor"
    SYSTEM = "system"


class Origin(StrEnum):
    """Where an article is from: `demo` ones are made up, to show how this works or to practise."""

    NEWSROOM = "newsroom"
    DEMO = "demo"


class Verdict(StrEnum):
    """What checking a claim came to; `RATING` is its place on schema.org's scale of a ClaimReview."""

    FALSE = "false"
    MISLEADING = "misleading"
    UNPROVEN = "unproven"
    PARTLY_TRUE = "partly_true"
    TRUE = "true"


S, A, R = State, Action, Role
STAFF = frozenset({str(R.AUTHOR), str(R.EDITOR)})
PUBLIC = frozenset({S.PUBLISHED, S.CORRECTED})
RATING = {verdict: number for number, verdict in enumerate(Verdict, 1)}
WRITING = frozenset({A.CREATE, A.REVISE})
"""Who did one of these wrote the text: a correction is an editor's, and she may correct it again."""
SNAPSHOT = WRITING | {A.CORRECT}
"""The revisions of these keep the text as it stood then."""
NEEDS_OTHER_EYES = frozenset({A.SCHEDULE, A.PUBLISH, A.CORRECT})
"""Nobody lets her own text out, unless the city has one editor only (setting SINGLE_EDITOR)."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table: `by` may do `action` in `start`; it stands in `to` then, None: where it stood."""

    action: Action
    by: frozenset[Role]
    start: frozenset[State]
    to: State | None


def _row(action: Action, by: Iterable[Role], start: Iterable[State], to: State | None) -> Transition:
    return Transition(action, frozenset(by), frozenset(start), to)


TABLE: tuple[Transition, ...] = (
    _row(A.REVISE, {R.AUTHOR, R.EDITOR}, {S.DRAFT}, None),
    _row(A.REVISE, {R.EDITOR}, {S.REVIEW}, None),
    _row(A.SUBMIT, {R.AUTHOR, R.EDITOR}, {S.DRAFT}, S.REVIEW),
    _row(A.SEND_BACK, {R.EDITOR}, {S.REVIEW}, S.DRAFT),
    _row(A.SCHEDULE, {R.EDITOR}, {S.REVIEW, S.SCHEDULED}, S.SCHEDULED),
    _row(A.UNSCHEDULE, {R.EDITOR}, {S.SCHEDULED}, S.REVIEW),
    _row(A.PUBLISH, {R.EDITOR}, {S.REVIEW, S.SCHEDULED}, S.PUBLISHED),
    _row(A.PUBLISH, {R.SYSTEM}, {S.SCHEDULED}, S.PUBLISHED),
    _row(A.CORRECT, {R.EDITOR}, PUBLIC, S.CORRECTED),
    _row(A.CANCEL, {R.EDITOR}, PUBLIC, S.CORRECTED),
    _row(A.WITHDRAW, {R.EDITOR}, PUBLIC, S.WITHDRAWN),
    _row(A.DISCARD, {R.AUTHOR}, {S.DRAFT}, S.DISCARDED),
    _row(A.DISCARD, {R.EDITOR}, {S.DRAFT, S.REVIEW}, S.DISCARDED),
    _row(A.EXPIRE, {R.SYSTEM}, PUBLIC, None),
)


def roles_of(action: Action) -> frozenset[Role]:
    """Who may ever do this."""
    return frozenset(role for row in TABLE if row.action is action for role in row.by)


def transition(action: Action, state: State, roles: frozenset[Role]) -> Transition | None:
    """The row that allows it now, or None."""
    fitting = (row for row in TABLE if row.action is action and state in row.start and row.by & roles)
    return next(fitting, None)


def actions_for(state: State, roles: frozenset[Role], barred: frozenset[Action]) -> list[Action]:
    """What these roles can do next, in the table's order; front ends show these buttons."""
    fitting = (row.action for row in TABLE if state in row.start and row.by & roles)
    return [action for action in dict.fromkeys(fitting) if action not in barred]


def roles_towards(created_by: str, person: str, held: frozenset[str]) -> frozenset[Role]:
    """The roles of a member of staff towards one article: an author sees her own alone, an editor all."""
    own = {R.AUTHOR} if created_by == person and held & STAFF else set()
    return frozenset(own | ({R.EDITOR} if R.EDITOR in held else set()))


SLUG_LENGTH = 80
_NO_WORD = re.compile(r"[^a-z0-9]+")


def slug_of(title: str) -> str:
    """Lower-case ASCII words with hyphens, 80 characters at most, cut at a word; "berita" if nothing is left.

    It never looks like a UUID, which is how an article is asked for by its id.
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = _NO_WORD.sub("-", plain).strip("-")
    if len(words) > SLUG_LENGTH:
        words = words[: SLUG_LENGTH + 1].rpartition("-")[0] or words[:SLUG_LENGTH]
    return f"berita-{words}" if is_id(words) else words or "berita"


def is_id(ref: str) -> bool:
    """Whether a reference is an id; everything else is a slug."""
    try:
        UUID(ref)
    except ValueError:
        return False
    return True


def facet(district: str | None = None, tag: str | None = None) -> str:
    """The name under which articles of a district, with a tag, with both, or with whatever are listed."""
    return f"{district or ''}|{tag or ''}"


def facets(districts: Sequence[str], tags: Sequence[str]) -> list[str]:
    """Every name an article is listed under: as many as (districts + 1) x (tags + 1)."""
    return [facet(district, tag) for district in ("", *districts) for tag in ("", *tags)]
