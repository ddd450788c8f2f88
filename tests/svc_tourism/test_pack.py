"""The files of a city pack that this service reads: what is wrong in them is named with file and line."""

import shutil
from pathlib import Path

import pytest

from shared.city.pack import load_city
from shared.city.problems import PackError
from svc_tourism import pack
from tests.conftest import PACK

HEAD = (
    "slug,category,name_id,name_en,lat,lon,area,description_id,description_en,hours,entry_fee,wheelchair,"
    "phone,website,tags,source,attribution\n"
)


def row(slug: str = "a", category: str = "beach", lat: str = "2.061", area: str = "99.01.02.2004",
        hours: str = "", tags: str = "", fee: str = "") -> str:  # fmt: skip
    return f"{slug},{category},A,A,{lat},133.176,{area},,,{hours},{fee},,,,{tags},demo,\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the smaller pack, which has polygons."""
    return Path(shutil.copytree(PACK.parent / "contoh", tmp_path / "contoh"))


@pytest.mark.parametrize("city", ["tangerang", "contoh"])
def test_both_cities_can_be_used_and_have_a_place_of_every_kind(city: str) -> None:
    there, weak = pack.check(load_city(PACK.parent / city))
    assert [file for file, _ in there] == ["place-categories.yaml", "places.csv", "ramadan.yaml"]
    assert not any("no place of the kind" in what for _, what in weak)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (row(hours="Senen 08.00-10.00"), 'hours: hours_word_unknown: "senen"'),
        (row(hours="08.00-10.00 WIB"), 'hours: hours_zone_other: "wib"'),
        (row(category="volcano"), 'category: "volcano" is not in place-categories.yaml'),
        (row(area="99.01.02"), 'area: "99.01.02" is not in areas.csv'),
        (row(area="99.01.02.2005"), "the point lies in 99.01.02.2004 (Teratai)"),
        (row(lat="5"), "the point lies outside bounding_box of city.yaml"),
        (row(tags="Bad Key=x"), "tags: a key has small letters"),
        (row(fee="-5"), "entry_fee"),
        (row() + row(), '"a" is used twice'),
    ],
)
def test_a_place_that_cannot_be_is_named_with_its_line(folder: Path, bad: str, why: str) -> None:
    (folder / "places.csv").write_text(HEAD + bad)
    with pytest.raises(PackError) as caught:
        pack.load_places(load_city(folder))
    line = 3 if "twice" in why else 2
    assert f"places.csv:{line}: row" in str(caught.value)
    assert why in str(caught.value)


def test_a_ramadan_of_forty_days_and_tags_that_are_none_are_refused(folder: Path) -> None:
    (folder / "ramadan.yaml").write_text(
        "ramadan:\n  - {first: 2026-02-19, last: 2026-03-31, source: demo}\n"
    )
    with pytest.raises(PackError, match=r"ramadan\.yaml:2: .*29 or 30 days"):
        pack.load_hours(load_city(folder))
    categories = (
        (folder / "place-categories.yaml").read_text().replace("natural: beach", "Natural Thing: beach")
    )
    (folder / "place-categories.yaml").write_text(categories)
    with pytest.raises(PackError, match=r"place-categories\.yaml:\d+: .*small letters"):
        pack.load_categories(load_city(folder))


def test_without_places_and_ramadan_a_pack_is_good_enough(folder: Path) -> None:
    (folder / "places.csv").unlink()
    city = load_city(folder)
    assert (pack.load_places(city), len(pack.load_hours(city).days.fasts)) == ([], 0)
    assert ("places.csv", "not there") in pack.check(city)[0]
