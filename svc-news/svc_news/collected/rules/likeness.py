"""Whether two headlines tell the same story: their words, numbers and denials, within two days."""

import math
import re
import unicodedata
from datetime import datetime, timedelta

WINDOW = timedelta(hours=48)
_ALIKE = 0.7
_FEWEST = 4
_WORD = re.compile(r"[^\W_]+")
_SITE = re.compile(r"\s+[-|–—»]\s+[^-|–—»]{2,40}$")
_LITTLE = "di ke dari dan yang untuk pada dengan oleh ini itu para the a an of in on to for and at"
_NO = "tidak tak bukan belum batal gagal hoaks hoax jangan tanpa not no never"
_OFTEN = (
    "kota tangerang banten indonesia jakarta pemerintah pemkot wali walikota kabupaten provinsi kecamatan "
    "kelurahan warga masyarakat berita terkini minggu senin selasa rabu kamis jumat sabtu januari februari "
    "maret april mei juni juli agustus september oktober november desember"
)
_FILLERS, _DENIALS, _USUAL = (frozenset(text.split()) for text in (_LITTLE, _NO, _OFTEN))


def story_words(title: str) -> str:
    """The title's words that matter: lower case, no accents, sorted, once each, the site's name cut off.

    Its numbers are one word, in their order: 2-1 is another result than 1-2.
    """
    head = _SITE.sub("", title)
    text = unicodedata.normalize("NFKD", head if len(head.split()) >= _FEWEST else title).casefold()
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    found = [word for word in _WORD.findall(text) if word not in _FILLERS]
    numbers = "-".join(word for word in found if _counts(word))
    words = sorted({word for word in found if not _counts(word)})
    return " ".join([*words, f"#{numbers}"] if numbers else words)


def same_story(one: str, other: str, one_at: datetime, other_at: datetime) -> bool:
    """For two `story_words`: alike if 7 of 10 words are common (Jaccard), and numbers and denials the same.

    Titles of fewer than four words must be equal: "Harga beras naik" is said every week.
    """
    if abs(one_at - other_at) > WINDOW:
        return False
    first, second = frozenset(one.split()), frozenset(other.split())
    if not first or not second or _telling(first) != _telling(second):
        return False
    if min(len(first), len(second)) < _FEWEST:
        return first == second
    return likeness(one, other) >= _ALIKE


def likeness(one: str, other: str) -> float:
    """Common words of all words (Jaccard), from 0 to 1."""
    first, second = frozenset(one.split()), frozenset(other.split())
    return len(first & second) / len(first | second) if first or second else 0.0


def story_marks(words: str, at: datetime) -> list[str]:
    """By what a story is found again: its rarest words, each with its day.

    Two stories alike have one in common with the other's `nearby_marks`: who shares 7 of 10 words, shares
    one of the first words in any fixed order, as many as may differ and one more (prefix filtering,
    Chaudhuri, Ganti, Kaushik 2006).
    """
    return [f"{_day(at)}:{word}" for word in _rarest(words)]


def nearby_marks(words: str, at: datetime) -> list[str]:
    """The marks of every story alike within the window."""
    days = range(_day(at) - WINDOW.days, _day(at) + WINDOW.days + 1)
    return [f"{day}:{word}" for day in days for word in _rarest(words)]


def _rarest(words: str) -> list[str]:
    """Numbers first, then long words; what every headline here says comes last."""
    found = sorted(words.split(), key=lambda w: (not w.startswith("#"), w in _USUAL, -len(w), w))
    return found[: len(found) - math.ceil(_ALIKE * len(found)) + 1] if found else []


def _day(at: datetime) -> int:
    return int(at.timestamp() // 86_400)


def _telling(words: frozenset[str]) -> frozenset[str]:
    return frozenset(word for word in words if word in _DENIALS or word.startswith("#"))


def _counts(word: str) -> bool:
    return any(letter.isdigit() for letter in word)
