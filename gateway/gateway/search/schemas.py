"""What travels over HTTP."""

from collections.abc import Sequence

from pydantic import Field

from shared.schemas import Moment, Out, Page, Point

Ranges = list[tuple[int, int]]


class HighlightsOut(Out):
    """Where the words that were looked for stand: [start, end) in code points of the text beside."""

    title: Ranges
    summary: Ranges


class HitOut(Out):
    """One thing that was found; texts are plain text, never HTML."""

    type: str = Field(description="what `type` filters by: article, place, …")
    kind: str = Field(description="Publisher and type, such as `news_article`")
    id: str
    title: str
    summary: str
    highlights: HighlightsOut = Field(description="For bold print")
    url: str = Field(description="Open it: a path of this API or an address")
    point: Point | None
    distance_m: int | None = Field(
        description="Metres from `lat`, `lon`; null without them, or without a place"
    )
    area: str | None = Field(description="Code of its district or village")
    published_at: Moment
    starts_at: Moment | None
    ends_at: Moment | None
    source: str | None = Field(description="demo: made up to show how the city works")


class FoundOut(Page[HitOut]):
    """One page; a page may be shorter than `limit` and still have a `next`."""

    did_you_mean: str | None = Field(description="the question as it was understood, if a word was guessed")


class TypeOut(Out):
    """A type of document, the kinds that have it, and how many there are."""

    type: str = Field(description="What `type` of a search filters by")
    kinds: Sequence[str] = Field(description="As `kind` of a hit names them")
    count: int


class TypesOut(Out):
    """Every type, by name."""

    items: Sequence[TypeOut]
