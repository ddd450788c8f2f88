"""The city-pack files this service reads: kinds of places, first places, days of Ramadan."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from shared.city.areas import Village
from shared.city.checks import Code, Label, PackModel, distinct, once, refers_to, wrong
from shared.city.files import File, read_csv, read_yaml
from shared.city.pack import City
from shared.city.problems import Problems
from svc_tourism.hours.rules import CityDays, CityHours, Fast, NotUnderstood, Written, understood
from svc_tourism.places import rules
from svc_tourism.places.rules import Wheelchair

_CATEGORIES, _PLACES, _RAMADAN = "place-categories.yaml", "places.csv", "ramadan.yaml"


def _osm_tags(tags: dict[str, str]) -> dict[str, str]:
    if fault := rules.fault_of_tags(tags):
        raise wrong(fault)
    return tags


class Category(PackModel):
    """One kind of place; `osm` are its tags in OpenStreetMap, `stay_minutes` what a day plan allows."""

    code: Annotated[Code, once("place category")]
    name: Label
    osm: Annotated[dict[str, str], AfterValidator(_osm_tags)] = Field(min_length=1)
    stay_minutes: int = Field(default=60, ge=5, le=480)


class Group(PackModel):
    """A branch of the tree."""

    code: Annotated[Code, once("place group")]
    name: Label
    categories: tuple[Category, ...] = Field(min_length=1)


class PlaceCategories(PackModel):
    """place-categories.yaml."""

    groups: tuple[Group, ...] = Field(min_length=1)

    @cached_property
    def by_code(self) -> Mapping[str, Category]:
        """Every category; codes are unique over all groups."""
        return {category.code: category for group in self.groups for category in group.categories}


class _Row(PackModel):
    """A line of places.csv. `area` is the village; `hours` as people write them; `tags` are key=value|…"""

    slug: Annotated[Code, once("place")]
    category: Annotated[str, refers_to("place category", _CATEGORIES)]
    name_id: str = Field(max_length=200)
    name_en: str = Field(max_length=200)
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    area: Annotated[str, refers_to("village", "areas.csv")]
    description_id: str = Field(default="", max_length=2_000)
    description_en: str = Field(default="", max_length=2_000)
    hours: str | None = None
    entry_fee: int | None = Field(default=None, ge=0, le=100_000_000)
    wheelchair: Wheelchair = "unknown"
    phone: str | None = Field(default=None, max_length=40)
    website: str | None = Field(default=None, max_length=300, pattern=r"^https?://\S+$")
    tags: str | None = None
    source: str
    attribution: str | None = None

    @model_validator(mode="after")
    def _has_tags_of_osm(self) -> Self:
        if fault := rules.fault_of_tags(self.osm):
            raise wrong(fault, "tags")
        return self

    @property
    def osm(self) -> dict[str, str]:
        """Tags beyond those of the category."""
        return dict(each.partition("=")[::2] for each in (self.tags or "").split("|") if each)


class _FastIn(PackModel):
    first: date
    last: date
    source: str

    @model_validator(mode="after")
    def _lasts_a_month(self) -> Self:
        if not 28 <= (self.last - self.first).days <= 29:
            raise wrong("Ramadan has 29 or 30 days")
        return self


class _Ramadan(PackModel):
    ramadan: Annotated[tuple[_FastIn, ...], distinct("first")] = ()


def load_categories(city: City) -> PlaceCategories:
    """The kinds of places; PackError with every problem, each with file and line."""
    problems = Problems()
    file = read_yaml(city.folder / _CATEGORIES, PlaceCategories, problems, city.known())
    if problems or file is None:
        raise problems.error()
    return file.value


def load_places(city: City) -> Sequence[Mapping[str, Any]]:
    """Rows of the table `places`, as far as places.csv gives them; none without a file."""
    path, problems, known = city.folder / _PLACES, Problems(), city.known()
    if not path.exists():
        return []
    known["place category"] = set(load_categories(city).by_code)
    known["village"] = {village.code for village in city.areas.villages}
    rows = read_csv(path, _Row, problems, known)
    made = []
    for row in rows:
        made.append(_planted(row.value, city, _hours(row, city, problems)))
        if not city.bounding_box.holds(row.value.lat, row.value.lon):
            row.source.add(problems, "the point lies outside bounding_box of city.yaml")
        elif not city.areas.approximate:
            found = city.areas.locate(row.value.lat, row.value.lon).village
            if found.code != row.value.area:
                row.source.add(problems, f"the point lies in {found.code} ({found.name})")
    if problems:
        raise problems.error()
    return made


def load_hours(city: City) -> CityHours:
    """Evaluates opening hours by the city's zone, holidays and Ramadan (ramadan.yaml, else estimated)."""
    path, problems, box, calendar = city.folder / _RAMADAN, Problems(), city.bounding_box, city.calendar
    file = read_yaml(path, _Ramadan, problems) if path.exists() else None
    if problems:
        raise problems.error()

    def is_holiday(day: date) -> bool:
        return day not in calendar.worked and (day in calendar.holidays or day in calendar.joint_leave)

    centre = (round((box.south + box.north) / 2, 4), round((box.west + box.east) / 2, 4))
    fasts = [Fast(each.first, each.last) for each in file.value.ramadan] if file else []
    return CityHours(CityDays(city.zone, centre, is_holiday, fasts))


def _hours(row: File[_Row], city: City, problems: Problems) -> Written:
    try:
        return understood(row.value.hours, city.zone.key) if row.value.hours else Written(None)
    except NotUnderstood as error:
        row.source.add(problems, f'{error.code}: "{error.part}"', "hours")
        return Written(None)


def _planted(row: _Row, city: City, written: Written) -> Mapping[str, Any]:
    village = city.areas.find(row.area)
    assert isinstance(village, Village)
    return {
        "slug": row.slug,
        "category": row.category,
        "name": {"id": row.name_id, "en": row.name_en},
        "description": {"id": row.description_id, "en": row.description_en or row.description_id},
        "lat": row.lat,
        "lon": row.lon,
        "village": village.code,
        "district": village.district.code,
        "opening_hours": written.opening_hours,
        "ramadan_hours": written.ramadan_hours,
        "hours_text": row.hours,
        "entry_fee": row.entry_fee,
        "wheelchair": row.wheelchair,
        "contact": {"phone": row.phone} if row.phone else {},
        "website": row.website,
        "tags": row.osm,
        "source": row.source,
        "attribution": row.attribution,
    }


def check(city: City) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """For `make check-city`: (file, what is there) and (file, what is weak); PackError as on loading."""
    tree, places, days = load_categories(city), load_places(city), load_hours(city).days
    count = Counter(str(place["category"]) for place in places)
    demo = sum(place["source"] == "demo" for place in places)
    there = [
        (_CATEGORIES, f"{len(tree.by_code)} categories in {len(tree.groups)} groups"),
        (_PLACES, f"{len(places)} places, {demo} of them demo" if places else "not there"),
        (_RAMADAN, f"{len(days.fasts)} announced" if days.fasts else "not there: estimated"),
    ]
    silent = [code for code in tree.by_code if code not in count]
    untold = sum(place["opening_hours"] is None for place in places)
    weak = [(_PLACES, f"no place of the kind: {', '.join(silent)}")] if silent else []
    weak += [(_PLACES, f"{untold} of {len(places)} places without opening hours")] if untold else []
    return there, weak
