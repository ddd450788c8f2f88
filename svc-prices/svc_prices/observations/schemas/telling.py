"""Answers made of what the use cases found, in the reader's language."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Row

from svc_prices.commodities.documents import Words
from svc_prices.commodities.models import LocalUnit
from svc_prices.observations.models import ObservationRevision
from svc_prices.observations.rules import Level, change_percent
from svc_prices.observations.schemas.incoming import BatchIn
from svc_prices.observations.schemas.outgoing import (
    BatchOut,
    CityOut,
    ElsewhereOut,
    EntryOut,
    FormOut,
    FormRowOut,
    HistoryOut,
    ObservationOut,
    RevisionOut,
    SaidOut,
    SeenOut,
    UnitChoiceOut,
    converted,
)
from svc_prices.observations.usecases import Form, Judged, Shown
from svc_prices.settings import PricesSettings


def batch_out(sent: BatchIn, judged: Sequence[Judged], words: Words) -> BatchOut:
    """What became of the batch."""
    rows = [_entry(each, words) for each in judged]
    counts = Counter(row.outcome.code for row in rows)
    return BatchOut(market=sent.market, day=sent.day, outcomes=dict(counts), rows=rows)


def _entry(judged: Judged, words: Words) -> EntryOut:
    sent, entry, previous = judged.sent, judged.entry, judged.previous
    price = entry.price if entry is not None else None
    compared = price is not None and previous is not None
    return EntryOut(
        commodity=sent.commodity,
        level=sent.level,
        outcome=words.label("outcome", judged.verdict.outcome),
        why=words.label("why", judged.verdict.why) if judged.verdict.why else None,
        state=sent.state,
        price=price,
        converted_from=converted(entry.unit, entry.amount, entry.factor) if entry is not None else None,
        previous_price=previous,
        change_percent=change_percent(price or 0, previous or 1) if compared else None,
        status=words.label("status", judged.status) if judged.status else None,
        version=judged.version,
    )


def form_out(found: Form, words: Words) -> FormOut:
    """The entry form."""
    settings: PricesSettings = words.run.part(PricesSettings)
    return FormOut(
        market=found.market.code,
        name=found.market.name,
        day=found.day,
        level=cast(Level, found.level),
        reason_beyond_percent=settings.price_change_percent,
        rows=[_form_row(found, row, words) for row in found.rows],
    )


def _form_row(found: Form, said: Row[Any], words: Words) -> FormRowOut:
    return FormRowOut(
        commodity=said.code,
        name=words.pick(said.name),
        unit=said.unit,
        units=[_unit(unit, words) for unit in found.units.get(said.id, ())],
        now=_said(said, words) if said.now_state is not None else None,
        before=SeenOut(day=said.before_day, price=said.before_price) if said.before_day else None,
        city=CityOut(day=said.city_day, price=said.median, markets=said.markets) if said.city_day else None,
        elsewhere=[
            ElsewhereOut(market=other.code, name=other.name, day=other.day, price=other.price)
            for other in found.elsewhere.get(said.id, ())
        ],
    )


def _said(row: Row[Any], words: Words) -> SaidOut:
    return SaidOut(
        state=row.now_state,
        price=row.now_price,
        status=words.label("status", row.now_status),
        version=row.now_version,
        converted_from=converted(row.now_unit, row.now_amount, row.now_factor),
        why=words.label("why", row.now_held_for) if row.now_held_for else None,
    )


def _unit(unit: LocalUnit, words: Words) -> UnitChoiceOut:
    return UnitChoiceOut(code=unit.code, name=words.pick(unit.name), factor=float(unit.factor))


def history_out(found: Shown, before: Sequence[ObservationRevision], words: Words) -> HistoryOut:
    """One observation and what it said before."""
    return HistoryOut(
        now=ObservationOut.of(found.row, found.names, words),
        before=[
            RevisionOut(
                **ObservationOut.of(said, found.names, words).model_dump(),
                replaced_at=words.local(said.replaced_at),
                replaced_by=said.replaced_by,
            )
            for said in before
        ],
    )
