"""Tables of this slice."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base


class Erasure(Base):
    """The proof that an account was erased, and when each service had done its part.

    `citizen_id` means nobody any more; it keeps out what services may still say of her. `waiting` names the
    services that have not finally answered, `erased` counts by service what they erased.
    """

    __tablename__ = "erasures"
    __table_args__ = (
        Index("ix_erasures_waiting", "due_at", postgresql_where=text("done_at IS NULL")),
        Index("ix_erasures_requested_at", "requested_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    citizen_id: Mapped[str] = mapped_column(unique=True)
    requested_at: Mapped[datetime]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    waiting: Mapped[list[Any]]
    erased: Mapped[dict[str, Any]]

    def answered(self, service: str, counts: dict[str, int], *, final: bool, now: datetime) -> None:
        """Takes in what a service says; the last final answer ends the clock."""
        before = self.erased.get(service, {})
        together = {kind: before.get(kind, 0) + counts.get(kind, 0) for kind in {**before, **counts}}
        self.erased = self.erased | {service: together}
        if final:
            self.waiting = [name for name in self.waiting if name != service]
        if not self.waiting:
            self.done_at = self.done_at or now
