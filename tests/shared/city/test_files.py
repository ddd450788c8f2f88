"""YAML and CSV as a city editor writes them: plain texts stay texts, lines are right, nothing grows."""

from pathlib import Path
from typing import Annotated, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from shared.city.checks import Code, Known, PackModel, distinct, once, refers_to
from shared.city.files import read_csv, read_yaml
from shared.city.problems import Broken, Problems
from shared.city.yaml_lines import parse_yaml


class Crate(PackModel):
    code: Annotated[Code, once("crate")]
    beside: Annotated[str, refers_to("crate", "this list")] | None = None
    books: Annotated[tuple["Book", ...], distinct("title")] = ()


class Book(PackModel):
    title: str


class Library(PackModel):
    crates: tuple[Crate, ...]


class Row(PackModel):
    code: Annotated[Code, once("crate")]
    beside: str | None = None
    books: str = "none"


def _problems(path: Path, text: str, known: Known | None = None) -> list[str]:
    path.write_text(text, encoding="utf-8")
    problems = Problems()
    read_yaml(path, Library, problems, known)
    return [f"{problem.line}: {problem.why}" for problem in problems.error().problems]


def test_only_the_scalars_of_json_are_more_than_text() -> None:
    texts = "no, yes, on, 07:30, 16:00, 1_000, 0x1f, 010, 36.71, 36.71.01, 2026-01-01, .nan"
    assert parse_yaml(f"[{texts}, true, null, ~, -3, '5']")[0] == [
        "no", "yes", "on", "07:30", "16:00", "1_000", "0x1f", "010", 36.71, "36.71.01", "2026-01-01", ".nan",
        True, None, None, -3, "5",
    ]  # fmt: skip


JSON_LIKE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON_LIKE)
def test_what_a_yaml_writer_writes_is_read_back(data: Any) -> None:
    text = yaml.dump(data, Dumper=_Plain, allow_unicode=True)
    assert parse_yaml(text)[0] == data


class _Plain(yaml.SafeDumper):
    """Quotes every text and writes no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Plain.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_line(text: str) -> None:
    line = 1
    try:
        parse_yaml(text)
    except Broken as broken:
        line = broken.line
    assert 1 <= line <= len(text) + 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: &x [1]\nb: *x\n", "1: anchors"),
        ("a: [1]\nb: *x\n", "2: anchors"),
        ("crates: !!set {a}\n", "1: anchors"),
        ("a: 1\n---\nb: 2\n", "2: has a second document"),
        ("# nothing\n", "1: is empty"),
        ("? [a]\n: 1\n", "1: a name must be plain text"),
        ("a: b: c\n", "1: is not valid YAML"),
        ("a: 1\nb: '\x07'\n", "1: is not valid YAML: it has characters"),
        ("[" * 100_000, "1: is nested deeper"),
        ("crates:\n  - {code: a}\n  - {code: A}\n", '3: crate "A": code: String should match'),
        (
            "crates:\n  - code: a\n  - code: b\n    beside: c\n",
            '4: crate "b": beside: "c" is not in this list',
        ),
        ("crates:\n  - code: a\n  - code: a\n", '3: crate "a": code: "a" is used twice'),
        (
            "crates:\n  - code: a\n    books: [{title: x},\n      {title: x}]\n",
            '4: crate "a": book 2: title: "x" is used twice',
        ),
        ("crates:\n  - books: []\n", "2: crate 1: code: Field required"),
        ("crates:\n  - code: a\n    colour: red\n", '3: crate "a": colour: Extra inputs'),
    ],
)
def test_each_mistake_is_named_with_its_line(tmp_path: Path, text: str, why: str) -> None:
    problems = _problems(tmp_path / "library.yaml", text)
    assert any(problem.startswith(why) for problem in problems), problems


def test_a_repeated_name_does_not_hide_other_mistakes(tmp_path: Path) -> None:
    text = "crates:\n  - code: a\n    code: b\n    colour: red\n  - {}\n"
    assert [problem.split(":")[0] for problem in _problems(tmp_path / "library.yaml", text)] == [
        "3",
        "4",
        "5",
    ]


def test_codes_go_from_file_to_file(tmp_path: Path) -> None:
    known: Known = {}
    problems = Problems()
    (tmp_path / "one.yaml").write_text("crates: [{code: a}]\n", encoding="utf-8")
    assert read_yaml(tmp_path / "one.yaml", Library, problems, known) is not None
    assert known == {"crate": {"a"}}
    assert _problems(tmp_path / "two.yaml", "crates: [{code: a}]\n", known) == [
        '1: crate "a": code: "a" is used twice'
    ]


def test_csv_counts_lines_over_comments_blank_lines_and_quoted_breaks(tmp_path: Path) -> None:
    path = tmp_path / "crates.csv"
    path.write_text('# why\ncode,beside,books\n\na,,\n# more\n"b","a\nb",\nC,,\n', encoding="utf-8")
    problems = Problems()
    rows = read_csv(path, Row, problems, {"crate": set()})
    assert [(row.source.lines[()], row.value.code, row.value.beside) for row in rows] == [
        (4, "a", None),
        (7, "b", "a\nb"),
    ]
    assert [(problem.line, problem.why[:14]) for problem in problems.error().problems] == [
        (8, 'row "C": code:')
    ]
