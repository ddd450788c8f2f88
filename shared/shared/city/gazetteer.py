"""Finding a place by what people call it: areas, roads, markets, hospitals; in memory, by trigram."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import nlargest
from itertools import chain, repeat
from typing import NamedTuple

from shared.city.areas import District, Village
from shared.city.checks import PackModel

_LEAST = 0.4  # the mean of pg_trgm's own thresholds for the two similarities, 0.3 and 0.5
_MOST_WORDS, _MOST_FORMS, _LONGEST = 16, 40, 200
_OPTIONAL = 0.5


class Words(PackModel):
    """address-words.yaml: short forms, words without meaning, words before a number, kinds of places."""

    expand: dict[str, str] = {}
    silent: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()

    def of(self, text: str) -> list[str]:
        """The words of an address that say which place is meant: "Jl. Veteran No. 5" -> jalan, veteran."""
        plain = unicodedata.normalize("NFKD", text[:_LONGEST]).encode("ascii", "ignore").decode().lower()
        told, number = [], False
        for short in re.findall(r"[a-z0-9]+", plain):
            for word in self.expand.get(short, short).split():
                number = word in self.numbers or (number and word[0].isdigit())
                if not number and word not in self.silent:
                    told.append(word)
        return told


@dataclass(frozen=True, slots=True)
class Place:
    """Something people name. Without a point of its own it lies at its area's centroid, not `exact`."""

    name: str
    kind: str
    lat: float
    lon: float
    exact: bool
    district: District
    village: Village | None
    aliases: tuple[str, ...] = ()
    around: str = ""
    """What may be said beside the name: its areas, their levels, the city."""


class Found(NamedTuple):
    """A candidate and how well it fits, from 0 to 1."""

    place: Place
    score: float


class _Form(NamedTuple):
    """One name of a place as trigrams; `cost` is what each costs when it is not asked for.

    `proper` are not about its kind; `own` are not about its area either, where anything else is left.
    """

    position: int
    proper: frozenset[str]
    own: frozenset[str]
    known: frozenset[str]
    cost: Mapping[str, float]
    total: float


class Gazetteer:
    """All places of a city; equal scores come in the order of `places`."""

    def __init__(self, places: Iterable[Place], words: Words, city: str) -> None:
        self.places, self._words = tuple(places), words
        self._city = " ".join(words.of(city))

    def find(self, text: str, limit: int = 5) -> list[Found]:
        """The places `text` (its first 200 characters) may mean, best first; none below 0.4.

        The score is the mean of two that PostgreSQL's pg_trgm (documentation, F.35) has with the same
        trigrams: `similarity`, those shared by all there are, and `strict_word_similarity`, the same with
        only the words of the text that fit best (any words, not only neighbours). Two changes, after
        Tversky, Features of Similarity (1977): a word of the name that says its kind or area (pasar, rumah
        sakit) costs half when the text lacks it, and the area may be told without being in the name
        ("Pasar Anyar Sukaasih"). Half of what is the name's own must be there.
        """
        asked = _apart(self._told(text)[:_MOST_WORDS])
        every = frozenset().union(*asked)
        forms, index = self._index
        met = Counter(chain.from_iterable(index.get(each, ()) for each in every))
        near = [(hits / len(forms[n].own), -n) for n, hits in met.items() if 2 * hits >= len(forms[n].own)]
        best: dict[int, float] = {}
        for _, number in nlargest(_MOST_FORMS, near):
            form = forms[-number]
            if 2 * len(every & form.proper) >= len(form.proper):
                best[form.position] = max(best.get(form.position, 0), round(_score(form, asked), 3))
        ranked = sorted((-score, position) for position, score in best.items() if score >= _LEAST)
        return [Found(self.places[position], -score) for score, position in ranked[:limit]]

    @cached_property
    def _index(self) -> tuple[list[_Form], Mapping[str, list[int]]]:
        """Every name of every place, and from a trigram of a name's own words to these names."""
        forms: list[_Form] = []
        index: dict[str, list[int]] = defaultdict(list)
        for position, place in enumerate(self.places):
            for name in dict.fromkeys((place.name, *place.aliases)):
                for trigram in (form := self._form(position, name, place.around)).own:
                    index[trigram].append(len(forms))
                forms.append(form)
        return forms, dict(index)

    def _form(self, position: int, name: str, around: str) -> _Form:
        words, beside = self._told(name), _trigrams(self._words.of(around))
        proper = _trigrams([word for word in words if word not in self._words.kinds])
        own = proper - beside or _trigrams(words)
        cost = {each: 1.0 if each in own else _OPTIONAL for each in _trigrams(words)}
        return _Form(position, proper, own, beside.union(cost), cost, sum(cost.values()))

    def _told(self, text: str) -> list[str]:
        """The words of a text or name; the city's own name says nothing beside others."""
        words = self._words.of(text)
        return " ".join(words).replace(self._city, "").split() or words


def _trigrams(words: Iterable[str]) -> frozenset[str]:
    """As pg_trgm makes them: each word with two blanks before and one after."""
    return frozenset(f"  {word} "[at : at + 3] for word in words for at in range(len(word) + 1))


def _apart(words: Sequence[str]) -> list[frozenset[str]]:
    """The trigrams of each word that no word before it has."""
    seen: frozenset[str] = frozenset()
    parts = []
    for word in words:
        parts.append(_trigrams([word]) - seen)
        seen |= parts[-1]
    return [part for part in parts if part]


def _score(form: _Form, asked: Sequence[frozenset[str]]) -> float:
    """Both similarities from each word's hits and from what the word adds to the trigrams of both."""
    words = [
        (len(met), len(word) - sum(map(form.cost.get, met, repeat(0.0))))
        for word in asked
        for met in [word & form.known]
    ]
    whole = sum(hits for hits, _ in words) / (form.total + sum(more for _, more in words))
    shared, of = 0.0, form.total
    for hits, more in sorted(words, key=lambda word: (-word[0] / (word[1] or 0.001), word)):
        if hits * of <= shared * more:
            break
        shared, of = shared + hits, of + more
    return (whole + shared / of) / 2
