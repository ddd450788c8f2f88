"""What a resident calls a place, and which places that may be."""

from pydantic import Field

from shared.city.gazetteer import Found
from shared.schemas import In, Labelled, Line, Out, Point
from svc_laksa.reports.documents import Words


class PlaceIn(In):
    """An address or a landmark in the resident's own words."""

    text: Line = Field(min_length=1, examples=["depan Pasar Anyar"])
    limit: int = Field(default=5, ge=1, le=20)


class CandidateOut(Out):
    """A place that may be meant. `score` is from 0 to 1, comparable to pg_trgm's similarity.

    Not `exact`: only the area is known, `point` is the middle of it. `village` is null for a whole district.
    """

    name: str
    kind: Labelled
    point: Point
    exact: bool
    score: float
    district: Labelled
    village: Labelled | None

    @classmethod
    def of(cls, found: Found, words: Words) -> "CandidateOut":
        """In the words of the city: kelurahan here, desa there."""
        place, levels = found.place, words.run.city.levels
        level = {"district": levels.district, "village": levels.village}.get(place.kind)
        label = level.text(words.language) if level else words.text(f"place.{place.kind}")
        return cls(
            name=place.name,
            kind=Labelled(code=place.kind, label=label),
            point=Point(lat=place.lat, lon=place.lon),
            exact=place.exact,
            score=found.score,
            district=words.area(place.district.code),
            village=words.area(place.village.code) if place.village else None,
        )
