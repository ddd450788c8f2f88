"""Tables of this slice."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base


class Seal(Base):
    """How far a service's chain reached, by its own word; two hashes for one `seq` prove a rewriting."""

    __tablename__ = "seals"

    service: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    hash: Mapped[bytes] = mapped_column(primary_key=True)
    at: Mapped[datetime]
