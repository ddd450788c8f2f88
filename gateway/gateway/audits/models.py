"""Tables of this slice."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base


class Audit(Base):
    """One thing an administrator did; `entry_id` is its link in the chain."""

    __tablename__ = "audits"
    __table_args__ = (
        Index("ix_audits_subject", "subject", "id"),
        Index("ix_audits_actor", "actor", "id"),
        Index("ix_audits_action", "action", "id"),
        Index("ix_audits_at", "at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID] = mapped_column(unique=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    facts: Mapped[dict[str, Any]]
