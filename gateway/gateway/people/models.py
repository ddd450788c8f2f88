"""Residents and staff; only the gateway knows who they are."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base
from shared.crypto import sealed
from shared.ids import new_id


class Citizen(Base):
    """A resident. Services know the id alone; phone (E.164) and name are sealed for their row."""

    __tablename__ = "citizens"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    phone: Mapped[bytes] = mapped_column(info=sealed(found_by="phone_hash", kind="phone"))
    phone_hash: Mapped[bytes] = mapped_column(unique=True)
    phone_hash_key: Mapped[str] = mapped_column(server_default="k1")
    name: Mapped[bytes | None] = mapped_column(info=sealed())
    created_at: Mapped[datetime]


class Staff(Base):
    """Somebody who works for the city or a partner; `agency` scopes the roles, None is the whole city."""

    __tablename__ = "staff"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[bytes] = mapped_column(info=sealed())
    roles: Mapped[list[Any]]
    agency: Mapped[str | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
