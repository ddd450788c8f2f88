"""Filling an empty development database with prices that everybody can see are made up."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.city import TagsPurgedV1
from shared.events.outbox import emit
from shared.ids import new_id
from shared.runtime import Runtime
from shared.seeds import sow_all
from svc_prices.commodities.models import Commodity
from svc_prices.demonstrations import queries
from svc_prices.demonstrations.queries import Made
from svc_prices.demonstrations.rules import series
from svc_prices.markets.models import Market
from svc_prices.observations import documents
from svc_prices.observations import usecases as observations
from svc_prices.observations.queries import Touched
from svc_prices.pack import SEEDS, PricesPack
from svc_prices.surveys import usecases as surveys


async def load_demo(run: Runtime) -> int:
    """120 days of every commodity with a `demo_price` on every market, source demo; answers how many rows.

    What is there already stays. Only in development: ValueError elsewhere, before anything is written.
    """
    if run.settings.environment != "development":
        raise ValueError("made-up prices are for ENVIRONMENT=development alone")
    await sow_all(run, SEEDS)
    now = run.clock.now()
    async with run.database.transaction() as session:
        made = await _made(session, run, now.astimezone(run.city.zone).date())
        if not made:
            return 0
        await observations.lock(session, {m for _, m, _, _ in made}, {day for _, _, day, _ in made})
        added = await queries.insert_missing(session, made, now)
        await observations.refresh(session, [Touched(c, "retail", m, day) for c, m, day in added], now)
        today = now.astimezone(run.city.zone).date()
        await surveys.note_progress(session, {(m, day) for _, m, day in added if day == today}, now=now)
        if added:
            purge = TagsPurgedV1(tags=(documents.TAG,))
            await emit(session, purge, entity_id=str(new_id()), entity_version=1, now=now)
    return len(added)


async def _made(session: AsyncSession, run: Runtime, today: date) -> list[Made]:
    known = run.part(PricesPack).by_code
    markets = (await session.scalars(select(Market).where(Market.active).order_by(Market.id))).all()
    listed = select(Commodity).where(Commodity.active).order_by(Commodity.id)
    commodities = [each for each in await session.scalars(listed) if each.code in known]
    return [
        (commodity.id, market.id, day, price)
        for market in markets
        for commodity in commodities
        if (base := known[commodity.code].demo_price) is not None
        for day, price in series(commodity.code, market.code, base, today)
    ]
