"""The table of events, as the news told of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from svc_tourism.db import Base

AT = text("point(x, y)")


class AgendaEvent(Base):
    """One event of the agenda. `gone` ones stay a while: an older version must not bring them back.

    It lasts from `starts_at` to `over_at`, as far as its publisher says; `ends_at`: when it leaves the list.
    """

    __tablename__ = "agenda_events"
    __table_args__ = (
        Index("ix_agenda_events_ends", "ends_at", "id", postgresql_where=text("NOT gone")),
        Index("ix_agenda_events_area", "district", "ends_at", "id", postgresql_where=text("NOT gone")),
        Index("ix_agenda_events_at", AT, postgresql_using="gist", postgresql_where=text("NOT gone")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    gone: Mapped[bool]
    title: Mapped[dict[str, Any]]
    summary: Mapped[dict[str, Any]]
    url: Mapped[str]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    x: Mapped[float | None]
    y: Mapped[float | None]
    district: Mapped[str | None]
    village: Mapped[str | None]
    published_at: Mapped[datetime]
    starts_at: Mapped[datetime | None]
    over_at: Mapped[datetime | None]
    ends_at: Mapped[datetime]
    source: Mapped[str | None]
