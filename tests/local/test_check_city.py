"""`make check-city`: good packs pass, a broken copy is told with file and line, what is missing is listed."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from deploy.local import pack_facts
from deploy.local.check_city import check, examine
from deploy.local.errors import StackError
from deploy.local.layout import stack_from
from shared.city.pack import load_city
from tests.local.conftest import ROOT

CITIES = ROOT / "deploy" / "cities"
BROKEN = [
    ("city.yaml", "zone: Asia/Jayapura", "zone: Asia/Contoh", "zone: "),
    ("city.yaml", "south: 1.9", "south: 2.9", "south must be below north"),
    ("city.yaml", 'open: "08:00"', 'open: "18:00"', "open must be before close"),
    ("areas.csv", "99.01.01.2002", "99.01.01.2001", 'code: "99.01.01.2001" is used twice'),
    ("areas.csv", "2.02,133.025", "9.02,133.025", "outside bounding_box of city.yaml"),
    ("areas.geojson", '"99.01.01.2001"', '"99.01.01.2999"', 'area "99.01.01.2999" is not in areas.csv'),
    ("agencies.yaml", "code: dinas-pu", "code: Dinas PU", "code: String should match"),
    ("agencies.yaml", 'area: "99.01.01"', 'area: "99.09.01"', 'area: "99.09.01" is not in areas.csv'),
    ("gazetteer.csv", ",market,", ",bazaar,", ": kind: Input should be 'road'"),
    ("gazetteer.csv", "2.182,133.126,99.01.05.2003", "2.182,,99.01.05.2003", "lat and lon belong together"),
    ("address-words.yaml", "expand:", "expnd:", "expnd: Extra inputs"),
    ("holidays.yaml", "country: ID", "country: ZZ", "country: "),
    ("holidays.yaml", "date: 2026-11-25", "date: 2026-11-31", "date: "),
    (
        "texts/en.yaml",
        "{village} village",
        "{desa} village",
        "{desa} is not in the package's Indonesian text",
    ),
    ("texts/id.yaml", "Desa {village}", "Desa {village", "braces hold one name each"),
    ("report-categories.yaml", "agency: dinas-pu}", "agency: dinas-x}", '"dinas-x" is not in agencies.yaml'),
    (
        "report-categories.yaml",
        "area: 99.01.06.2001,",
        "area: 99.06.2999,",
        '"99.06.2999" is not in areas.csv',
    ),
    ("report-categories.yaml", "deadline: lapangan", "deadline: kapan", '"kapan" is not in deadline_classes'),
    ("report-categories.yaml", "name: {id: Mobil, en: By car}", "name: {id: Mobil}", "en: Field required"),
    ("demo-users.yaml", "roles: [laksa_head]", "roles: [laksa_chief]", '"laksa_chief" is no role'),
    ("demo-users.yaml", '"+6281200000011"', '"12"', '"12" is no mobile number'),
    ("demo-users.yaml", "lat: 2.181, lon", "lat: -2.181, lon", "outside bounding_box"),
    (
        "demo-users.yaml",
        "category: jalan-poros-rusak",
        "category: lubang",
        "is not in report-categories.yaml",
    ),
    ("demo-users.yaml", "bisa-dilalui: motor", "bisa-dilalui: kapal", '"bisa-dilalui": enum'),
    (
        "demo-users.yaml",
        "category: jalan-poros-rusak",
        "category: lampu-jalan-padam",
        '"dinas-perhubungan" gets the report and has no officer here',
    ),
]
WEAK = [
    (
        "agencies.yaml",
        'kind: district_office, area: "99.01.06"',
        "kind: department",
        "distrik without an office of its own: Demo Pesisir",
    ),
    ("agencies.yaml", "department, source: demo", "department, source: unverified", "1 unverified: dinas-pu"),
    ("texts/en.yaml", "problem.outside_city.title: Out", "# ", "not here, but in id.yaml: problem.outside"),
    ("texts/id.yaml", "summary:", "sumary:", "no package has the key: sumary"),
    ("gazetteer.csv", "2.182,133.126", "2.222,133.126", "lies in another area: Pasar Sentral Contoh"),
    ("demo-users.yaml", "roles: [laksa_verifier]", "roles: [ops]", "no demo person is laksa_verifier"),
    (
        "report-categories.yaml",
        "hours: 12, source: demo",
        "hours: 12, source: unverified",
        "1 deadlines unverified: mendesak",
    ),
]
Change = Callable[[str, str, str], int]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CITIES / "contoh", tmp_path / "contoh"))


@pytest.fixture
def change(pack: Path) -> Change:
    """Replace the first `old` in a file; the line it stood in."""

    def change(file: str, old: str, new: str) -> int:
        text = (pack / file).read_text(encoding="utf-8")
        assert old in text
        (pack / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        return text.count("\n", 0, text.index(old)) + 1

    return change


@pytest.mark.parametrize("city", sorted(folder.name for folder in CITIES.iterdir()))
def test_every_pack_of_the_repository_can_be_used(city: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(stack_from({}, ROOT), [city]) == 0
    told = capsys.readouterr().out
    assert f"deploy/cities/{city}: can be used" in told
    assert "missing or weak" in told


@pytest.mark.parametrize(("file", "old", "new", "why"), BROKEN)
def test_a_broken_pack_is_told_with_file_and_line(
    pack: Path, change: Change, file: str, old: str, new: str, why: str
) -> None:
    line = change(file, old, new)
    found = [str(error) for error in examine(pack)[0] if why in str(error)]
    assert found, examine(pack)[0]
    assert found[0].startswith(f"{pack}/{file}:{line}: ") or file == "demo-users.yaml"
    assert found[0].startswith(f"{pack}/{file}:")


def test_all_mistakes_are_told_at_once_and_end_with_exit_code_1(
    pack: Path, change: Change, capsys: pytest.CaptureFixture[str]
) -> None:
    for file, old, new, _ in (BROKEN[0], BROKEN[3], BROKEN[6]):
        change(file, old, new)
    assert check(stack_from({}, ROOT), [str(pack)]) == 1
    told = capsys.readouterr().out
    assert [file for file in ("city.yaml:", "areas.csv:", "agencies.yaml:") if file not in told] == []


@pytest.mark.parametrize(("file", "old", "new", "why"), WEAK)
def test_what_is_missing_or_weak_is_listed_and_is_no_error(
    pack: Path, change: Change, file: str, old: str, new: str, why: str
) -> None:
    change(file, old, new)
    errors, _, weak = examine(pack)
    assert errors == []
    assert [what for _, what in weak if why in what], weak


def test_missing_files_that_may_be_missing_are_named(pack: Path) -> None:
    for file in ("areas.geojson", "gazetteer.csv", "address-words.yaml"):
        (pack / file).unlink()
    errors, facts, weak = examine(pack)
    assert errors == []
    assert ("areas.geojson", "not there") in facts
    assert {file for file, _ in weak} >= {"areas.geojson", "gazetteer.csv"}


def test_a_missing_file_that_must_be_there_is_an_error(pack: Path) -> None:
    (pack / "report-categories.yaml").unlink()
    assert [str(error) for error in examine(pack)[0]] == [
        f"{pack}/report-categories.yaml:1: cannot be read: No such file or directory"
    ]


def test_the_year_after_the_last_joint_decree_is_named() -> None:
    city = load_city(CITIES / "contoh")
    assert [what for _, what in pack_facts.weak(city, date(2039, 5, 1)) if "2040" in what] == [
        "joint leave of 2040 is not known yet"
    ]


def test_a_pack_that_is_not_there_is_said() -> None:
    with pytest.raises(StackError, match="no city pack at"):
        check(stack_from({}, ROOT), ["nirgends"])
