"""What the public reads about an article."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Query, Request
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from shared.city.areas import District
from shared.errors import FieldError, Unprocessable
from shared.replies import REPLIED
from shared.runtime import Run, Runtime
from shared.schemas import Labelled, Moment, Out, Point
from svc_news.articles.documents import Words, image_link, link, linked_data
from svc_news.articles.queries import Filters
from svc_news.articles.rules import Kind, State
from svc_news.articles.usecases import Read

Answers = dict[int | str, dict[str, Any]]
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def _of_this_century(moment: datetime) -> datetime:
    if not FIRST <= moment < LAST:
        raise PydanticCustomError("out_of_range", "not between 2000 and 2100")
    return moment


When = Annotated[Moment, AfterValidator(_of_this_century)]
"""A moment that is no slip of the keyboard, and that the database can hold."""
Code = Annotated[str, Query(max_length=40, pattern=r"^[A-Za-z0-9._-]+$")]
Ref = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9-]{1,120}$", description="The article's id, or any slug it ever had")
]


async def _words(request: Request) -> Words:
    return Words(request.app.state.runtime, request.scope["city"].language)


InWords = Annotated[Words, Depends(_words)]
"""The language of the answer."""


async def _where(
    run: Run,
    kind: Kind | None = None,
    district: Annotated[Code | None, Query(description="Code of a district of the city")] = None,
    tag: Annotated[Code | None, Query(description="A subject, or a service of the city")] = None,
    since: Annotated[When | None, Query(alias="from", description="Published at or after")] = None,
    until: Annotated[When | None, Query(alias="to", description="Published before")] = None,
) -> Filters:
    """What the public list is narrowed to; 422 for a district nobody knows."""
    return Filters(kind, known_district(run, district), tag, since, until)


Where = Annotated[Filters, Depends(_where)]
"""The filters of the public list."""


def known_district(run: Runtime, code: str | None) -> str | None:
    """The code; 422 `unknown` if it is no district of the city pack."""
    if code is not None and not isinstance(run.city.areas.find(code), District):
        raise Unprocessable(errors=[FieldError("district", "unknown")])
    return code


def written_as(*media_types: str) -> Answers:
    """What the document says of a GET that is answered in formats of their own, by `reply_bytes`."""
    kinds = {media_type: "object" if "json" in media_type else "string" for media_type in media_types}
    content = {media_type: {"schema": {"type": kind}} for media_type, kind in kinds.items()}
    unchanged = {"description": "If-None-Match named this answer", **REPLIED}
    return {200: {"description": "As it stands", "content": content, **REPLIED}, 304: unchanged}


class ImageOut(Out):
    """`url` redirects to the picture (`?v=thumb|small|full`) for as long as the article is public."""

    url: str
    type: str
    alt: str
    credit: str


class ClaimOut(Out):
    """What a hoax clarification checked, with what, and what came of it."""

    claim: str
    verdict: Labelled
    sources: Sequence[dict[str, str | None]]


class EventOut(Out):
    """What the agenda announces. An all-day event has `starts_on` and `ends_on`, the last day included."""

    all_day: bool
    starts_at: datetime
    ends_at: datetime | None
    starts_on: date | None
    ends_on: date | None
    place: str
    point: Point | None
    area: Labelled | None
    organiser: str
    price: str | None
    cancelled: bool
    calendar: str

    @classmethod
    def of(cls, row: Any, words: Words) -> "EventOut":
        """From a row of the agenda."""
        event = row.event
        point = Point(lat=event["lat"], lon=event["lon"]) if event["lat"] is not None else None
        return cls(
            all_day=event["starts_on"] is not None,
            starts_at=words.local(row.starts_at),
            ends_at=words.local(row.ends_at) if row.ends_at else None,
            starts_on=event["starts_on"],
            ends_on=event["ends_on"],
            place=event["place"],
            point=point,
            area=words.area(event["area"]) if event["area"] else None,
            organiser=event["organiser"],
            price=event["price"],
            cancelled=row.cancelled_at is not None,
            calendar=f"/v1/news/agenda/events/{row.id}.ics",
        )


class ListedOut(Out):
    """An article in a list; texts in `language`, which is Indonesian where nobody translated them."""

    id: UUID
    kind: Labelled
    url: str
    slug: str
    title: str
    summary: str
    language: str
    districts: Sequence[Labelled] = Field(description="None: the whole city")
    tags: Sequence[str]
    image: ImageOut | None
    published_at: datetime
    updated_at: datetime
    corrected: bool
    expires_at: datetime | None
    event: EventOut | None
    source: str

    @classmethod
    def of(cls, row: Any, words: Words, **more: Any) -> "ListedOut":
        """From a row of a list, or the article itself."""
        images = [_image(row.id, image, words) for image in row.images[:1]]
        return cls(
            id=row.id,
            kind=words.label("kind", row.kind),
            url=link(row.slug),
            slug=row.slug,
            title=words.of(row.title),
            summary=words.of(row.summary),
            language=words.spoken(row.title),
            districts=[words.area(code) for code in row.districts],
            tags=row.tags,
            image=images[0] if images else None,
            published_at=words.local(row.published_at),
            updated_at=words.local(row.updated_at),
            corrected=row.state == State.CORRECTED,
            expires_at=words.local(row.expires_at) if row.expires_at else None,
            event=EventOut.of(row, words) if row.event else None,
            source=row.source,
            **more,
        )


class CorrectionOut(Out):
    """What was wrong, and when it was put right."""

    at: datetime
    note: str


class FeedLinkOut(Out):
    """A feed this article stands in, for autodiscovery: `<link rel="alternate" …>`."""

    rel: str = "alternate"
    type: str
    title: str
    href: str


class ArticleOut(ListedOut):
    """A whole article; `html` is sanitised, `json_ld` says the same for machines."""

    version: int
    html: str
    byline: str | None
    images: Sequence[ImageOut]
    claim: ClaimOut | None
    corrections: Sequence[CorrectionOut] = Field(description="Oldest first")
    feeds: Sequence[FeedLinkOut]
    json_ld: dict[str, Any]

    @classmethod
    def whole(cls, found: Read, words: Words) -> "ArticleOut":
        """From the article with its corrections."""
        row = found.article
        return cls(
            **dict(ListedOut.of(row, words)),
            version=row.version,
            html=words.of(row.html),
            byline=row.byline,
            images=[_image(row.id, image, words) for image in row.images],
            claim=_claim(row.claim, words) if row.claim else None,
            corrections=[
                CorrectionOut(at=words.local(each.at), note=words.of(each.note)) for each in found.corrections
            ],
            feeds=[
                FeedLinkOut(type=media_type, title=title, href=href)
                for media_type, title, href in words.feeds(row.kind, row.districts)
            ],
            json_ld=linked_data(row, found.corrections, words),
        )


def _image(article_id: UUID, image: dict[str, Any], words: Words) -> ImageOut:
    return ImageOut(
        url=image_link(article_id, image["media_id"]),
        type=image["type"],
        alt=words.of(image["alt"]),
        credit=image["credit"],
    )


def _claim(claim: dict[str, Any], words: Words) -> ClaimOut:
    verdict = words.label("verdict", claim["verdict"])
    return ClaimOut(claim=words.of(claim["claim"]), verdict=verdict, sources=claim["sources"])
