"""What is said of a file, and what became of its rows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from svc_prices.exchange import rules
from svc_prices.exchange.rules import Refusal, Refused, Row

_NAMED = 100


@dataclass(frozen=True, slots=True)
class Declared:
    """What the sender says of a file.

    `market` is the code of where the rows of a Panel Harga belong. `historical`: prices of the past that
    somebody else has checked: outliers among them are published, but for days that surveyors still enter, and
    no resident is told of changes.
    """

    by: str
    digest: str
    market: str | None = None
    historical: bool = False

    @property
    def reason(self) -> str:
        """What stands in each observation: from which file it came."""
        return f"import {self.digest[:16]}{', historical' if self.historical else ''}"


@dataclass(slots=True)
class Report:
    """What became of a file's rows; the first refusals by name, all of them by number."""

    declared: Declared
    format: rules.Format
    rows: int = 0
    published: int = 0
    not_available: int = 0
    held: int = 0
    unchanged: int = 0
    reasons: Counter[Refused] = field(default_factory=Counter)
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """How many rows were not taken."""
        return self.reasons.total()

    def took(self, fresh: Sequence[Row], held: Mapping[int, str]) -> None:
        """Counts rows that were written."""
        absent = sum(row.price is None for row in fresh)
        waiting = sum(row.line in held for row in fresh)
        self.not_available += absent
        self.held += waiting
        self.published += len(fresh) - absent - waiting

    def refuse(self, refusal: Refusal) -> None:
        """Counts it, and names it if it is among the first."""
        self.reasons[refusal.reason] += 1
        if len(self.refusals) < _NAMED:
            self.refusals.append(refusal)


@dataclass(slots=True)
class Part:
    """Rows that are written together, each key once; `until` is how many rows of the file were read then."""

    until: int = 0
    rows: dict[tuple[int, str, int, date], Row] = field(default_factory=dict)
    days: set[date] = field(default_factory=set)

    def add(self, row: Row, report: Report) -> None:
        """Another row; the same said twice counts as unchanged, something else is refused."""
        other = self.rows.setdefault(row.key, row)
        self.days.add(row.day)
        if other is not row and other.price == row.price:
            report.unchanged += 1
        elif other is not row:
            report.refuse(Refusal(row.line, "", Refused.TWICE))
