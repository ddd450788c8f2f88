"""Tables of this slice."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base


class ClientUsage(Base):
    """Answers to one front end on one day of the city, by what its apps said they are.

    `refused` are 4xx but 429, `limited` 429, `failed` 5xx and requests given up by the client; all are among
    `requests`. `bytes` are of answer bodies as they left. `version` is empty where none was said.
    """

    __tablename__ = "client_usage"
    __table_args__ = (Index("ix_client_usage_day", "day", "client"),)

    client: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    requests: Mapped[int] = mapped_column(BigInteger)
    refused: Mapped[int] = mapped_column(BigInteger)
    limited: Mapped[int] = mapped_column(BigInteger)
    failed: Mapped[int] = mapped_column(BigInteger)
    bytes: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[datetime]
