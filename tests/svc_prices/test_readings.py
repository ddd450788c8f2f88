"""Months out of days, spread and classes."""

from datetime import date, timedelta

import pytest

from svc_prices.indicators.rules import (
    PriceClass,
    month_of,
    monthly,
    number_of,
    read_class,
    spread,
)

TODAY = date(2026, 2, 2)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def test_a_month_is_the_median_of_its_days_and_a_month_without_any_is_a_gap() -> None:
    days = [(date(2025, 12, 30), 10_000), (date(2026, 2, 1), 12_000), (date(2026, 2, 2), 15_000)]
    assert monthly(days) == {number_of(date(2025, 12, 1)): 10_000, number_of(TODAY): 13_500}
    assert [month_of(number) for number in monthly(days)] == [date(2025, 12, 1), date(2026, 2, 1)]


def test_a_zero_is_never_averaged() -> None:
    with pytest.raises(ValueError, match="gap"):
        monthly([(TODAY, 10_000), (ago(1), 0)])


def test_the_spread_needs_two_markets() -> None:
    apart = spread([12_000, 10_000, 11_000])
    assert apart is not None
    assert (apart.lowest, apart.highest, apart.difference, apart.markets) == (10_000, 12_000, 2_000, 3)
    assert apart.percent == pytest.approx(100 * 2 / 11)
    assert spread([12_000]) is None


def test_a_class_needs_ninety_days_of_the_year_before() -> None:
    year = {ago(n): 10_000.0 + 100 * (n % 5) for n in range(1, 90)}
    little = read_class({**year, TODAY: 20_000}, TODAY)
    assert (little.level, little.observations, little.needed) == (None, 89, 90)
    old = read_class({**year, ago(365): 10_000, TODAY: 20_000}, TODAY)
    assert (old.level, old.observations) == (PriceClass.DEAR, 90)
    assert read_class({**year, ago(366): 10_000, TODAY: 20_000}, TODAY).level is None
    assert read_class(year, TODAY).level is None


@pytest.mark.parametrize(
    ("now", "level"),
    [
        (10_720, PriceClass.DEAR),
        (10_700, PriceClass.NORMAL),
        (10_200, PriceClass.NORMAL),
        (9_700, PriceClass.NORMAL),
        (9_680, PriceClass.CHEAP),
    ],
)
def test_dear_and_cheap_lie_outside_the_quartiles_and_five_percent_off_the_median(
    now: int, level: PriceClass
) -> None:
    """Equal parts 10,000 … 10,400: quartiles 10,100, 10,200 and 10,300; 5 % of the median is 510."""
    year = {ago(n): 10_000.0 + 100 * (n % 5) for n in range(1, 101)}
    found = read_class({**year, TODAY: now}, TODAY)
    assert found.level is level
    assert (found.lower, found.usual, found.upper) == (10_100, 10_200, 10_300)
