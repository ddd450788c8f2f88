"""The table of data sets that other agencies offer."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.errors import Conflict
from svc_tourism.db import Base


class DatasetWithdrawn(Conflict):
    code = "dataset_withdrawn"


class CatalogueFull(Conflict):
    code = "catalogue_full"


class Dataset(Base):
    """One data set; `agency` produces it (produsen data). Texts are {"id": …, "en": …}."""

    __tablename__ = "datasets"
    __table_args__ = (Index("ix_datasets_listed", "id", postgresql_where=text("withdrawn_at IS NULL")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    agency: Mapped[str]
    title: Mapped[dict[str, Any]]
    description: Mapped[dict[str, Any]]
    keywords: Mapped[list[Any]]
    licence: Mapped[str]
    landing_page: Mapped[str]
    frequency: Mapped[str]
    covers_from: Mapped[date | None]
    covers_to: Mapped[date | None]
    distributions: Mapped[list[Any]]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    def state(self, facts: dict[str, Any], now: datetime) -> None:
        """Takes these facts; 409 `dataset_withdrawn` if it was taken out of the catalogue."""
        if self.withdrawn_at is not None:
            raise DatasetWithdrawn
        for name, value in facts.items():
            setattr(self, name, value)
        self.version, self.updated_at = self.version + 1, now

    def withdraw(self, now: datetime) -> None:
        """Takes it out of the catalogue; 409 `dataset_withdrawn` the second time."""
        self.state({}, now)
        self.withdrawn_at = now
