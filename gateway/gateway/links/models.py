"""Tables of this slice."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base


class ProviderLink(Base):
    """A resident's name at one provider: random, so that no two of them know it is the same person."""

    __tablename__ = "provider_links"
    __table_args__ = (UniqueConstraint("citizen_id", "provider", name="uq_provider_links_citizen_id"),)

    subject: Mapped[str] = mapped_column(primary_key=True)
    provider: Mapped[str]
    citizen_id: Mapped[str]
    created_at: Mapped[datetime]


class ProviderDay(Base):
    """How much a provider has said of residents' requests on one day of the city."""

    __tablename__ = "provider_days"
    __table_args__ = (Index("ix_provider_days_day", "day"),)

    provider: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    statuses: Mapped[int]
