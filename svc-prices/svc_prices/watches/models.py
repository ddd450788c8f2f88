"""The table of watches."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from svc_prices.db import Base

_ONE = text("market_id IS NOT NULL")
_CITY = text("market_id IS NULL")


class Watch(Base):
    """A resident (an opaque id) wants to know when a price has moved by `percent` from its baseline.

    Of one market, or the city's median (no `market_id`). `above` and `below` are the prices (whole rupiah) at
    which she is told; None in the direction she did not ask for.
    """

    __tablename__ = "watches"
    __table_args__ = (
        CheckConstraint("percent BETWEEN 1 AND 500", name="percent"),
        Index("ix_watches_citizen", "citizen_id", "id"),
        Index("ix_watches_above", "commodity_id", "level", "market_id", "above", postgresql_where=_ONE),
        Index("ix_watches_below", "commodity_id", "level", "market_id", "below", postgresql_where=_ONE),
        Index("ix_watches_city_above", "commodity_id", "level", "above", postgresql_where=_CITY),
        Index("ix_watches_city_below", "commodity_id", "level", "below", postgresql_where=_CITY),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    citizen_id: Mapped[str]
    commodity_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("commodities.id"))
    level: Mapped[str]
    market_id: Mapped[int | None] = mapped_column(SmallInteger, ForeignKey("markets.id"))
    percent: Mapped[int] = mapped_column(SmallInteger)
    direction: Mapped[str]
    baseline_price: Mapped[int]
    baseline_day: Mapped[date]
    above: Mapped[int | None]
    below: Mapped[int | None]
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
