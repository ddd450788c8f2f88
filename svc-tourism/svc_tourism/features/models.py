"""The table of what other services published and where it lies."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from svc_tourism.db import Base

HERE = text("gone_at IS NULL")
AT = text("point(lon, lat)")
"""Degrees, x is longitude."""


class Feature(Base):
    """A published document with a place, as its newest event told it. Texts are {"id": …, "en": …}.

    `located`: whether it has a point of its own, or lies in the middle of its area. `ends_at` is when it
    expires, or for what does not the moment it was published: what happened then and is over.
    `gone_at`: withdrawn; the row stays until no older event can come any more (`forget_at`).
    """

    __tablename__ = "features"
    __table_args__ = (
        Index("ix_features_district", "kind", "district", "id", postgresql_where=HERE),
        Index("ix_features_village", "kind", "village", "id", postgresql_where=HERE),
        Index("ix_features_ends", "kind", "ends_at", "id", postgresql_where=HERE),
        Index("ix_features_at", "kind", AT, postgresql_using="gist", postgresql_where=HERE),
        Index("ix_features_forget_at", "forget_at", postgresql_where=text("forget_at IS NOT NULL")),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    title: Mapped[dict[str, Any]]
    summary: Mapped[dict[str, Any]]
    lat: Mapped[float]
    lon: Mapped[float]
    located: Mapped[str]
    village: Mapped[str | None]
    district: Mapped[str | None]
    url: Mapped[str]
    source: Mapped[str | None]
    published_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    ends_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
    forget_at: Mapped[datetime | None]
