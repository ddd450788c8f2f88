"""Places in words: labels in the language of an answer, and the events that tell the city."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from shared import media
from shared.contracts.city import DocumentPublishedV1, DocumentWithdrawnV1, PointV1, TagsPurgedV1, Texts
from shared.contracts.tourism import PlaceChangedV1, PlacePublishedV1, PlaceRatedV1, PlaceWithdrawnV1
from shared.events.event import Event
from shared.runtime import Runtime
from shared.schemas import Labelled
from svc_tourism.hours.rules import CityHours, Hours, Now
from svc_tourism.pack import PlaceCategories
from svc_tourism.places.models import Place

TAG = "tourism:places"
KIND = "tourism_place"
_LANGUAGES = ("id", "en")
_KEPT = 4_096


class Labels:
    """Codes with their texts, each made once a process: a page of places has a thousand of them.

    They change with the city pack and the texts alone, and so with the process.
    """

    def __init__(self, run: Runtime, categories: PlaceCategories) -> None:
        self._texts, self._areas, self._categories = run.texts, run.city.areas, categories.by_code
        self.label, self.category = lru_cache(_KEPT)(self._label), lru_cache(_KEPT)(self._category)
        self.area = lru_cache(_KEPT)(self._area)

    def _label(self, language: str, kind: str, code: str) -> Labelled:
        return Labelled(code=code, label=self._texts.get(f"{kind}.{code}", language))

    def _category(self, language: str, code: str) -> Labelled:
        known = self._categories.get(code)
        return Labelled(code=code, label=known.name.text(language) if known else code)

    def _area(self, code: str) -> Labelled:
        found = self._areas.find(code)
        return Labelled(code=code, label=found.name if found else code)


@dataclass(frozen=True, slots=True)
class Words:
    """The language of an answer, and its moment."""

    run: Runtime
    language: str
    now: datetime

    @property
    def labels(self) -> Labels:
        """Those of this process."""
        labels: Labels = self.run.part(Labels)
        return labels

    def text(self, key: str) -> str:
        """A text of this service."""
        return self.run.texts.get(key, self.language)

    def label(self, kind: str, code: str) -> Labelled:
        """A code with its text."""
        return self.labels.label(self.language, kind, code)

    def one(self, texts: dict[str, Any] | None) -> str | None:
        """The stored text in this language, or in the other one where that is all there is."""
        if texts is None:
            return None
        said: str | None = texts.get(self.language) or texts.get("id") or None
        return said

    def name(self, texts: dict[str, Any]) -> str:
        """The same where there always is one."""
        return self.one(texts) or ""

    def category(self, code: str) -> Labelled:
        """By the pack; a category that the pack dropped shows its code."""
        return self.labels.category(self.language, code)

    def area(self, code: str) -> Labelled:
        """A village or district."""
        return self.labels.area(code)

    def local(self, moment: datetime) -> datetime:
        """In the city's zone."""
        return moment.astimezone(self.run.city.zone)

    def state(self, row: Any, moment: datetime | None = None) -> Now:
        """Whether a place is open now, or at a moment; closed for a while goes before its hours."""
        if row.status == "closed":
            return Now("closed")
        hours: CityHours = self.run.part(CityHours)
        return hours.now(hours_of(row), moment or self.now)

    def photo(self, media_id: Any, variant: media.Variant) -> str:
        """A signed address."""
        return media.signed_path(media_id, variant, self.run.settings.media_keys, self.now)


def hours_of(row: Any) -> Hours:
    """Both expressions of a place."""
    return Hours(row.opening_hours, row.ramadan_hours)


def published(run: Runtime, row: Place) -> DocumentPublishedV1:
    """As search finds it."""
    return DocumentPublishedV1(
        kind=KIND,
        id=str(row.id),
        title=cast(Texts, row.name),
        summary=cast(Texts, {each: _summary(run, row, each) for each in _LANGUAGES}),
        point=PointV1(lat=row.lat, lon=row.lon),
        area=row.village,
        url=link(row),
        published_at=row.published_at or row.updated_at,
        source=row.source,
    )


def of_publishing(run: Runtime, row: Place) -> Iterator[Event]:
    """It can be found, and cached lists are stale."""
    yield PlacePublishedV1(**_facts(row))
    yield published(run, row)
    yield TagsPurgedV1(tags=(TAG,))


def of_change(run: Runtime, row: Place, groups: Iterable[str]) -> Iterator[Event]:
    """It says something else now."""
    yield PlaceChangedV1(**_facts(row), groups=tuple(groups), closed=row.status == "closed")
    yield published(run, row)
    yield TagsPurgedV1(tags=(TAG,))


def of_withdrawing(row: Place) -> Iterator[Event]:
    """It can be found no longer."""
    yield PlaceWithdrawnV1(**_facts(row))
    yield DocumentWithdrawnV1(kind=KIND, id=str(row.id))
    yield TagsPurgedV1(tags=(TAG,))


def of_rating(row: Place) -> Iterator[Event]:
    """Its stars changed."""
    average = round(row.rating_sum / row.rating_count, 1) if row.rating_count else None
    yield PlaceRatedV1(**_facts(row), reviews=row.rating_count, average=average)
    yield TagsPurgedV1(tags=(TAG,))


def link(row: Any) -> str:
    """Where it is read."""
    return f"/v1/tourism/places/{row.slug}"


def _facts(row: Place) -> dict[str, Any]:
    return {"place_id": row.id, "category": row.category, "district": row.district, "village": row.village}


def _summary(run: Runtime, row: Place, language: str) -> str:
    """What kind of place it is and where; then the beginning of its description."""
    words = Words(run, language, row.updated_at)
    where = f"{words.category(row.category).label}, {words.area(row.village).label}"
    said = (words.one(row.description) or "")[:200]
    return f"{where}. {said}" if said else where
