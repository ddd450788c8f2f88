"""Tables of this slice."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base


class FeedRow(Base):
    """One thing told to one citizen, for 24 hours; ids rise in the order of the commits (see usecases)."""

    __tablename__ = "feed"
    __table_args__ = (Index("ix_feed_citizen", "citizen_id", "id"), Index("ix_feed_created_at", "created_at"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    citizen_id: Mapped[str]
    event: Mapped[str]
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class StreamTicket(Base):
    """Opens one stream, once; `ends_at` is when the access token that asked for it ends."""

    __tablename__ = "stream_tickets"
    __table_args__ = (Index("ix_stream_tickets_expires_at", "expires_at"),)

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    citizen_id: Mapped[str]
    sid: Mapped[str | None]
    language: Mapped[str]
    ends_at: Mapped[datetime]
    expires_at: Mapped[datetime]
