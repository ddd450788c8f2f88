"""What each service last said of its routes."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base


class ServiceDocument(Base):
    """The document in force (kept over a restart, so that a service that is down keeps its routes) and the
    last one refused."""

    __tablename__ = "service_documents"

    service: Mapped[str] = mapped_column(primary_key=True)
    etag: Mapped[str | None]
    document: Mapped[dict[str, Any] | None]
    accepted_at: Mapped[datetime | None]
    refused_etag: Mapped[str | None]
    refused_reason: Mapped[str | None]
    refused_at: Mapped[datetime | None]
