"""Tables of this slice."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base
from gateway.declarations.usecases import State
from gateway.provided import rules


class Provided(Base):
    """What a provider declares, and the last content of its section of home: `as_of` says from when.

    `url` is where the content is asked for; None: it is pushed, or there is no section. Then `health`, if
    there is one, is where it is asked whether it is there.
    """

    __tablename__ = "provided"
    __table_args__ = (
        Index("ix_provided_due", "next_poll_at", postgresql_where=text("next_poll_at IS NOT NULL")),
    )

    provider: Mapped[str] = mapped_column(primary_key=True)
    declaration: Mapped[dict[str, Any]]
    items: Mapped[list[Any]]
    url: Mapped[str | None]
    health: Mapped[str | None]
    etag: Mapped[str | None]
    as_of: Mapped[datetime | None]
    declared_at: Mapped[datetime]
    polled_at: Mapped[datetime | None]
    next_poll_at: Mapped[datetime | None]
    failures: Mapped[int]
    last_error: Mapped[str | None]

    @property
    def is_down(self) -> bool:
        """Whether it did not answer several times in a row."""
        return self.failures >= rules.DOWN_AFTER

    def standing(self, now: datetime) -> tuple[list[Any], bool, State]:
        """What others see of it: the content, whether it is down, how old it is."""
        return self.items, self.is_down, rules.state_of(self.as_of, now)
