"""A day's completeness as staff read it."""

from datetime import date

from svc_prices.commodities.documents import Words
from svc_prices.surveys.schemas import MarketDayOut, SurveyDayOut
from svc_prices.surveys.usecases import MarketDay


def day_out(day: date, found: list[MarketDay], expected: int, words: Words) -> SurveyDayOut:
    """The day: "6 of 6 markets surveyed"."""
    due = [each for each in found if each.by is not None]
    complete = sum(each.complete for each in due)
    return SurveyDayOut(
        day=day,
        due=len(due),
        complete=complete,
        late=sum(each.late(day, words.run, words.now) for each in due),
        text=words.say("survey.text", complete=complete, due=len(due)),
        markets=[_market(day, each, expected, words) for each in found],
    )


def _market(day: date, each: MarketDay, expected: int, words: Words) -> MarketDayOut:
    row = each.progress
    return MarketDayOut(
        market=each.market.code,
        name=each.market.name,
        state=words.label("survey", _state(day, each, words)),
        by=each.by,
        expected=row.expected if row is not None else expected,
        entered=row.entered if row is not None else 0,
        completed_at=words.local(row.completed_at) if row is not None and row.completed_at else None,
    )


def _state(day: date, each: MarketDay, words: Words) -> str:
    if each.complete:
        return "complete"
    if each.late(day, words.run, words.now):
        return "late"
    if each.progress is not None and each.progress.entered:
        return "begun"
    return "waiting" if each.by is not None else "not_due"
