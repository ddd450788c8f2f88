"""Which collections there are: places by category, areas, and what other services publish, by kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from shared.city.checks import Label
from shared.city.pack import City
from shared.city.texts import Texts
from svc_tourism.areas.usecases import Level

Source = Literal["places", "areas", "documents"]

#: Collection -> kind of published document (shared.contracts.city). A new kind needs a line here, and its
#: title and description as `collection.<id>.…` in the texts.
KINDS: Mapping[str, str] = {
    "reports": "laksa_report",
    "markets": "prices_market",
    "alerts": "emergency_alert",
}
#: Categories of places that go by a name of their own; the others are `places_<category>`.
_CALLED = {"hospital": "hospitals"}
#: Facts of OpenStreetMap stand among the places: its licence (4.2) binds what is made of them.
ODBL = "https://opendatacommons.org/licenses/odbl/1-0/"
_LEVELS: Mapping[str, Level] = {"districts": "district", "villages": "village"}


@dataclass(frozen=True, slots=True)
class Collection:
    """One layer of the map. `of` is the category, the level or the kind; None for places of any category.

    `licence` None is the city's own (OPEN_DATA_LICENCE).
    """

    id: str
    title: Label
    description: Label
    source: Source
    of: str | None
    queryables: tuple[str, ...]
    geometry: Literal["Point", "MultiPolygon"] = "Point"
    timed: bool = True
    licence: str | None = None


class Collections:
    """All of them, in the order in which they are listed."""

    def __init__(self, city: City, texts: Texts, categories: Mapping[str, Label]) -> None:
        made = [
            *_of_places(texts, categories),
            *(_of_areas(city, texts, name, level) for name, level in _LEVELS.items()),
            *(_of_documents(texts, name, kind) for name, kind in KINDS.items()),
        ]
        self.by_id: Mapping[str, Collection] = {collection.id: collection for collection in made}

    @property
    def listed(self) -> Sequence[Collection]:
        """In order."""
        return list(self.by_id.values())


def _of_places(texts: Texts, categories: Mapping[str, Label]) -> Sequence[Collection]:
    whole = Collection(
        "places",
        _both(texts, "collection.places.title"),
        _both(texts, "collection.places.description"),
        "places",
        None,
        ("category", "district", "village"),
        licence=ODBL,
    )
    description = _both(texts, "collection.category.description")
    return [
        whole,
        *(
            Collection(
                _CALLED.get(code, f"places_{code}"),
                name,
                Label(id=description.id.format(category=name.id), en=description.en.format(category=name.en)),
                "places",
                code,
                ("district", "village"),
                licence=ODBL,
            )
            for code, name in categories.items()
        ),
    ]


def _of_areas(city: City, texts: Texts, name: str, level: Level) -> Collection:
    shapes = "approximate" if city.areas.approximate else "official"
    called = city.levels.district if level == "district" else city.levels.village
    return Collection(
        name,
        Label(id=called.id.capitalize(), en=f"{called.en.capitalize()}s"),
        _both(texts, f"collection.areas.{shapes}"),
        "areas",
        level,
        ("code", "name") if level == "district" else ("code", "district", "name"),
        "MultiPolygon",
        timed=False,
    )


def _of_documents(texts: Texts, name: str, kind: str) -> Collection:
    title, description = (_both(texts, f"collection.{name}.{part}") for part in ("title", "description"))
    return Collection(name, title, description, "documents", kind, ("district", "village"))


def _both(texts: Texts, key: str) -> Label:
    return Label(id=texts.get(key, "id"), en=texts.get(key, "en"))
