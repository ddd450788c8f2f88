"""LAKSA's report categories: the tree of Tangerang, routing, deadlines, and mistakes with file and line."""

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from shared.city.pack import City, load_city
from shared.city.problems import PackError
from svc_laksa.pack import ReportCategories, load_report_categories

TANGERANG = Path(__file__).parents[2] / "deploy/cities/tangerang"
FILE = "report-categories.yaml"

BROKEN = [
    ("agency: dpupr}", "agency: dinas-x}", 'agency: "dinas-x" is not in agencies.yaml'),
    ("area: 36.71.01,", "area: 36.72.01,", 'area: "36.72.01" is not in areas.csv'),
    (
        ", agency: dishub}",
        ", area: 36.71.01, agency: dishub}",
        "the last rule, and only the last, has no area",
    ),
    ("id: jalan-amblas.city", "id: jalan-berlubang.city", 'id: "jalan-berlubang.city" is used twice'),
    ("code: jalan-amblas", "code: jalan-berlubang", 'code: "jalan-berlubang" is used twice'),
    ("- code: penerangan", "- code: jalan", 'group "jalan": code: "jalan" is used twice'),
    ("deadline: complaint_checked", "deadline: tomorrow", 'deadline: "tomorrow" is not in deadline_classes'),
    ("privacy: name_hidden", "privacy: secret", "privacy: Input should be 'public'"),
    ("urgency: normal", "urgency: very", 'category "jalan-berlubang": urgency: '),
    ("duplicate_distance_m: 30", "duplicate_distance_m: 0", "duplicate_distance_m: Input should be greater"),
    ("anonymous: true", "anonymous: maybe", "anonymous: Input should be a valid boolean"),
    ("            order: 2", "            order: 1", 'question "bahaya": order: "1" is used twice'),
    (
        "          - code: bahaya",
        "          - code: ukuran",
        'question "ukuran": code: "ukuran" is used twice',
    ),
    ("datatype: singlevaluelist", "datatype: list", 'question "ukuran": datatype: '),
    ("- {key: tidak, name", "- {key: ya, name", 'value "ya": key: "ya" is used twice'),
    ("{id: Jalan berlubang, en: Pothole}", "{id: Jalan berlubang}", "name: en: Field required"),
    ("working_days: 3", "working_days: 0", 'deadline_class "information": working_days: '),
]


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(TANGERANG)


@pytest.fixture(scope="module")
def categories(city: City) -> ReportCategories:
    return load_report_categories(city)


def _spoiled(city: City, folder: Path, old: str, new: str) -> tuple[int, list[str]]:
    pack = Path(shutil.copytree(TANGERANG, folder / "city"))
    text = (pack / FILE).read_text(encoding="utf-8")
    (pack / FILE).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PackError) as caught:
        load_report_categories(city.model_copy(update={"folder": pack}))
    line = text.count("\n", 0, text.index(old)) + 1
    return line, [str(problem).removeprefix(f"{pack}/") for problem in caught.value.problems]


def test_the_tree_has_15_groups_and_at_least_40_categories(categories: ReportCategories) -> None:
    assert len(categories.groups) == 15
    assert len(categories.by_code) >= 40
    assert sum(bool(category.questions) for category in categories.by_code.values()) >= 40
    privacy = {category.privacy for category in categories.by_code.values()}
    assert privacy >= {"name_hidden", "confidential", "police"}


def test_children_are_protected_and_crime_goes_to_the_police(
    city: City, categories: ReportCategories
) -> None:
    for code in ("kekerasan-anak", "perundungan"):
        category = categories.by_code[code]
        assert (category.privacy, category.coarse_location) == ("confidential", True)
        assert {rule.agency for rule in category.routing} == {"uptd-ppa"}
    police = [category for category in categories.by_code.values() if category.privacy == "police"]
    assert police
    assert {city.agencies[rule.agency].kind for category in police for rule in category.routing} == {"police"}


def test_a_light_in_an_alley_goes_to_the_office_of_its_district(
    city: City, categories: ReportCategories
) -> None:
    alley, road = categories.by_code["lampu-gang-mati"], categories.by_code["lampu-jalan-mati"]
    for village in city.areas.villages:
        rule = alley.route(city.areas.locate(village.lat, village.lon))
        assert city.agencies[rule.agency].area == village.district.code
        assert rule.id == f"lampu-gang-mati.{rule.agency.removeprefix('kecamatan-')}"
        assert road.route(city.areas.locate(village.lat, village.lon)).agency == "dishub"


@pytest.mark.parametrize(
    ("code", "due"),
    [
        ("ktp-kk", "2026-11-26T16:00+07:00"),  # 3 working days
        ("lampu-jalan-mati", "2026-11-30T16:00+07:00"),  # 5
        ("jalan-berlubang", "2026-12-07T16:00+07:00"),  # 10
        ("permohonan-informasi", "2026-12-07T16:00+07:00"),  # 10, may be extended by 7
        ("pohon-tumbang", "2026-11-23T21:30+07:00"),  # 4 hours of the clock, after office hours too
    ],
)
def test_the_deadline_class_says_when_an_answer_is_due(
    city: City, categories: ReportCategories, code: str, due: str
) -> None:
    deadline = categories.deadline(categories.by_code[code])
    received = datetime.fromisoformat("2026-11-23T10:30+00:00")
    assert deadline.due(received, city.calendar) == datetime.fromisoformat(due)


@pytest.mark.parametrize(("old", "new", "why"), BROKEN)
def test_a_broken_category_names_file_and_line(
    city: City, tmp_path: Path, old: str, new: str, why: str
) -> None:
    line, problems = _spoiled(city, tmp_path, old, new)
    found = [problem for problem in problems if why in problem]
    assert found, problems
    assert found[0].startswith(f"{FILE}:{line}: ") or (
        found[0].startswith(f"{FILE}:{line - 1}: ") and ": routing: the last rule" in found[0]
    )


def test_a_rule_that_could_never_fire_is_named(city: City, tmp_path: Path) -> None:
    line, problems = _spoiled(city, tmp_path, "area: 36.71.02,", "area: 36.71.01,")
    (problem,) = problems
    assert problem.startswith(
        f'{FILE}:{line - 2}: group "penerangan": category "lampu-gang-mati": routing: two'
    )


def test_a_full_message_reads_like_this(city: City, tmp_path: Path) -> None:
    line, problems = _spoiled(city, tmp_path, "agency: dpupr}", "agency: dinas-x}")
    place = 'group "jalan": category "jalan-berlubang": routing "jalan-berlubang.city": agency: '
    assert problems == [f'{FILE}:{line}: {place}"dinas-x" is not in agencies.yaml']


def test_the_police_keep_what_is_theirs(city: City, tmp_path: Path) -> None:
    line, problems = _spoiled(city, tmp_path, "agency: polres}", "agency: satpolpp}")
    place = 'group "ketertiban": category "pencurian": routing "pencurian.city": agency: '
    assert problems == [f'{FILE}:{line}: {place}"satpolpp" is not of kind police']
