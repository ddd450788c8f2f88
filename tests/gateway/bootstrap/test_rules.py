"""Precedence of versions, by section 11 of semver.org and by properties."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.bootstrap.rules import Aim, Asking, Version, asking, needed, platform, version

NUMBERS = st.integers(0, 10**6)
WORDS = st.one_of(NUMBERS.map(str), st.from_regex(r"[A-Za-z-][0-9A-Za-z-]{0,8}", fullmatch=True))
RELEASES = st.tuples(NUMBERS, NUMBERS, NUMBERS)
PRE = st.lists(WORDS, min_size=1, max_size=4).map(".".join)


def read(text: str) -> Version:
    found = version(text)
    assert found is not None, text
    return found


def test_the_examples_of_the_standard_come_in_its_order() -> None:
    before = ["alpha", "alpha.1", "alpha.beta", "beta", "beta.2", "beta.11", "rc.1"]
    examples = [*(f"1.0.0-{word}" for word in before), "1.0.0", "2.0.0", "2.1.0", "2.1.1"]
    assert all(read(lower) < read(higher) for lower, higher in pairwise(examples))


def test_one_ten_is_newer_than_one_nine() -> None:
    assert read("1.10.0") > read("1.9.0")
    assert read("1.10") > read("1.9.7")
    assert read("1.10") == read("1.10.0")


@given(RELEASES, RELEASES)
def test_releases_compare_as_their_numbers(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    first, second = (read(".".join(map(str, numbers))) for numbers in (one, other))
    assert (first < second, first == second) == (one < other, one == other)


@given(RELEASES, PRE)
def test_a_pre_release_comes_before_its_release(numbers: tuple[int, ...], pre: str) -> None:
    text = ".".join(map(str, numbers))
    assert read(f"{text}-{pre}") < read(text)


@given(RELEASES, PRE, WORDS)
def test_more_identifiers_are_newer_than_fewer(numbers: tuple[int, ...], pre: str, more: str) -> None:
    text = ".".join(map(str, numbers))
    assert read(f"{text}-{pre}") < read(f"{text}-{pre}.{more}")


@given(RELEASES, st.from_regex(r"[0-9A-Za-z-]{1,10}", fullmatch=True))
def test_the_build_counts_for_nothing(numbers: tuple[int, ...], build: str) -> None:
    text = ".".join(map(str, numbers))
    assert read(f"{text}+{build}") == read(text)


@given(NUMBERS, st.from_regex(r"[A-Za-z-][0-9A-Za-z-]{0,8}", fullmatch=True))
def test_numbers_come_before_words(number: int, word: str) -> None:
    assert read(f"1.0.0-{number}") < read(f"1.0.0-{word}")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "latest",
            "1.",
            ".1",
            "1..2",
            "01.2.3",
            "1.2.3.4",
            "1.2.3-",
            "1.2.3-01",
            "1.2.3+",
            "-1.0.0",
        ),
        *("1.2.3 ", "1.0.0-é", "١.٢.٣", "1.2.3\n", "9" * 65, "1.2.3-" + "a." * 40),
    ],
)
def test_what_is_no_version_is_not_read_as_one(text: str) -> None:
    assert version(text) is None


@given(st.text(max_size=80))
def test_no_text_breaks_the_reading(text: str) -> None:
    found = version(text)
    assert found is None or needed(found, found, found, True) == "none"


@pytest.mark.parametrize(
    ("current", "latest", "minimum", "required", "answer"),
    [
        ("1.9.0", "1.10.0", None, True, "required"),
        ("1.9.0", "1.10.0", None, False, "recommended"),
        ("1.10.0", "1.10.0", None, True, "none"),
        ("1.11.0", "1.10.0", None, True, "none"),
        ("1.9.0", "1.10.0", "1.9.0", False, "recommended"),
        ("1.8.9", "1.10.0", "1.9.0", False, "required"),
        ("1.10.0-rc.1", "1.10.0", None, True, "required"),
        ("1.10.0+77", "1.10.0", None, True, "none"),
        ("nightly", "1.10.0", "1.9.0", True, "none"),
        (None, "1.10.0", "1.9.0", True, "none"),
        ("1.0.0", None, None, True, "none"),
    ],
)
def test_an_update_is_forced_only_when_it_is_required_and_newer(
    current: str | None, latest: str | None, minimum: str | None, required: bool, answer: str
) -> None:
    assert needed(version(current), version(latest), version(minimum), required) == answer


@pytest.mark.parametrize(
    ("sent", "taken"),
    [("android", "android"), (" iOS ", "ios"), ("web", "web"), ("symbian", "web"), (None, "web")],
)
def test_an_unknown_platform_is_taken_for_a_browser(sent: str | None, taken: str) -> None:
    assert platform(sent) == taken


def test_a_range_of_versions_holds_its_beginning_and_not_its_end() -> None:
    aim = Aim(("android",), from_version=version("1.9"), below=version("1.10"))
    fitting = [
        text
        for text in ("1.8.9", "1.9.0", "1.9.9", "1.10.0", "junk")
        if aim.fits(asking("id", "android", text))
    ]
    assert fitting == ["1.9.0", "1.9.9"]
    assert not aim.fits(asking("id", "ios", "1.9.5"))
    assert Aim(languages=("en",)).fits(Asking("en"))
    assert not Aim(languages=("en",)).fits(Asking("id"))
