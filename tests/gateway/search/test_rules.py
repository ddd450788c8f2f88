"""Words and slips by examples, and whatever anybody writes by properties."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.search.rules import slips, words
from gateway.search.rules.slips import Known


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Jl. Raya No.5", ["jalan", "raya", "nomor", "5"]),
        ("RSUD  rsud", ["rumah", "sakit", "umum", "daerah"]),
        ("jalan di jalan", ["jalan"]),
        ("yang di", ["yang", "di"]),
        ("Café-Résumé", ["cafe", "resume"]),
        ("layang-layang", ["layang"]),
        ("e-KTP", ["ktp"]),
        ("ektp", ["ktp"]),
        ("x", ["x"]),
        ("harga cabe", ["harga", "cabai"]),
        ("loker walikota", ["lowongan", "kerja", "wali", "kota"]),
        ("cafe\u0301s ber\u00adlubang", ["cafes", "berlubang"]),
        ("a" * 41, []),
        ("?! -- _", []),
        (" ".join(f"k{n}" for n in range(30)), [f"k{n}" for n in range(10)]),
    ],
)
def test_a_question_is_its_words(text: str, wanted: list[str]) -> None:
    assert words.asked(text) == wanted


@pytest.mark.parametrize(
    ("text", "open_"),
    [
        ("jalan ber", True),
        ("jalan ber ", False),
        ("jalan be", False),
        ("ber?", False),
        ("", False),
        ("jalan di", False),
    ],
)
def test_only_a_last_word_of_three_letters_may_go_on(text: str, open_: bool) -> None:
    assert words.is_open(text, words.asked(text)) is open_


def test_a_translation_that_says_the_same_counts_once() -> None:
    plain = words.plain_texts({"id": "Pasar Anyar", "en": "Pasar Anyar"}, {"en": "A market"})
    assert plain == {"title_id": "pasar anyar", "title_en": "", "summary_id": "a market", "summary_en": ""}
    assert words.learned(plain) == ["anyar", "market", "pasar"]


@pytest.mark.parametrize(
    ("text", "word", "marked"),
    [
        ("Cafe\u0301s baru", "cafes", "Cafe\u0301s"),
        ("Jalan ber\u00adlubang", "berlubang", "ber\u00adlubang"),
        (
            "Masjid \u0645\u064e\u0633\u0652\u062c\u0650\u062f",
            "\u0645\u0633\u062c\u062f",
            "\u0645\u064e\u0633\u0652\u062c\u0650\u062f",
        ),
    ],
)
def test_a_mark_belongs_to_its_letter(text: str, word: str, marked: str) -> None:
    assert [text[start:end] for start, end in words.marks(text, {word})] == [marked]


@given(title=st.text(max_size=80), summary=st.text(max_size=80))
def test_whatever_is_written_can_be_indexed_and_marked(title: str, summary: str) -> None:
    plain = words.plain_texts({"id": title}, {"id": summary})
    said = {word for text in plain.values() for word in text.split()}
    assert all(word.isalnum() and len(word) <= 40 for word in said)
    ranges = words.marks(title, said)
    assert all(0 <= start < end <= len(title) for start, end in ranges)
    assert all(before[1] <= after[0] for before, after in pairwise(ranges))
    assert set(words.asked(title)) <= set(plain["title_id"].split())


@pytest.mark.parametrize(
    ("typed", "near", "instead"),
    [
        ("berlubng", ["berlubang", "berlubah"], "berlubang"),
        ("pemadm", ["pemadam", "pemuda"], "pemadam"),
        ("vaksin", ["vakum"], None),
        ("xyz", [], None),
    ],
)
def test_a_slip_is_what_is_most_like_it_or_nothing(typed: str, near: list[str], instead: str | None) -> None:
    found = slips.meant(Known(typed, False, [], near))
    assert (found.instead, found.words[0]) == (instead, typed)


def test_what_is_there_is_not_guessed_at() -> None:
    assert slips.meant(Known("pasar", True, ["pasaraya"], ["pasir"])) == (("pasar", "pasaraya"), None)
    assert slips.meant(Known("pas", False, ["pasaraya", "pasar"], [])) == (("pas", "pasar", "pasaraya"), None)
    assert slips.suggestion([slips.Meant(("jalan",), None)]) is None
