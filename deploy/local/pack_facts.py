"""What of a city pack every service reads: what is there, and what is missing or weak."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain

import holidays

from deploy.local.layout import EVERY_SERVICE
from shared.app import Service
from shared.city.pack import City
from shared.city.problems import read_text
from shared.city.texts import LANGUAGES, load_texts
from shared.city.yaml_lines import parse_yaml

Line = tuple[str, str]
"""A file of the pack, and something about it."""
_SHOWN = 6


def listed(names: Iterable[str]) -> str:
    """The first few names, and how many more there are."""
    found = list(names)
    more = len(found) - _SHOWN
    return ", ".join(found[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def facts(city: City) -> Iterator[Line]:
    """One line for each file."""
    areas, levels, places = city.areas, city.levels, city.gazetteer.places
    size = sum(village.area_km2 for village in areas.villages)
    count = f"{len(areas.districts)} {levels.district.id}, {len(areas.villages)} {levels.village.id}"
    kinds = Counter(place.kind for place in places if place.kind not in ("district", "village"))
    agencies = Counter(agency.kind for agency in city.agencies.values())
    yield "city.yaml", f"{city.name.id}, {city.zone}, {len(city.office_hours)} working days a week"
    yield "areas.csv", f"{count}, {size:,.1f} km²"
    yield "areas.geojson", "not there" if areas.approximate else f"{len(areas.villages)} polygons"
    yield "agencies.yaml", ", ".join(f"{number} {kind}" for kind, number in agencies.most_common())
    yield "gazetteer.csv", ", ".join(f"{n} {kind}" for kind, n in kinds.most_common()) or "not there"
    yield "holidays.yaml", f"{len(city.calendar.joint_leave)} days of joint leave beyond the package's"
    yield "texts", ", ".join(f"{len(_texts(city, name))} in {name}" for name in LANGUAGES)


def weak(city: City, today: date) -> Iterator[Line]:
    """What works, and could serve people better or is not certain."""
    return chain(_areas(city), _agencies(city), _places(city), _holidays(city, today.year + 1), _words(city))


def _areas(city: City) -> Iterator[Line]:
    areas = city.areas
    if areas.approximate:
        yield "areas.geojson", "not there: areas are estimated, and every answer says approximate"
    strayed = [v for v in areas.villages if areas.locate(v.lat, v.lon).village != v]
    if strayed:
        yield "areas.csv", f"the centroid lies in another area: {listed(v.name for v in strayed)}"


def _agencies(city: City) -> Iterator[Line]:
    agencies = city.agencies.values()
    offices = {agency.area for agency in agencies if agency.kind == "district_office"}
    if unverified := [agency.code for agency in agencies if agency.source == "unverified"]:
        yield "agencies.yaml", f"{len(unverified)} unverified: {listed(unverified)}"
    if alone := [district.name for district in city.areas.districts if district.code not in offices]:
        yield "agencies.yaml", f"{city.levels.district.id} without an office of its own: {listed(alone)}"
    if not any(agency.kind == "police" for agency in agencies):
        yield "agencies.yaml", "none of kind police: nothing can be reported to the police alone"
    if doubtful := [c.code for c in city.contacts if c.source == "unverified"]:
        yield "city.yaml", f"contacts unverified: {listed(doubtful)}"
    if not city.contacts:
        yield "city.yaml", "no contacts: nobody is told whom to call"


def _places(city: City) -> Iterator[Line]:
    path = city.folder / "gazetteer.csv"
    if not path.exists():
        yield path.name, "not there: only areas are found by name"
        return
    own = [place for place in city.gazetteer.places if place.kind not in ("district", "village")]
    rows = csv.DictReader(line for line in read_text(path).splitlines() if not line.startswith("#"))
    if unverified := sum(row["source"] == "unverified" for row in rows):
        yield path.name, f"{unverified} of {len(own)} places unverified"
    if rough := sum(not place.exact for place in own):
        yield path.name, f"{rough} of {len(own)} places have no point of their own, only an area"
    named, known = {place.district for place in own}, {place.village for place in own}
    if bare := [district.name for district in city.areas.districts if district not in named]:
        yield path.name, f"no place in {city.levels.district.id} {listed(bare)}"
    if empty := [village.name for village in city.areas.villages if village not in known]:
        yield path.name, f"no place in {len(empty)} {city.levels.village.id}: {listed(empty)}"
    if not city.areas.approximate:
        strayed = [p.name for p in own if p.exact and p.village != city.areas.locate(p.lat, p.lon).village]
        if strayed:
            yield path.name, f"the point lies in another area: {listed(strayed)}"


def _holidays(city: City, year: int) -> Iterator[Line]:
    country = parse_yaml(read_text(city.folder / "holidays.yaml"))[0]["country"]
    if not holidays.country_holidays(country, years=year):
        yield "holidays.yaml", f"no national holidays known for {year}"
    supported = "government" in holidays.country_holidays(country).supported_categories
    package = holidays.country_holidays(country, years=year, categories=("government",)) if supported else ()
    if not package and not any(day.year == year for day in city.calendar.joint_leave):
        yield "holidays.yaml", f"joint leave of {year} is not known yet"


def _words(city: City) -> Iterator[Line]:
    """Keys of one language only, and keys no package has: slips of the pen."""
    own = {name: _texts(city, name) for name in LANGUAGES}
    for name, other in (LANGUAGES, LANGUAGES[::-1]):
        if missing := sorted(own[other] - own[name]):
            yield f"texts/{name}.yaml", f"not here, but in {other}.yaml: {listed(missing)}"
    shared = load_texts([Service("", "shared", "").folder])
    packages = [load_texts([Service("", service.package, "").folder]) for service in EVERY_SERVICE]
    known = {key for texts in (shared, *packages) for key in texts.names()}
    if strange := sorted(set.union(*own.values()) - known):
        yield "texts", f"no package has the key: {listed(strange)}"


def _texts(city: City, language: str) -> set[str]:
    return set(parse_yaml(read_text(city.folder / "texts" / f"{language}.yaml"))[0])
