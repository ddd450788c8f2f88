"""Tables of this slice."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base


class ProviderDocument(Base):
    """A document of a provider; `said` is None once it was withdrawn, `shown` is whether search has it.

    `version` rises with everything search is told of it.
    """

    __tablename__ = "provider_documents"
    __table_args__ = (
        Index("ix_provider_documents_held", "provider", "shown", postgresql_where=text("said IS NOT NULL")),
        Index("ix_provider_documents_gone", "changed_at", postgresql_where=text("said IS NULL")),
    )

    provider: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    shown: Mapped[bool]
    said: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    changed_at: Mapped[datetime]
