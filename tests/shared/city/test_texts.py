"""Texts of packages and of the city."""

from pathlib import Path

import pytest

from shared.city.problems import PackError
from shared.city.texts import load_texts


def _write(folder: Path, indonesian: str, english: str) -> Path:
    (folder / "texts").mkdir(parents=True, exist_ok=True)
    (folder / "texts/id.yaml").write_text(indonesian, encoding="utf-8")
    (folder / "texts/en.yaml").write_text(english, encoding="utf-8")
    return folder


def test_a_text_comes_in_the_language_asked_for_or_in_indonesian(tmp_path: Path) -> None:
    texts = load_texts([_write(tmp_path, "a.b: halo\nc: ya\n", "a.b: hello\n")])
    assert (texts.get("a.b", "en"), texts.get("a.b", "id"), texts.get("a.b", "jv")) == (
        "hello",
        "halo",
        "halo",
    )
    assert texts.get("c", "en") == "ya"
    assert texts.missing() == ["en: c"]
    assert (texts.has("c"), texts.has("d")) == (True, False)
    with pytest.raises(KeyError):
        texts.get("d", "id")


def test_later_packages_and_then_the_city_have_the_last_word(tmp_path: Path) -> None:
    shared_ = _write(tmp_path / "shared", "a: satu {n}\nb: dua\n", "a: one {n}\nb: two\n")
    service = _write(tmp_path / "service", "b: tiga\n", "b: three\n")
    city = _write(tmp_path / "city", "a: kota {n}\nother: milik paket lain {x}\n", "{}\n")
    texts = load_texts([shared_, service], city)
    assert (texts.get("a", "id"), texts.get("a", "en"), texts.get("b", "en")) == (
        "kota {n}",
        "one {n}",
        "three",
    )


@pytest.mark.parametrize(
    ("indonesian", "english", "problem"),
    [
        ("a: '{n}'\n", "a: '{m}'\n", "texts/en.yaml:1: a: {m} is not in the package's Indonesian text"),
        ("a: '{n'\n", "{}\n", "texts/id.yaml:1: a: braces hold one name each"),
        ("a: '{}'\n", "{}\n", "texts/id.yaml:1: a: braces hold one name each"),
        ("a: x\n", "# c\na: 1\n", "texts/en.yaml:2: a: Input should be a valid string"),
    ],
)
def test_braces_that_would_fail_later_fail_now(
    tmp_path: Path, indonesian: str, english: str, problem: str
) -> None:
    with pytest.raises(PackError) as caught:
        load_texts([_write(tmp_path, indonesian, english)])
    assert problem in str(caught.value)


def test_the_city_may_not_want_names_the_package_does_not_fill_in(tmp_path: Path) -> None:
    package = _write(tmp_path / "package", "a: halo {n}\n", "a: hello {n}\n")
    city = _write(tmp_path / "city", "a: halo\n", "a: hello {name}\n")
    with pytest.raises(PackError, match=r"city/texts/en\.yaml:1: a: \{name\} is not in"):
        load_texts([package], city)


def test_the_texts_of_shared_and_of_tangerang_fit_together(tangerang: Path) -> None:
    texts = load_texts([tangerang.parents[2] / "shared/shared"], tangerang)
    assert texts.missing() == []
    assert "112" in texts.get("problem.unavailable.detail", "en")
