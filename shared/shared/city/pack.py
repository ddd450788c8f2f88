"""The city pack as one object: what every service reads of `deploy/cities/<city>/`."""

import hashlib
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import Annotated, Literal, Self, get_args
from zoneinfo import ZoneInfo

import holidays
from pydantic import ConfigDict, Field, model_validator

from shared.city.areas import Areas, Plane
from shared.city.areas_file import BoundingBox, read_villages
from shared.city.calendar import Hours, WorkCalendar
from shared.city.checks import Code, Known, Label, PackModel, distinct, once, refers_to, wrong
from shared.city.files import File, read_yaml
from shared.city.gazetteer import Gazetteer
from shared.city.gazetteer_file import read_gazetteer
from shared.city.problems import Problems
from shared.city.texts import read_texts

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_READ = (".yaml", ".csv", ".geojson")


class Levels(PackModel):
    """What the two levels of areas are called here: kecamatan and kelurahan, or kecamatan and desa."""

    district: Label
    village: Label


class Contact(PackModel):
    """A public way to reach the city; `source` says who vouches for it, or `unverified`."""

    code: Code
    kind: Literal["phone", "whatsapp", "email", "url"]
    value: str
    name: Label
    source: str


class Agency(PackModel):
    """An office that can be given work; `area` for the office of one district."""

    code: Annotated[Code, once("agency")]
    name: Label
    short: str
    kind: Literal["department", "district_office", "utility", "police", "partner"]
    area: Annotated[str, refers_to("area", "areas.csv")] | None = None
    source: str


class _OfficeHours(PackModel):
    open: time
    close: time

    @model_validator(mode="after")
    def _opens_first(self) -> Self:
        if self.open >= self.close:
            raise wrong("open must be before close")
        return self


class CityFile(PackModel):
    """city.yaml. The first language is the default one; `colours` by their use, for front ends."""

    code: Code
    name: Label
    zone: ZoneInfo
    languages: tuple[Literal["id", "en"], ...] = Field(min_length=1)
    levels: Levels
    bounding_box: BoundingBox
    office_hours: dict[Weekday, _OfficeHours] = Field(min_length=1)
    contacts: Annotated[tuple[Contact, ...], distinct("code")] = ()
    colours: dict[Code, Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]] = {}


class _AgencyFile(PackModel):
    agencies: tuple[Agency, ...] = Field(min_length=1)


class _Day(PackModel):
    date: date
    name: Label
    source: str


class _HolidayFile(PackModel):
    country: str
    categories: tuple[str, ...] = Field(min_length=1)
    joint_leave: Annotated[tuple[_Day, ...], distinct("date")] = ()
    worked: Annotated[tuple[_Day, ...], distinct("date")] = ()


class City(CityFile):
    """One city, read-only for the life of the process; `digest` names the exact content of its files."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    areas: Areas
    agencies: Mapping[str, Agency]
    calendar: WorkCalendar
    gazetteer: Gazetteer
    folder: Path
    digest: str

    def known(self) -> Known:
        """The codes a service's own pack file may refer to (kinds `area` and `agency`)."""
        return {"area": set(self.areas.codes), "agency": set(self.agencies)}


def load_city(folder: Path) -> City:
    """Read city.yaml, areas.csv (and areas.geojson), gazetteer.csv, agencies.yaml, holidays.yaml and texts/.

    PackError with every problem of these files, each with file and line.
    """
    problems = Problems()
    known: Known = {}
    about = read_yaml(folder / "city.yaml", CityFile, problems)
    areas = _areas(folder, about.value.bounding_box if about else None, problems, known)
    offices = read_yaml(folder / "agencies.yaml", _AgencyFile, problems, known)
    days = read_yaml(folder / "holidays.yaml", _HolidayFile, problems)
    read_texts(folder, problems)
    calendar = _calendar(about.value, days, problems) if about and days else None
    gazetteer = _gazetteer(folder, about.value, areas, problems, known) if about and areas else None
    if problems or not (about and areas and offices and calendar and gazetteer):
        raise problems.error()
    return City.model_construct(
        **dict(about.value),
        areas=areas,
        agencies={agency.code: agency for agency in offices.value.agencies},
        calendar=calendar,
        gazetteer=gazetteer,
        folder=folder,
        digest=_digest(folder),
    )


def _areas(folder: Path, box: BoundingBox | None, problems: Problems, known: Known) -> Areas | None:
    villages = read_villages(folder / "areas.csv", box, problems, known)
    if box is None or not villages:
        return None
    plane = Plane((box.south + box.north) / 2)
    path = folder / "areas.geojson"
    if not path.exists():
        return Areas(villages, plane, None)
    from shared.city.polygons import read_polygons  # shapely and numpy, for packs that have polygons alone

    return Areas(villages, plane, read_polygons(path, villages, plane, problems))


def _gazetteer(folder: Path, about: CityFile, areas: Areas, problems: Problems, known: Known) -> Gazetteer:
    said = (about.name.id, about.levels.district.id, about.levels.village.id)
    return read_gazetteer(folder, areas, about.bounding_box, said, problems, known)


def _calendar(about: CityFile, days: File[_HolidayFile], problems: Problems) -> WorkCalendar | None:
    file = days.value
    try:
        national = holidays.country_holidays(file.country, categories=file.categories)
    except (NotImplementedError, ValueError) as error:
        days.source.add(problems, str(error), "country")
        return None
    names = get_args(Weekday)
    week = {names.index(day): Hours(hours.open, hours.close) for day, hours in about.office_hours.items()}
    joint, worked = (frozenset(day.date for day in listed) for listed in (file.joint_leave, file.worked))
    return WorkCalendar(about.zone, week, national, joint, worked)


def _digest(folder: Path) -> str:
    """SHA-256 over name, length and content of the pack's data files, in the order of their names."""
    total = hashlib.sha256()
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.suffix in _READ}
    for name in sorted(paths):
        content = paths[name].read_bytes()
        total.update(f"{name}\n{len(content)}\n".encode() + content)
    return total.hexdigest()
