"""What the newsroom sends, and what it reads of its own articles."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header
from pydantic import AfterValidator, Field

from shared.replies import IfMatch
from shared.schemas import Day, Filled, In, Labelled, Line, Out, Point
from svc_news.articles.documents import Words
from svc_news.articles.rules import SLUG_LENGTH, Action, Kind, Origin, Verdict
from svc_news.articles.schemas import When
from svc_news.articles.usecases import Article, Target


def _one_line(text: str) -> str:
    """For titles and names: a line end in them would begin a line of somebody's feed, calendar or table."""
    return " ".join(text.split())


_Phrase = Annotated[Filled, Field(max_length=200), AfterValidator(_one_line)]
_Summary = Annotated[Filled, Field(max_length=500), AfterValidator(_one_line)]
_Alt = Annotated[Filled, Field(max_length=300), AfterValidator(_one_line)]
_Body = Annotated[Filled, Field(max_length=40_000)]
_Note = Annotated[Filled, Field(max_length=1_000)]
_Web = Annotated[
    str,
    Field(pattern=r"^https?://[!#-;=?-~]+$", max_length=500, examples=["https://kota.example/siaran-pers"]),
]
_Word = r"^[a-z0-9]+(-[a-z0-9]+)*$"

Slug = Annotated[str, Field(pattern=_Word, max_length=SLUG_LENGTH)]
Tag = Annotated[str, Field(pattern=_Word, max_length=40)]
AreaCode = Annotated[Line, Field(max_length=40)]


class TitleIn(In):
    """In Indonesian, and in English if somebody translated it."""

    id: _Phrase
    en: _Phrase | None = None


class SummaryIn(In):
    """Two sentences that stand in lists, feeds and search."""

    id: _Summary
    en: _Summary | None = None


class BodyIn(In):
    """CommonMark with tables; HTML in it is shown as text, pictures are `images`."""

    id: _Body
    en: _Body | None = None


class NoteIn(In):
    """What the public is told of a correction, a cancellation or a withdrawal."""

    id: _Note
    en: _Note | None = None


class AltIn(In):
    """What a picture shows, for whoever does not see it."""

    id: _Alt
    en: _Alt | None = None


class ImageIn(In):
    """A new picture by the receipt of its upload, or by its id one that the article has."""

    receipt: Annotated[str, Field(max_length=4_096)] | None = None
    media_id: UUID | None = None
    alt: AltIn
    credit: _Phrase


class CheckedIn(In):
    """Somebody or something that was asked about a claim."""

    name: _Phrase
    url: _Web | None = None


class ClaimIn(In):
    """What went around, what checking it came to, and with what it was checked."""

    claim: SummaryIn
    verdict: Verdict
    sources: Annotated[tuple[CheckedIn, ...], Field(min_length=1, max_length=20)]


class EventIn(In):
    """Either `starts_at` (and `ends_at`), or whole days: `starts_on` (and `ends_on`, the last of them)."""

    starts_at: When | None = None
    ends_at: When | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    place: _Phrase
    point: Point | None = None
    area: AreaCode | None = None
    organiser: _Phrase
    price: _Phrase | None = None


class ArticleIn(In):
    """The whole text of an article. `claim` belongs to a hoax clarification, `event` to the agenda."""

    kind: Kind
    title: TitleIn
    summary: SummaryIn
    body: BodyIn
    slug: Slug | None = None
    byline: _Phrase | None = None
    images: Annotated[tuple[ImageIn, ...], Field(max_length=10)] = ()
    districts: Annotated[tuple[AreaCode, ...], Field(max_length=20)] = ()
    tags: Annotated[tuple[Tag, ...], Field(max_length=8)] = ()
    claim: ClaimIn | None = None
    event: EventIn | None = None
    expires_at: When | None = None
    source: Origin | None = Field(
        default=None, description="`demo`: made up, to show or to practise. Stays what the first draft says"
    )


class RemarkIn(In):
    """`note` stays in the newsroom."""

    note: _Note | None = None


