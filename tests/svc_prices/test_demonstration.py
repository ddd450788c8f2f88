"""Made-up prices: for development alone, marked, plausible, and the same every time."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from shared.clock import ManualClock
from shared.testing import Keys, QueryRecorder, in_process
from svc_prices.app import create_app
from svc_prices.demonstrations.rules import DAYS, series
from svc_prices.demonstrations.usecases import load_demo
from svc_prices.settings import PricesSettings
from tests.svc_prices.bazaar import Bazaar


def test_the_series_is_the_same_every_time_and_near_its_base() -> None:
    once, again = (list(series("beras-premium", "anyar", 15_500, date(2026, 2, 2))) for _ in range(2))
    assert once == again
    assert len(once) == DAYS
    prices = [price for _, price in once if price is not None]
    assert len(prices) > 100
    assert all(13_000 < price < 18_000 and price % 250 == 0 for price in prices)


async def test_development_gets_four_months_and_everybody_sees_that_they_are_made_up(
    databases: Any, settings_for: Callable[..., PricesSettings], clock: ManualClock, keys: Keys
) -> None:
    settings = settings_for(PricesSettings, databases.new("svc_prices"), environment="development")
    app = create_app(settings, clock)
    run = app.state.runtime
    with QueryRecorder().on(run.database) as queries:
        assert await load_demo(run) == 6 * 23 * DAYS
    assert len(queries) < 25
    assert await load_demo(run) == 0
    async with in_process(app) as client:
        bazaar = Bazaar(app, client, keys, clock)
        medians = await bazaar.items("/medians?limit=100")
        latest = await bazaar.items("/latest?limit=100")
    assert (len(medians), {item["age_days"] for item in medians}) == (23, {0})
    assert {item["source"] for item in latest} == {"demo"}
    assert {item["price_class"]["code"] for item in medians} <= {"dear", "normal", "cheap"}
    await run.database.close()


async def test_nowhere_else_are_prices_made_up(bazaar: Bazaar) -> None:
    with pytest.raises(ValueError, match="development alone"):
        await load_demo(bazaar.run)
