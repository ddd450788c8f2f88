"""What a list of things costs on each market."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, Date, Numeric, Row, SmallInteger, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession


async def totals(
    session: AsyncSession, wanted: Mapping[int, Decimal], level: str, since: date
) -> Sequence[Row[Any]]:
    """Every active market with what is there of the list since that day: total (rupiah), ids, oldest day."""
    values = {"ids": list(wanted), "amounts": list(wanted.values()), "level": level, "since": since}
    return (await session.execute(_TOTALS, values)).all()


_TOTALS = text("""
SELECT m.code, m.name, m.lat, m.lon, b.total, b.ids, b.oldest, b.source
FROM markets m LEFT JOIN (
    SELECT p.market_id, sum(round(p.price * w.amount))::bigint AS total, array_agg(p.commodity_id) AS ids,
        min(p.day) AS oldest,
        CASE WHEN bool_or(p.source = 'demo') THEN 'demo'
            WHEN min(p.source) = max(p.source) THEN min(p.source) ELSE 'mixed' END AS source
    FROM unnest(:ids, :amounts) AS w(id, amount)
    JOIN latest_prices p ON p.commodity_id = w.id AND p.level = :level AND p.day >= :since
    GROUP BY p.market_id
) b ON b.market_id = m.id
WHERE m.active
ORDER BY coalesce(cardinality(b.ids), 0) DESC, total, m.name, m.id
LIMIT 1000
""").bindparams(
    bindparam("ids", type_=ARRAY(SmallInteger)),
    bindparam("amounts", type_=ARRAY(Numeric)),
    bindparam("level", type_=Text),
    bindparam("since", type_=Date),
)
