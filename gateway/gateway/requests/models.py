"""Tables of this slice."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base


class CityRequest(Base):
    """The newest state of a thing a citizen asked for; `version` is its owner's, `updated_at` the event's."""

    __tablename__ = "requests"
    __table_args__ = (Index("ix_requests_citizen", "citizen_id", "updated_at", "kind", "entity_id"),)

    kind: Mapped[str] = mapped_column(primary_key=True)
    entity_id: Mapped[str] = mapped_column(primary_key=True)
    citizen_id: Mapped[str]
    version: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[str]
    title: Mapped[dict[str, Any]]
    state: Mapped[str]
    state_label: Mapped[dict[str, Any]]
    next_step: Mapped[dict[str, Any]]
    due_at: Mapped[datetime | None]
    link: Mapped[str]
    closed: Mapped[bool]
    updated_at: Mapped[datetime]
