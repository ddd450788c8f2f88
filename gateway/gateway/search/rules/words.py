"""Texts as plain words, the same for what is published and what is asked: pure."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import NamedTuple

#: Marks that belong to the letter before them (accents, vowel signs, harakat), and what is not seen at all:
#: a word goes on behind them. Python's own class of letters knows them not as letters.
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0903\u093a-\u094f"
    "\u1ab0-\u1aff\u1b00-\u1b04\u1b34-\u1b44\u1b80-\u1b82\u1ba1-\u1bad\u1dc0-\u1dff\u20d0-\u20ff\ua980-\ua983\ua9b3-\ua9c0"
    "\ufe00-\ufe0f\ufe20-\ufe2f\u00ad\u200b-\u200d\u2060\ufeff"
)
_WORD = re.compile(rf"[^\W_](?:[^\W_]|[{_MARKS}])*")
_LONGEST_WORD = 40
_MOST_TITLE_WORDS, _MOST_SUMMARY_WORDS = 60, 250
_MOST_ASKED = 10
_LEAST_LEARNED, _MOST_LEARNED = 3, 30

#: As addresses, signs and people abbreviate in Indonesia, and as they say what tables of prices write
#: otherwise; whoever writes one finds the other.
ABBREVIATIONS: Mapping[str, tuple[str, ...]] = {
    "jl": ("jalan",),
    "jln": ("jalan",),
    "gg": ("gang",),
    "kel": ("kelurahan",),
    "kec": ("kecamatan",),
    "kab": ("kabupaten",),
    "kp": ("kampung",),
    "ds": ("desa",),
    "no": ("nomor",),
    "perum": ("perumahan",),
    "komp": ("kompleks",),
    "psr": ("pasar",),
    "rs": ("rumah", "sakit"),
    "rsud": ("rumah", "sakit", "umum", "daerah"),
    "loker": ("lowongan", "kerja"),
    "ektp": ("ktp",),
    "cabe": ("cabai",),
    "telor": ("telur",),
    "walikota": ("wali", "kota"),
}
#: Words that say nothing of what is looked for. PostgreSQL brings no such list for Indonesian.
_EMPTY = re.compile(
    "di|ke|dari|yang|dan|atau|untuk|pada|dengan|dalam|ini|itu|oleh|para|bagi|agar|saya|kami|kita|ada|adalah"
    "|the|of|in|at|and|or|to|for|a|an|on|with|is|are|my|our"
)


class Word(NamedTuple):
    """A word of a text: where it stands (code points), and what it is searched as."""

    start: int
    end: int
    plain: tuple[str, ...]


def words_of(text: str) -> Iterator[Word]:
    """The words of a text: letters and digits, without case and accents, abbreviations written out."""
    for found in _WORD.finditer(text):
        plain = _plain(found.group())
        if 0 < len(plain) <= _LONGEST_WORD:
            yield Word(found.start(), found.end(), ABBREVIATIONS.get(plain, (plain,)))


def asked(text: str) -> list[str]:
    """What somebody asks for: ten words at most, each once, empty ones left out where others are left.

    A letter alone is empty: "e-KTP" and "KTP-el" are one thing.
    """
    words = list(dict.fromkeys(_flat(text)))
    return ([word for word in words if not _empty(word)] or words)[:_MOST_ASKED]


def is_open(text: str, words: list[str]) -> bool:
    """Whether the last word may be unfinished: nothing follows it, and it has three letters at least."""
    last = next(reversed(list(words_of(text))), None)
    return (
        last is not None
        and last.end == len(text)
        and words != []
        and last.plain == (words[-1],)
        and len(words[-1]) >= _LEAST_LEARNED
    )


def plain_texts(title: Mapping[str, str], summary: Mapping[str, str]) -> dict[str, str]:
    """What the vector is made of; a translation that says the same counts once."""
    plain: dict[str, str] = {}
    for name, texts, most in (("title", title, _MOST_TITLE_WORDS), ("summary", summary, _MOST_SUMMARY_WORDS)):
        own, other = (" ".join(_flat(texts.get(each, ""))[:most]) for each in ("id", "en"))
        plain |= {f"{name}_id": own or other, f"{name}_en": other if own and other != own else ""}
    return plain


def learned(plain: Mapping[str, str]) -> list[str]:
    """The words that others may have meant: of letters alone, neither very short nor very long."""
    words = {word for text in plain.values() for word in text.split()}
    return sorted(w for w in words if w.isalpha() and _LEAST_LEARNED <= len(w) <= _MOST_LEARNED)


def marks(text: str, matched: set[str]) -> list[tuple[int, int]]:
    """Where the matched words stand in a text, in its order."""
    return [(word.start, word.end) for word in words_of(text) if matched & set(word.plain)]


def _empty(word: str) -> bool:
    return _EMPTY.fullmatch(word) is not None or (len(word) == 1 and word.isascii() and word.isalpha())


def _flat(text: str) -> list[str]:
    return [plain for word in words_of(text) for plain in word.plain]


def _plain(word: str) -> str:
    parts = unicodedata.normalize("NFKD", word.casefold())
    return "".join(part for part in parts if part.isalnum())
