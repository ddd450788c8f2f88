"""IFPA against arithmetic done by hand."""

import math

import pytest

from svc_prices.indicators.rules import Growth, Lacking, ifpa

JULY = 2021 * 12 + 6


def july_prices(annual: list[float], quarterly: list[float]) -> dict[int, float]:
    """Julys that grow by those monthly rates over a year, and the Aprils before them that make the others.

    `annual` has one rate less than `quarterly`: the first July has no year before it.
    """
    price, series = 10_000.0, {}
    for year, quarter in enumerate(quarterly):
        if year:
            price *= (1 + annual[year - 1]) ** 12
        series[JULY + 12 * year] = price
        series[JULY + 12 * year - 3] = price / (1 + quarter) ** 3
    return series


def test_ifpa_of_a_designed_series_is_worked_out_by_hand() -> None:
    """Year: 1, 2, 3 % a month in the three earlier years (weights 1, 2, 3), 5 % now.

    μ = (1·1 + 2·2 + 3·3) / 6 = 14/6 = 7/3
    σ² = (1·(4/3)² + 2·(1/3)² + 3·(2/3)²) / ((2/3) · 6) = (16 + 2 + 12)/9 / 4 = 30/36 = 5/6
    z = (5 − 7/3) / √(5/6) = (8/3) √(6/5)

    Quarter: 4, 1, 2, 3 % in four earlier years (weights 1 to 4), 1 % now.
    μ = (4 + 2 + 6 + 12) / 10 = 2.4
    σ² = (1·1.6² + 2·1.4² + 3·0.4² + 4·0.6²) / ((3/4) · 10) = 8.4 / 7.5 = 1.12
    z = (1 − 2.4) / √1.12

    IFPA = 0.4 · z(quarter) + 0.6 · z(year)
    """
    series = july_prices([0.01, 0.02, 0.03, 0.05], [0.04, 0.01, 0.02, 0.03, 0.01])
    found = ifpa(series, JULY + 48)
    year, quarter = (8 / 3) * math.sqrt(6 / 5), (1 - 2.4) / math.sqrt(1.12)
    assert found.value == pytest.approx(0.4 * quarter + 0.6 * year, abs=1e-9)
    assert found.level == "abnormally_high"
    assert isinstance(found.baseline, Growth)
    assert found.baseline.year == pytest.approx(0.07 / 3, abs=1e-12)
    assert found.baseline.year_deviation == pytest.approx(math.sqrt(5 / 6) / 100, abs=1e-12)
    assert found.baseline.quarter == pytest.approx(0.024, abs=1e-12)
    assert found.baseline.quarter_deviation == pytest.approx(math.sqrt(1.12) / 100, abs=1e-12)
    assert (found.baseline.years, found.observations) == (3, 10)


def test_a_missing_year_is_left_out_and_keeps_its_place_in_the_weights() -> None:
    """Quarters 4, (2), 1, 2, 3 % in five earlier years; the second April is missing: weights 1, 3, 4, 5.

    μ = (4 + 3 + 8 + 15) / 13 = 30/13; σ² = Σ w (x − μ)² / ((3/4) · 13), with Σ w x² = 16 + 3 + 16 + 45 = 80:
    Σ w (x − μ)² = 80 − 30²/13 = 140/13, σ² = (140/13) / (39/4) = 560/507. Now 5 %: z = (35/13) / √(560/507).
    Years 1, 2, 3, 2 % (weights 1 to 4): μ = (1 + 4 + 9 + 8)/10 = 2.2; Σ w x² = 1 + 8 + 27 + 16 = 52;
    σ² = (52 − 48.4) / 7.5 = 0.48. Now 1 %: z = −1.2 / √0.48 = −√3.
    """
    series = july_prices([0.01, 0.02, 0.03, 0.02, 0.01], [0.04, 0.02, 0.01, 0.02, 0.03, 0.05])
    del series[JULY + 12 - 3]
    quarter = (35 / 13) / math.sqrt(560 / 507)
    found = ifpa(series, JULY + 60)
    assert found.value == pytest.approx(0.4 * quarter - 0.6 * math.sqrt(3), abs=1e-9)
    assert found.level == "normal"


def test_too_little_data_is_said_so() -> None:
    series = july_prices([0.01, 0.02, 0.05], [0.04, 0.01, 0.02, 0.03])
    assert ifpa(series, JULY + 36).lacking is Lacking.TOO_SHORT
    assert ifpa(series, JULY + 37).lacking is Lacking.NO_PRICE
    assert ifpa({}, JULY).lacking is Lacking.NO_PRICE


def test_without_a_price_three_months_or_a_year_ago_there_is_no_value() -> None:
    whole = july_prices([0.01, 0.02, 0.03, 0.05], [0.04, 0.01, 0.02, 0.03, 0.01])
    for missing in (JULY + 45, JULY + 36):
        series = {number: price for number, price in whole.items() if number != missing}
        assert ifpa(series, JULY + 48).lacking is Lacking.TOO_SHORT


def test_a_price_that_never_moves_has_nothing_to_compare_with() -> None:
    series = {JULY + n: 12_500.0 for n in range(60)}
    assert ifpa(series, JULY + 59).lacking is Lacking.NO_VARIATION


def test_what_comes_later_changes_nothing_and_zero_is_refused() -> None:
    series = july_prices([0.01, 0.02, 0.03, 0.05], [0.04, 0.01, 0.02, 0.03, 0.01])
    assert ifpa(series | {JULY + 49: 1.0}, JULY + 48) == ifpa(series, JULY + 48)
    with pytest.raises(ValueError, match="gap"):
        ifpa(series | {JULY + 1: 0}, JULY + 48)