class SendBackIn(In):
    """What the author should do; it stays in the newsroom."""

    note: _Note


class ScheduleIn(In):
    """When the public shall read it."""

    at: When


class CorrectIn(In):
    """The whole text as it is right, and what the public is told of it."""

    article: ArticleIn
    note: NoteIn


class ReasonIn(In):
    """Why, for the public."""

    reason: NoteIn


class RevisionOut(Out):
    """Who did what; `content` is the text as it stood then, where the step wrote one."""

    version: int
    at: datetime
    by: str | None
    role: str
    action: str
    from_state: str | None
    state: str
    note: str | None
    content: dict[str, Any] | None

    @classmethod
    def of(cls, row: Any, words: Words) -> "RevisionOut":
        """From its row."""
        values = {name: getattr(row, name) for name in cls.model_fields}
        return cls(**values | {"at": words.local(row.at)})


class DeskItemOut(Out):
    """An article in the newsroom's list."""

    id: UUID
    version: int
    kind: Labelled
    state: Labelled
    title: dict[str, Any]
    source: str
    created_by: str
    created_at: datetime
    changed_at: datetime
    publish_at: datetime | None
    published_at: datetime | None

    @classmethod
    def of(cls, row: Any, words: Words, **more: Any) -> "DeskItemOut":
        """From a row of the list, or the article itself."""
        return cls(
            id=row.id,
            version=row.version,
            kind=words.label("kind", row.kind),
            state=words.label("state", row.state),
            title=row.title,
            source=row.source,
            created_by=row.created_by,
            created_at=words.local(row.created_at),
            changed_at=words.local(row.changed_at),
            publish_at=words.local(row.publish_at) if row.publish_at else None,
            published_at=words.local(row.published_at) if row.published_at else None,
            **more,
        )


class ManuscriptOut(DeskItemOut):
    """The whole article as its form has it; `html` and a picture's `url` are what the public would see."""

    slug: str | None
    summary: dict[str, Any]
    body: dict[str, Any]
    html: dict[str, Any]
    byline: str | None
    images: list[Any]
    districts: list[str]
    tags: list[str]
    claim: dict[str, Any] | None
    event: dict[str, Any] | None
    starts_at: datetime | None
    ends_at: datetime | None
    cancelled_at: datetime | None
    expires_at: datetime | None
    withdrawn_reason: dict[str, Any] | None
    actions: Sequence[Action]

    @classmethod
    def whole(cls, row: Article, words: Words, actions: Sequence[Action]) -> "ManuscriptOut":
        """From the article, with what this member of staff can do next."""
        plain = ("summary", "body", "html", "byline", "districts", "tags", "claim", "event")
        moments = ("starts_at", "ends_at", "cancelled_at", "expires_at")
        local = {name: words.local(at) if (at := getattr(row, name)) else None for name in moments}
        item = DeskItemOut.of(row, words)
        return cls(
            **dict(item),
            **{name: getattr(row, name) for name in plain},
            images=[each | {"url": words.preview(each["media_id"])} for each in row.images],
            **local,
            slug=row.slug or row.wanted_slug,
            withdrawn_reason=row.withdrawn_reason,
            actions=actions,
        )


async def _target(article_id: UUID, if_match: IfMatch = None) -> Target:
    return Target(article_id, if_match)


_Version = Annotated[str, Header(max_length=200, description="ETag of the version you changed")]


async def _seen(ref: UUID, if_match: _Version) -> Target:
    return Target(ref, if_match)


async def _read(article_id: UUID, if_match: _Version) -> Target:
    return Target(article_id, if_match)


Which = Annotated[Target, Depends(_target)]
"""The article of the path; a header may say which version was seen."""
Seen = Annotated[Target, Depends(_seen)]
"""The same for who sends a whole text: two people's changes must not swallow each other."""
Read = Annotated[Target, Depends(_read)]
"""The same at the other addresses, which call it `article_id`."""
