"""gazetteer.csv of a pack, and its areas, as places that can be found by name."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.city.areas import Areas, Village
from shared.city.areas_file import BoundingBox
from shared.city.checks import Known, PackModel, refers_to, wrong
from shared.city.files import read_csv, read_yaml
from shared.city.gazetteer import Gazetteer, Place, Words
from shared.city.problems import Problems

Kind = Literal["road", "market", "hospital", "school", "office", "industry", "landmark"]
_WORDS, _PARTS = "address-words.yaml", tuple(Words.model_fields)


class _Row(PackModel):
    name: str = Field(max_length=120)
    kind: Kind
    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)
    area: Annotated[str, refers_to("area", "areas.csv")] | None = None
    aliases: str = ""
    source: str

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if (self.lat is None) != (self.lon is None):
            raise wrong("lat and lon belong together")
        if self.lat is None and self.area is None:
            raise wrong("needs lat and lon, or the area it lies in")
        return self


def read_gazetteer(
    folder: Path, areas: Areas, box: BoundingBox, said: Sequence[str], problems: Problems, known: Known
) -> Gazetteer:
    """Districts, villages and, if the pack has it, gazetteer.csv.

    `said` is what people may say beside any name: the city's name, then what both levels are called.
    """
    words = Words()
    for path in (Path(__file__).with_name(_WORDS), folder / _WORDS):
        file = read_yaml(path, Words, problems) if path.exists() else None
        if file:
            words = Words(**{part: getattr(words, part) | getattr(file.value, part) for part in _PARTS})
    places = dict.fromkeys(_areas(areas, *said))
    path = folder / "gazetteer.csv"
    for row in read_csv(path, _Row, problems, known) if path.exists() else ():
        if row.value.area and areas.find(row.value.area) is None:
            continue  # that area's own row is wrong, and told
        place = _place(row.value, areas, " ".join(said))
        if not box.holds(place.lat, place.lon):
            row.source.add(problems, "lies outside bounding_box of city.yaml")
        if place in places:
            row.source.add(problems, "stands here twice")
        places[place] = None
    return Gazetteer(places, words, said[0])


def _areas(areas: Areas, city: str, district: str, village: str) -> Iterator[Place]:
    for each in areas.districts:
        lat, lon = _middle([v for v in areas.villages if v.district == each])
        yield Place(each.name, "district", lat, lon, False, each, None, around=f"{district} {city}")
    for v in areas.villages:
        around = f"{village} {v.district.name} {district} {city}"
        yield Place(v.name, "village", v.lat, v.lon, False, v.district, v, around=around)


def _place(row: _Row, areas: Areas, said: str) -> Place:
    area = areas.find(row.area) if row.area else areas.locate(row.lat or 0, row.lon or 0).village
    village = area if isinstance(area, Village) else None
    district = village.district if village else next(each for each in areas.districts if each == area)
    lat, lon = _middle([v for v in areas.villages if area in (v, v.district)])
    if exact := row.lat is not None and row.lon is not None:
        lat, lon = row.lat, row.lon
    names = tuple(alias.strip() for alias in row.aliases.split("|") if alias.strip())
    around = f"{village.name if village else ''} {district.name} {said}"
    return Place(row.name, row.kind, lat, lon, exact, district, village, names, around)


def _middle(villages: Sequence[Village]) -> tuple[float, float]:
    """The mean of the centroids, weighted by area."""
    total = sum(v.area_km2 for v in villages)
    lat, lon = (sum(getattr(v, axis) * v.area_km2 for v in villages) / total for axis in ("lat", "lon"))
    return lat, lon
