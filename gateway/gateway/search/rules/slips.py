"""What somebody meant who typed a word that no document has: pure."""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

_LIKE_ENOUGH = 0.72
_MOST_MEANT, _MOST_ENDINGS = 3, 10


class Known(NamedTuple):
    """What the vocabulary has to a word: itself, what it begins, and what has many letter groups of it."""

    word: str
    held: bool
    begun: Sequence[str]
    near: Sequence[str]


class Meant(NamedTuple):
    """The words that may stand for one that was asked for; `instead` if it had to be guessed."""

    words: tuple[str, ...]
    instead: str | None


def meant(known: Known) -> Meant:
    """The word and what it begins; if there is neither, the words most like it."""
    begun = sorted(known.begun, key=lambda word: (len(word), word))[:_MOST_ENDINGS]
    if known.held or begun:
        return Meant(tuple(dict.fromkeys((known.word, *begun))), None)
    close = sorted(_close(known.word, known.near), reverse=True)[:_MOST_MEANT]
    best = [word for likeness, word in close if likeness >= close[0][0] - 0.05]
    return Meant((known.word, *best), best[0] if best else None)


def suggestion(words: Sequence[Meant]) -> str | None:
    """The question as it was understood, if a word of it was guessed."""
    if all(each.instead is None for each in words):
        return None
    return " ".join(each.instead or each.words[0] for each in words)


def _close(word: str, candidates: Iterable[str]) -> list[tuple[float, str]]:
    judge = SequenceMatcher(autojunk=False)
    judge.set_seq2(word)
    found = []
    for candidate in candidates:
        judge.set_seq1(candidate)
        if judge.quick_ratio() >= _LIKE_ENOUGH and (likeness := judge.ratio()) >= _LIKE_ENOUGH:
            found.append((round(likeness, 3), candidate))
    return found
