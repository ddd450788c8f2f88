"""Tables of this slice."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base


class AppVersion(Base):
    """The newest version of the city's app on one platform; below `minimum` nobody goes on."""

    __tablename__ = "app_versions"

    platform: Mapped[str] = mapped_column(primary_key=True)
    latest: Mapped[str]
    minimum: Mapped[str | None]
    required: Mapped[bool]
    message: Mapped[dict[str, Any]]
    store: Mapped[str | None]
    version: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[datetime]


class Flag(Base):
    """Something that apps switch on or off by the city's word; `purpose` is for the administrators."""

    __tablename__ = "flags"

    name: Mapped[str] = mapped_column(primary_key=True)
    is_on: Mapped[bool]
    purpose: Mapped[str]
    platforms: Mapped[list[Any]]
    from_version: Mapped[str | None]
    below_version: Mapped[str | None]
    version: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[datetime]
