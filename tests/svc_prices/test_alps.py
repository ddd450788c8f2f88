"""ALPS against arithmetic done by hand."""

import math

import pytest

from svc_prices.indicators.rules import Lacking, Trend, alps
from svc_prices.indicators.rules.finding import level_of

JANUARY = 2023 * 12
#: How far a calendar month's three residuals reach: its price is a above, 2a below and a above the trend.
REACH = [4, 4, 4, 4, 4, 5, 5, 5, 2, 1, 5, 5]


def designed() -> dict[int, float]:
    """Three years whose least-squares fit is known beforehand.

    Trend 1,000 + 10 t, season 50 × calendar month, residuals (a, −2a, a) over the three years of a calendar
    month: these sum to zero and stand at right angles to the years (−1·a + 0·(−2a) + 1·a = 0), so the fit
    takes nothing of them, and what it leaves is exactly what was put in.
    """
    series = {}
    for t in range(36):
        year, season = divmod(t, 12)
        series[JANUARY + t] = 1_000 + 10 * t + 50 * season + REACH[season] * (1, -2, 1)[year]
    return series


def test_alps_of_a_designed_series_is_five_sixths() -> None:
    """Σε² = Σ 6a² = 6 (5·16 + 5·25 + 4 + 1) = 6 · 210 = 1,260; σ = √(1,260 / 35) = 6; ε = a = 5; 5/6."""
    found = alps(designed(), JANUARY + 35)
    assert isinstance(found.baseline, Trend)
    assert found.baseline.expected == pytest.approx(1_000 + 350 + 550, abs=1e-9)
    assert found.baseline.deviation == pytest.approx(6, abs=1e-9)
    assert found.value == pytest.approx(5 / 6, abs=1e-9)
    assert (found.level, found.observations, found.first) == ("stress", 36, JANUARY)


def test_a_spike_in_the_last_month_is_worked_out_by_hand() -> None:
    """The same series, December of the third year 36 higher.

    The fit moves too. The slope: Σ(t − t̄)² = 12 · (12² + 12²) = 3,456 and the spike adds 12 · 36 to the
    numerator, so β rises by 432 / 3,456 = 1/8. December's mean rises by 36/3 = 12. December's residuals:
    5 − 12 + 12/8 = −5.5,   −10 − 12 = −22,   5 + 36 − 12 − 12/8 = 27.5.
    Every other month's: a + 12/8, −2a, a − 12/8, squares 6a² + 2 · 2.25 = 6a² + 4.5.
    Σε² = 6 (210 − 25) + 11 · 4.5 + 5.5² + 22² + 27.5² = 1,110 + 49.5 + 30.25 + 484 + 756.25 = 2,430.
    """
    series = designed()
    series[JANUARY + 35] += 36
    found = alps(series, JANUARY + 35)
    assert found.value == pytest.approx(27.5 / math.sqrt(2_430 / 35), abs=1e-9)
    assert found.level == "crisis"


def test_the_seasonal_trend_is_that_of_the_normal_equations() -> None:
    """The short way (means by calendar month) and the long one: 13 equations, solved by elimination."""
    series = designed() | {JANUARY + t: 1_900.0 + 37 * (t % 5) for t in range(36, 60)}
    del series[JANUARY + 7], series[JANUARY + 20], series[JANUARY + 41]
    found = alps(series, JANUARY + 59)
    expected, deviation = by_elimination(series, JANUARY + 59)
    assert isinstance(found.baseline, Trend)
    assert found.baseline.expected == pytest.approx(expected, rel=1e-9)
    assert found.value == pytest.approx((series[JANUARY + 59] - expected) / deviation, rel=1e-7)


@pytest.mark.parametrize(("missing", "why"), [([35], Lacking.NO_PRICE), ([4], Lacking.TOO_SHORT)])
def test_too_little_data_is_said_so(missing: list[int], why: Lacking) -> None:
    series = {number: price for number, price in designed().items() if number - JANUARY not in missing}
    found = alps(series, JANUARY + 35)
    assert (found.value, found.level, found.lacking, found.observations) == (None, None, why, 35)


def test_a_price_that_only_follows_its_trend_has_nothing_to_compare_with() -> None:
    flat = {JANUARY + t: 12_500.0 for t in range(48)}
    assert alps(flat, JANUARY + 47).lacking is Lacking.NO_VARIATION


def test_a_gap_is_a_gap_and_later_months_do_not_count() -> None:
    series = designed() | {JANUARY + t: 2_000.0 + t % 7 for t in range(36, 60) if t != 40}
    found = alps(series, JANUARY + 50)
    assert found.observations == 36 + 14
    assert found.value == pytest.approx(alps({**series, JANUARY + 55: 9e6}, JANUARY + 50).value or 0)


@pytest.mark.parametrize("price", [0, -1, float("nan"), float("inf")])
def test_what_is_no_price_is_refused(price: float) -> None:
    with pytest.raises(ValueError, match="gap"):
        alps(designed() | {JANUARY + 3: price}, JANUARY + 35)


@pytest.mark.parametrize(
    ("above", "level"), [(0.24, "normal"), (0.25, "stress"), (1.0, "alert"), (2.0, "crisis"), (-3, "normal")]
)
def test_the_classes_begin_on_their_thresholds(above: float, level: str) -> None:
    assert level_of(above, "normal", (0.25, "stress"), (1.0, "alert"), (2.0, "crisis")) == level


def by_elimination(series: dict[int, float], month: int) -> tuple[float, float]:
    """Fitted price of a month and standard deviation of the residuals, from X'X b = X'y."""
    rows = [([1.0 if n % 12 == j else 0.0 for j in range(12)] + [float(n)], p) for n, p in series.items()]
    left = [[math.fsum(x[i] * x[j] for x, _ in rows) for j in range(13)] for i in range(13)]
    right = [math.fsum(x[i] * y for x, y in rows) for i in range(13)]
    for i in range(13):
        for k in range(i + 1, 13):
            part = left[k][i] / left[i][i]
            left[k] = [a - part * b for a, b in zip(left[k], left[i], strict=True)]
            right[k] -= part * right[i]
    found = [0.0] * 13
    for i in reversed(range(13)):
        found[i] = (right[i] - math.fsum(left[i][j] * found[j] for j in range(i + 1, 13))) / left[i][i]
    fitted = {n: found[n % 12] + found[12] * n for n in series}
    squares = math.fsum((series[n] - fitted[n]) ** 2 for n in series)
    return fitted[month], math.sqrt(squares / (len(series) - 1))
