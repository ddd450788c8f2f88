"""The table of markets."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from svc_prices.db import Base

MEDIAN = "median"
"""What is asked for instead of a market's code: the city's line. No market is called so."""


class Market(Base):
    """One market. `lat` and `lon` (degrees) are absent where nobody has confirmed the place.

    `id` is what observations name (two bytes), `document_id` what search and snapshots name. A market is
    closed by `active`, never deleted: observations name it without a foreign key, for the imports' sake.
    """

    __tablename__ = "markets"
    __table_args__ = (Index("ix_markets_name", "name", "id", postgresql_where=text("active")),)

    id: Mapped[int] = mapped_column(SmallInteger, Identity(always=False), primary_key=True)
    document_id: Mapped[UUID] = mapped_column(unique=True)
    code: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    kind: Mapped[str]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    district: Mapped[str | None]
    village: Mapped[str | None]
    source: Mapped[str]
    active: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
