"""Tables of commodities: what is surveyed, the units people name on the market, reference prices by law."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Numeric, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from svc_prices.db import Base


class Commodity(Base):
    """One commodity; every price of it is whole rupiah for one `unit` (kg, liter, butir …).

    `panel_id` is its number in the Panel Harga of Bapanas, where it stands there. Never deleted, see markets.
    """

    __tablename__ = "commodities"
    __table_args__ = (Index("ix_commodities_position", "position", "id"),)

    id: Mapped[int] = mapped_column(SmallInteger, Identity(always=False), primary_key=True)
    document_id: Mapped[UUID] = mapped_column(unique=True)
    code: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[dict[str, Any]]
    category: Mapped[str]
    unit: Mapped[str]
    panel_id: Mapped[int | None] = mapped_column(SmallInteger, unique=True)
    position: Mapped[int] = mapped_column(SmallInteger)
    source: Mapped[str]
    active: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class LocalUnit(Base):
    """What people sell it by: one `code` (ikat, ekor, karung) holds `factor` of the commodity's unit."""

    __tablename__ = "local_units"
    __table_args__ = (CheckConstraint("factor > 0", name="factor"),)

    commodity_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("commodities.id"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[dict[str, Any]]
    factor: Mapped[Decimal] = mapped_column(Numeric(12, 6))
    source: Mapped[str]


class ReferencePrice(Base):
    """A price the government set: `kind` HET (ceiling) or HAP (reference), whole rupiah for the unit.

    Holds from `valid_from` to `valid_to`, both included; `source` names the regulation.
    """

    __tablename__ = "reference_prices"
    __table_args__ = (CheckConstraint("price > 0", name="price"),)

    commodity_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("commodities.id"), primary_key=True)
    level: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    valid_to: Mapped[date | None]
    price: Mapped[int]
    source: Mapped[str]
