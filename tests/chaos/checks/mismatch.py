"""What does not agree, and where."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

Kind = Literal["lost", "doubled", "orphan", "wrong"]
KINDS: tuple[Kind, ...] = ("lost", "doubled", "orphan", "wrong")
Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True, order=True)
class Mismatch:
    """`lost`: promised and not there; `doubled`: there more than once; `orphan`: belongs to nothing;
    `wrong`: there, and not as it should be."""

    kind: Kind
    where: str
    what: str


def each_once(where: str, wanted: Iterable[Name], there: Iterable[Name], what: str) -> Iterator[Mismatch]:
    """Whether exactly the wanted ones are there, each once; `what` names one of them: "event {}"."""
    counts, expected = Counter(there), set(wanted)
    for name in expected:
        if counts[name] == 0:
            yield Mismatch("lost", where, what.format(name))
        elif counts[name] > 1:
            yield Mismatch("doubled", where, f"{what.format(name)}, {counts[name]} times")
    for name in counts.keys() - expected:
        yield Mismatch("orphan", where, what.format(name))
