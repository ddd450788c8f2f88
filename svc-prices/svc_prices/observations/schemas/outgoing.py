"""What staff read of observations: what became of a batch, the entry form, one with its history."""

from datetime import date, datetime
from typing import Any

from shared.schemas import Labelled, Out
from svc_prices.commodities.documents import Words
from svc_prices.observations.models import Observation, ObservationRevision
from svc_prices.observations.rules import Level, State


class ConvertedOut(Out):
    """A price told for a local unit, and how it was converted: `price` ÷ `factor` = rupiah for one unit."""

    price: int
    unit: str
    factor: float


class EntryOut(Out):
    """What became of one row; `price` is whole rupiah for one unit of the commodity."""

    commodity: str
    level: Level
    outcome: Labelled
    why: Labelled | None
    state: State
    price: int | None
    converted_from: ConvertedOut | None
    previous_price: int | None
    change_percent: float | None
    status: Labelled | None
    version: int | None


class BatchOut(Out):
    """Every row in the order it was sent, and how many met which fate."""

    market: str
    day: date
    outcomes: dict[str, int]
    rows: list[EntryOut]


class SeenOut(Out):
    """A price seen on a day."""

    day: date
    price: int


class ElsewhereOut(SeenOut):
    """A price on another market."""

    market: str
    name: str


class CityOut(SeenOut):
    """The city's median, and on how many markets."""

    markets: int


class SaidOut(Out):
    """What is said of it so far."""

    state: str
    price: int | None
    status: Labelled
    version: int
    converted_from: ConvertedOut | None
    why: Labelled | None


class UnitChoiceOut(Out):
    """A unit the price may be told for."""

    code: str
    name: str
    factor: float


class FormRowOut(Out):
    """One commodity of the form: what is said, what was there before, what others take."""

    commodity: str
    name: str
    unit: str
    units: list[UnitChoiceOut]
    now: SaidOut | None
    before: SeenOut | None
    city: CityOut | None
    elsewhere: list[ElsewhereOut]


class FormOut(Out):
    """The entry form of one market and day; a change beyond `reason_beyond_percent` needs a reason."""

    market: str
    name: str
    day: date
    level: Level
    reason_beyond_percent: int
    rows: list[FormRowOut]


class ObservationOut(Out):
    """One observation, for staff; times with the city's offset."""

    market: str
    commodity: str
    level: Level
    day: date
    version: int
    state: Labelled
    price: int | None
    converted_from: ConvertedOut | None
    unit: str
    status: Labelled
    why: Labelled | None
    reason: str | None
    entered_by: str
    source: str
    observed_at: datetime
    received_at: datetime
    reviewed_by: str | None
    review_reason: str | None

    @classmethod
    def of(
        cls, row: Observation | ObservationRevision, names: tuple[str, str, str], words: Words
    ) -> "ObservationOut":
        """From a row or what it said before; `names` are market, commodity and the commodity's unit."""
        market, commodity, unit = names
        fields = ("level", "day", "version", "price", "reason", "entered_by", "source", "reviewed_by")
        return cls(
            market=market,
            commodity=commodity,
            unit=unit,
            **{name: getattr(row, name) for name in (*fields, "review_reason")},
            state=words.label("state", row.state),
            status=words.label("status", row.status),
            why=words.label("why", row.held_for) if row.held_for else None,
            converted_from=converted(row.unit, row.amount, row.factor),
            observed_at=words.local(row.observed_at),
            received_at=words.local(row.received_at),
        )


class RevisionOut(ObservationOut):
    """What it said before; who changed it, and when."""

    replaced_at: datetime
    replaced_by: str


class HistoryOut(Out):
    """One observation as it stands, and what it said before, the newest first (50 at most)."""

    now: ObservationOut
    before: list[RevisionOut]


def converted(unit: str | None, amount: int | None, factor: Any) -> ConvertedOut | None:
    """How the price was told, if that was for a local unit."""
    if unit is None or amount is None or factor is None:
        return None
    return ConvertedOut(price=amount, unit=unit, factor=float(factor))
