"""Tables of this slice."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base
from shared.ids import new_id


class Access(Base):
    """Somebody had data of a resident: `what` happened, by `whom` (self, system, staff), to what purpose.

    Of staff the agency is told, not the person. `service` is who handed the data out, where one did.
    """

    __tablename__ = "data_accesses"
    __table_args__ = (
        Index("ix_data_accesses_citizen", "citizen_id", "id"),
        Index("ix_data_accesses_at", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    citizen_id: Mapped[str]
    at: Mapped[datetime]
    what: Mapped[str]
    whom: Mapped[str]
    agency: Mapped[str | None]
    service: Mapped[str | None]
    purpose: Mapped[str | None]
