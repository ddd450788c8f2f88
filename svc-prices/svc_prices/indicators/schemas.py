"""What travels about indicators: each with its rule, its baseline and the number of observations."""

from datetime import date

from shared.schemas import Labelled, Out
from svc_prices.commodities.documents import Words
from svc_prices.indicators.documents import percent, rupiah
from svc_prices.indicators.rules import NEWS_DAYS, Finding, Growth, Lacking, Reading, Trend, month_of
from svc_prices.indicators.usecases import Standing

NOT_ENOUGH = "not_enough_data"


class IndicatorOut(Out):
    """One indicator. `level` is `not_enough_data` ("belum cukup data") where there is no value.

    `observations` and `needed` count months for ALPS and IFPA, days for the class.
    """

    rule: str
    level: Labelled
    value: float | None
    month: str | None
    baseline: str
    observations: int
    needed: int


class AlertOut(Out):
    """A commodity's newest retail median (whole rupiah for one `unit`) and what it means."""

    commodity: str
    name: str
    unit: str
    day: date | None
    price: int | None
    source: str | None
    alerting: bool
    price_class: IndicatorOut
    alps: IndicatorOut
    ifpa: IndicatorOut

    @classmethod
    def of(cls, standing: Standing, words: Words) -> "AlertOut":
        """In the language of the answer."""
        return cls(
            commodity=standing.commodity.code,
            name=words.pick(standing.commodity.name),
            unit=standing.commodity.unit,
            day=standing.day,
            price=standing.price,
            source=standing.source,
            alerting=standing.alerting,
            price_class=class_out(standing.reading, words),
            alps=_finding_out(standing.alps, words),
            ifpa=_finding_out(standing.ifpa, words),
        )


def class_out(reading: Reading, words: Words) -> IndicatorOut:
    """Dear, normal or cheap."""
    known = reading.level is not None
    told = {
        "usual": rupiah(reading.usual, words.language),
        "lower": rupiah(reading.lower, words.language),
        "upper": rupiah(reading.upper, words.language),
    }
    baseline = words.say("alert.baseline.class", observations=reading.observations, **told)
    return IndicatorOut(
        rule=words.say("alert.rule.class"),
        level=words.label("price_class", reading.level) if reading.level else _not_enough(words),
        value=None,
        month=None,
        baseline=baseline if known else _no_class(reading, words),
        observations=reading.observations,
        needed=reading.needed,
    )


def _finding_out(found: Finding, words: Words) -> IndicatorOut:
    return IndicatorOut(
        rule=words.say(f"alert.rule.{found.rule}"),
        level=words.label(found.rule, found.level) if found.level else _not_enough(words),
        value=found.value,
        month=_month(found.month),
        baseline=_baseline(found, words),
        observations=found.observations,
        needed=found.needed,
    )


def _baseline(found: Finding, words: Words) -> str:
    about, language = found.baseline, words.language
    if isinstance(about, Trend):
        return words.say(
            "alert.baseline.alps",
            expected=rupiah(about.expected, language),
            deviation=rupiah(about.deviation, language),
            observations=found.observations,
            first=_month(found.first or found.month),
        )
    if isinstance(about, Growth):
        return words.say(
            "alert.baseline.ifpa",
            quarter=percent(about.quarter, language),
            year=percent(about.year, language),
            years=about.years,
        )
    return _no_value(found, words)


def _no_value(found: Finding, words: Words) -> str:
    """Why there is none; enough months may still be the wrong ones."""
    if found.lacking in (Lacking.NO_PRICE, Lacking.NO_VARIATION):
        return words.say(f"alert.baseline.{found.lacking}")
    key = "gaps" if found.observations >= found.needed else "not_enough"
    return words.say(f"alert.baseline.{key}", observations=found.observations, needed=found.needed)


def _no_class(reading: Reading, words: Words) -> str:
    if reading.observations >= reading.needed:
        return words.say("alert.baseline.too_old", days=NEWS_DAYS)
    return words.say("alert.baseline.not_enough", observations=reading.observations, needed=reading.needed)


def _not_enough(words: Words) -> Labelled:
    return Labelled(code=NOT_ENOUGH, label=words.say("alert.not_enough"))


def _month(number: int) -> str:
    return month_of(number).isoformat()[:7]
