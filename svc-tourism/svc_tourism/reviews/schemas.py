"""What travels over HTTP about reviews; who wrote one, nobody is told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from shared.schemas import Filled, In, Labelled, Out
from svc_tourism.places.documents import Words
from svc_tourism.places.documents import link as link_of_place
from svc_tourism.reviews.models import Review
from svc_tourism.reviews.rules import Reason

_MOST_PHOTOS = 5


class ReviewIn(In):
    """Stars, words and, by their receipts, photos; a photo that stays is named by its id."""

    rating: int = Field(ge=1, le=5, strict=True)
    text: Annotated[Filled, Field(max_length=2_000)]
    photos: Annotated[
        tuple[Annotated[str, Field(max_length=4_000)], ...], Field(max_length=_MOST_PHOTOS)
    ] = ()
    keep: Annotated[tuple[UUID, ...], Field(max_length=_MOST_PHOTOS)] = ()


class RejectIn(In):
    """Why it does not stand there; `note` is for its writer."""

    reason_code: Reason
    note: Annotated[Filled, Field(max_length=500)] | None = None


class ReportIn(In):
    """Why it should not stand there."""

    reason_code: Reason


class ReviewOut(Out):
    """A published review. `photos` are signed addresses."""

    id: UUID
    rating: int
    text: str
    photos: Sequence[str]
    written_at: datetime

    @classmethod
    def of(cls, row: Review, words: Words, **more: Any) -> Any:
        """From its row."""
        photos = [words.photo(each, "small") for each in row.photos]
        fields = {"id": row.id, "rating": row.rating, "text": row.text, "photos": photos}
        return cls(**fields, written_at=words.local(row.written_at), **more)


class OwnOut(ReviewOut):
    """A review as its writer sees it: how it stands, and why it was taken down."""

    version: int
    state: Labelled
    reason: Labelled | None
    note: str | None
    photo_ids: Sequence[UUID]
    place: Labelled
    link: str

    @classmethod
    def of(cls, row: Review, words: Words, **more: Any) -> Any:
        """From its row; `at` is its place."""
        place = more.pop("at")
        fields: dict[str, Any] = {
            "version": row.version,
            "state": words.label("review", row.state),
            "reason": words.label("review.reason", row.reason_code) if row.reason_code else None,
            "note": row.reason,
            "photo_ids": row.photos,
            "place": Labelled(code=place.slug, label=words.name(place.name)),
            "link": link_of_place(place),
        }
        return super().of(row, words, **fields, **more)


class WaitingOut(OwnOut):
    """A review as an editor sees it: how many reported it, and why."""

    reports: int
    reported_for: dict[str, int]

    @classmethod
    def of(cls, row: Review, words: Words, **more: Any) -> Any:
        """From its row."""
        return super().of(row, words, reports=row.reports, **more)
