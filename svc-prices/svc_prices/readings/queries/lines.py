"""One commodity day by day: of a market, or the city's median.

The points leave PostgreSQL as JSON: to build a thousand objects from rows cost twenty times what the
statement does.
"""

from datetime import date
from typing import Any

from sqlalchemy import Date, Row, SmallInteger, Text, TextClause, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession


async def line(
    session: AsyncSession, commodity_id: int, level: str, market_id: int | None, first: date, last: date
) -> Row[Any]:
    """Every day with a published price, oldest first, of a market or (None) the city's median.

    `days` (after `first`) and `prices` (whole rupiah) one by one, `points` the same as JSON objects with
    commas between, `source` theirs (demo if one is made up, mixed if of several); None, all of them, of none.
    """
    values: dict[str, Any] = {"commodity": commodity_id, "level": level, "first": first, "last": last}
    if market_id is None:
        return (await session.execute(_OF_CITY, values)).one()
    return (await session.execute(_OF_MARKET, {**values, "market": market_id})).one()


_ASKED = (
    bindparam("commodity", type_=SmallInteger),
    bindparam("level", type_=Text),
    bindparam("first", type_=Date),
    bindparam("last", type_=Date),
)


def _line(days: str, more: str) -> TextClause:
    """Gathers (day, price, source) of `days`; `more` ends each point's JSON."""
    return text(f"""
SELECT array_agg(day - :first) AS days, array_agg(price) AS prices,
    CASE WHEN bool_or(source = 'demo') THEN 'demo'
        WHEN min(source) = max(source) THEN min(source) ELSE 'mixed' END AS source,
    string_agg('{{"day":"' || to_char(day, 'YYYY-MM-DD') || '","price":' || price || {more} || '}}', ',')
        AS points
FROM ({days} ORDER BY day) line""").bindparams(*_ASKED)  # noqa: S608 - put together of our own words


_OF_CITY = _line(
    """
    SELECT day, median AS price, lowest, highest, markets, source FROM daily_prices
    WHERE commodity_id = :commodity AND level = :level AND day BETWEEN :first AND :last
    """,
    """',"lowest":' || lowest || ',"highest":' || highest || ',"markets":' || markets""",
)
_OF_MARKET = _line(
    """
    SELECT day, price, source FROM observations
    WHERE commodity_id = :commodity AND level = :level AND market_id = :market
        AND day BETWEEN :first AND :last AND status = 'published' AND state = 'price'
    """,
    r"""',"lowest"\:null,"highest"\:null,"markets"\:null'""",
).bindparams(bindparam("market", type_=SmallInteger))
