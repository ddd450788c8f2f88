"""The Tangerang pack loads; a broken pack names file and line of everything that is wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.city.pack import load_city
from shared.city.problems import PackError

Spoil = Callable[[str, str, str], tuple[int, list[str]]]

BROKEN = [
    ("city.yaml", "zone: Asia/Jakarta", "zone: Asia/Tangerang", "zone: "),
    ("city.yaml", "code: tangerang", "code: Kota Tangerang", "code: String should match"),
    ("city.yaml", "languages: [id, en]", "languages: [id, jv]", "language 2: "),
    ("city.yaml", "languages:", "langauges:", "langauges: Extra inputs"),
    (
        "city.yaml",
        "bounding_box: {south: -6.2561",
        "bounding_box: {south: -5.2561",
        "south must be below north",
    ),
    ("city.yaml", "south: -6.2561", "south: nan", "bounding_box: south: "),
    ("city.yaml", 'friday: {open: "07:30"', 'friday: {open: "17:30"', "friday: open must be before close"),
    ("city.yaml", "  friday:", "  freitag:", "office_hours: freitag"),
    ("city.yaml", "  friday:", "  monday:", 'the name "monday" stands here twice'),
    ("city.yaml", "code: police", "code: emergency", 'contact "emergency": code: "emergency" is used twice'),
    ("city.yaml", "{id: Kota Tangerang, en:", '{id: "", en:', "name: id: String should have"),
    ("areas.csv", "106.6319,0.75", "106.6319,0", 'row "36.71.01.1001": area_km2: '),
    ("areas.csv", "106.6319,0.75", "107.6319,0.75", "outside bounding_box of city.yaml"),
    ("areas.csv", "-6.1729,106.6319", "106.6319,-6.1729", "centroid_lat: Input should be less"),
    ("areas.csv", "-6.1729,106.6319", "inf,106.6319", "centroid_lat: Input should be a finite"),
    ("areas.csv", "36.71.01.1002", "36.71.01.1001", 'code: "36.71.01.1001" is used twice'),
    ("areas.csv", "36.71.01.1002", "36.71.01", "is the code of a village and of a district"),
    ("areas.csv", "Sukaasih,36.71.01,Tangerang", "Sukaasih,36.71.01,Benda", 'is called "Tangerang" above'),
    ("areas.csv", "106.6319,0.75", "106.6319", "has 6 cells, the first row has 7"),
    ("areas.csv", ",Sukarasa,", ',"Suka"rasa,', "is not valid CSV"),
    ("areas.csv", "area_km2", "hectares", 'column "hectares" is unknown or missing'),
    ("areas.csv", "Sukarasa", "", 'row "36.71.01.1001": name: Field required'),
    ("agencies.yaml", "code: dlh", "code: dpupr", 'code: "dpupr" is used twice'),
    ("agencies.yaml", 'area: "36.71.03"', 'area: "36.71.99"', 'area: "36.71.99" is not in areas.csv'),
    ("agencies.yaml", "kind: police", "kind: army", 'agency "polres": kind: '),
    ("agencies.yaml", ", en: Environment}", "}", 'agency "dlh": name: en: Field required'),
    ("agencies.yaml", "agencies:", "agencies: &all", "anchors (&), aliases (*) and tags (!) are not allowed"),
    ("agencies.yaml", "short: DLH", "short: !!python/name:os.system", "tags (!) are not allowed"),
    ("agencies.yaml", "short: DLH", "short: @DLH", "is not valid YAML"),
    ("agencies.yaml", "short: DLH", "short: 36", 'agency "dlh": short: Input should be a valid string'),
    ("agencies.yaml", "short: DLH", "short: " + "[" * 50_000, "is nested deeper than 20 levels"),
    ("holidays.yaml", "country: ID", "country: XX", "country: "),
    ("holidays.yaml", "joint_leave: []", "joint_leave: [{date: 2028-02-30}]", "joint_leave 1: date: "),
    ("texts/en.yaml", "was kept", "{0} was kept", "problem.unavailable.detail: braces hold one name each"),
]


def test_tangerang_has_13_districts_104_villages_and_at_least_20_agencies(tangerang: Path) -> None:
    city = load_city(tangerang)
    assert (len(city.areas.districts), len(city.areas.villages)) == (13, 104)
    assert len([agency for agency in city.agencies.values() if agency.kind == "department"]) >= 20
    offices = {agency.area for agency in city.agencies.values() if agency.kind == "district_office"}
    assert offices == {district.code for district in city.areas.districts}
    assert (city.code, str(city.zone), city.languages) == ("tangerang", "Asia/Jakarta", ("id", "en"))
    assert (city.levels.district.id, city.levels.village.text("en")) == ("kecamatan", "village")


def test_the_name_traps_of_tangerang_are_avoided(tangerang: Path) -> None:
    districts = {village.name: village.district.name for village in load_city(tangerang).areas.villages}
    assert districts["Jatiuwung"] == districts["Panunggangan Barat"] == "Cibodas"
    assert districts["Panunggangan"] == "Pinang"


@pytest.mark.parametrize(("file", "old", "new", "why"), BROKEN)
def test_a_broken_pack_names_file_and_line(spoil: Spoil, file: str, old: str, new: str, why: str) -> None:
    line, problems = spoil(file, old, new)
    found = [problem for problem in problems if why in problem]
    assert found, problems
    assert found[0].startswith(f"{file}:{line}: ")


def test_a_missing_field_names_the_line_of_what_misses_it(spoil: Spoil) -> None:
    line, problems = spoil("agencies.yaml", "    short: DLH\n", "")
    assert problems == [f'agencies.yaml:{line - 1}: agency "dlh": short: Field required']


@pytest.mark.parametrize(
    "file", ["city.yaml", "areas.csv", "agencies.yaml", "holidays.yaml", "texts/id.yaml"]
)
def test_a_missing_an_empty_and_an_unreadable_file_are_named(pack: Path, file: str) -> None:
    for content, why in (
        (b"", "is empty"),
        (b"#\n\xff\n", "is not UTF-8 text"),
        (b" " * 2_000_001, "is larger"),
    ):
        (pack / file).write_bytes(content)
        with pytest.raises(PackError, match=f"{file}:[12]: {why}"):
            load_city(pack)
    (pack / file).unlink()
    with pytest.raises(PackError, match=f"{file}:1: cannot be read: No such file"):
        load_city(pack)


def test_all_problems_of_all_files_are_told_at_once(pack: Path, spoil: Spoil) -> None:
    for file, old, new in (
        ("city.yaml", "zone: Asia/Jakarta", "zone: Asia/Tangerang"),
        ("areas.csv", "106.6319,0.75", "106.6319,-1"),
        ("agencies.yaml", "kind: police", "kind: army"),
        ("agencies.yaml", 'area: "36.71.03"', 'area: "36.71.99"'),
    ):
        path = pack / file
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    _, problems = spoil("holidays.yaml", "worked: []", "worked: soon")
    assert [problem.split(":")[0] for problem in problems] == [
        "agencies.yaml", "agencies.yaml", "areas.csv", "city.yaml", "holidays.yaml",
    ]  # fmt: skip


def test_an_unreadable_areas_file_does_not_blame_the_agencies(spoil: Spoil) -> None:
    _, problems = spoil("areas.csv", "area_km2", "hectares")
    assert {problem.split(":")[0] for problem in problems} == {"areas.csv"}


def test_the_digest_changes_with_every_data_file_and_only_with_them(pack: Path) -> None:
    before = load_city(pack).digest
    (pack / "README.md").write_text("other", encoding="utf-8")
    assert load_city(pack).digest == before
    seen, files = {before}, [file for file in sorted(pack.rglob("*")) if file.suffix in (".yaml", ".csv")]
    for file in files:
        file.write_bytes(file.read_bytes() + b"# checked\n")
        seen.add(load_city(pack).digest)
    assert len(seen) == 1 + len(files) > 9


def test_a_windows_editor_is_forgiven(pack: Path) -> None:
    for file in ("city.yaml", "areas.csv", "agencies.yaml"):
        text = (pack / file).read_text(encoding="utf-8").replace("\n", "\r\n")
        (pack / file).write_text(text, encoding="utf-8-sig", newline="")
    assert len(load_city(pack).areas.villages) == 104


def test_a_city_says_which_codes_others_may_refer_to(tangerang: Path) -> None:
    known = load_city(tangerang).known()
    assert {"36.71.01", "36.71.01.1001"} <= known["area"]
    assert "dpupr" in known["agency"]
