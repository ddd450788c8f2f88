"""Tables of this slice."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base


class MenuSwitch(Base):
    """What administrators decided of one menu, for whom; `code` is theirs. Empty lists mean everybody.

    `state` is off, on or link; `segment` public, staff or everybody; `reason` {id, en}, or {}.
    """

    __tablename__ = "menu_switches"
    __table_args__ = (
        Index("ix_menu_switches_changed_at", "changed_at", "menu", "code"),
        Index("ix_menu_switches_state", "state", "changed_at", "menu", "code"),
    )

    menu: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    platforms: Mapped[list[Any]]
    from_version: Mapped[str | None]
    below_version: Mapped[str | None]
    languages: Mapped[list[Any]]
    segment: Mapped[str]
    link: Mapped[str | None]
    reason: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[datetime]
