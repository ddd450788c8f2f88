"""What the public reads of a place."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from shared.schemas import Labelled, Out, Point
from svc_tourism.hours.rules import CityHours, Day, Now
from svc_tourism.pack import PlaceCategories
from svc_tourism.places.documents import Words, hours_of
from svc_tourism.routes.rules import geo_link

_WEEK = 7


class AreaOut(Out):
    """`approximate`: judged from centroids, there are no official borders yet."""

    village: Labelled
    district: Labelled
    approximate: bool


class RatingOut(Out):
    """Published reviews alone; `average` of 1 to 5 stars, null without one."""

    count: int
    average: float | None


class OpenOut(Out):
    """`state` open, closed or unknown; until `changes_at` (null: for a year at least, or nobody knows)."""

    state: Labelled
    changes_at: datetime | None
    comment: str | None

    @classmethod
    def of(cls, now: Now, words: Words) -> "OpenOut":
        """In words."""
        changes = words.local(now.changes_at) if now.changes_at else None
        return cls(state=words.label("open", now.state), changes_at=changes, comment=now.comment or None)


class ListedOut(Out):
    """A place in a list. `thumb` is a signed address; `source` is `demo` for made-up places."""

    id: UUID
    slug: str
    category: Labelled
    name: str
    status: Labelled
    point: Point
    area: AreaOut
    address: str | None
    open: OpenOut
    entry_fee: int | None
    wheelchair: Labelled
    rating: RatingOut
    thumb: str | None
    source: str
    attribution: str | None
    updated_at: datetime

    @classmethod
    def of(cls, row: Any, words: Words, **more: Any) -> Any:
        """From a Place, or from a row with the columns of `queries.SUMMARY`."""
        fields: dict[str, Any] = {
            "id": row.id,
            "slug": row.slug,
            "category": words.category(row.category),
            "name": words.name(row.name),
            "status": words.label("status", row.status),
            "point": Point(lat=row.lat, lon=row.lon),
            "area": AreaOut(
                village=words.area(row.village),
                district=words.area(row.district),
                approximate=row.approximate,
            ),
            "address": row.address,
            "open": OpenOut.of(words.state(row), words),
            "entry_fee": row.entry_fee,
            "wheelchair": words.label("wheelchair", row.wheelchair),
            "rating": _rating(row),
            "thumb": words.photo(row.photos[0]["media_id"], "thumb") if row.photos else None,
            "source": row.source,
            "attribution": row.attribution,
            "updated_at": words.local(row.updated_at),
        }
        return cls(**fields | more)


class PhotoOut(Out):
    """Signed addresses, good for an hour or two; `alt` says what can be seen."""

    small: str
    full: str
    alt: str


class RangeOut(Out):
    """From and to; `sure` is false where the hours say "perhaps"."""

    start: datetime
    end: datetime
    sure: bool


class DayOut(Out):
    """The hours that begin on a day; none and `known`: closed."""

    date: date
    weekday: str
    known: bool
    holiday: bool
    ramadan: bool
    ranges: Sequence[RangeOut]

    @classmethod
    def of(cls, day: Day, words: Words) -> "DayOut":
        """In words."""
        ranges = [RangeOut(start=each.start, end=each.end, sure=each.sure) for each in day.ranges]
        return cls(
            date=day.date,
            weekday=words.text(f"weekday.{day.date.weekday()}"),
            known=day.known,
            holiday=day.holiday,
            ramadan=day.ramadan,
            ranges=ranges,
        )


class HoursOut(Out):
    """In OSM's grammar, as somebody wrote them, and day by day."""

    opening_hours: str | None
    ramadan_hours: str | None
    text: str | None
    days: Sequence[DayOut]


class FactOut(Out):
    """Who checked a group of facts (an agency, or the editors), when, and where the facts are from."""

    group: Labelled
    checked_by: str | None
    checked_at: datetime | None
    age_days: int | None
    source: str


class PlaceOut(ListedOut):
    """A place, whole. `geo` opens it in any map on the device (RFC 5870); `tags` are OpenStreetMap's."""

    version: int
    description: str | None
    price: str | None
    contact: dict[str, str]
    website: str | None
    accessibility: dict[str, str]
    tags: dict[str, str]
    photos: Sequence[PhotoOut]
    hours: HoursOut
    facts: Sequence[FactOut]
    geo: str

    @classmethod
    def of(cls, row: Any, words: Words, **more: Any) -> "PlaceOut":
        """From a Place."""
        known = words.run.part(CityHours)
        week = known.days_from(hours_of(row), words.local(words.now).date(), _WEEK)
        category = words.run.part(PlaceCategories).by_code.get(row.category)
        own: dict[str, Any] = {
            "version": row.version,
            "description": words.one(row.description),
            "price": words.one(row.price),
            "contact": row.contact,
            "website": row.website,
            "accessibility": row.accessibility,
            "tags": {**(category.osm if category else {}), **row.tags},
            "photos": [_photo(each, words) for each in row.photos],
            "hours": HoursOut(
                opening_hours=row.opening_hours,
                ramadan_hours=row.ramadan_hours,
                text=row.hours_text,
                days=[DayOut.of(each, words) for each in week],
            ),
            "facts": [_fact(group, fact, words) for group, fact in sorted(row.facts.items())],
            "geo": geo_link((row.lat, row.lon)),
        }
        return cls(**dict(ListedOut.of(row, words)), **own, **more)


def _rating(row: Any) -> RatingOut:
    count = row.rating_count
    return RatingOut(count=count, average=round(row.rating_sum / count, 1) if count else None)


def _photo(photo: dict[str, Any], words: Words) -> PhotoOut:
    small, full = (words.photo(photo["media_id"], variant) for variant in ("small", "full"))
    return PhotoOut(small=small, full=full, alt=words.name(photo["alt"]))


def _fact(group: str, fact: dict[str, Any], words: Words) -> FactOut:
    checked = words.local(datetime.fromisoformat(fact["at"])) if fact["at"] else None
    age = (words.local(words.now).date() - checked.date()).days if checked else None
    return FactOut(
        group=words.label("fact", group),
        checked_by=fact["agency"] or (words.text("fact.editors") if fact["by"] else None),
        checked_at=checked,
        age_days=age,
        source=fact["source"],
    )
