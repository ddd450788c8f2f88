"""Tables of this slice."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    SQLColumnExpression,
    and_,
    any_,
    func,
    not_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base
from gateway.providers import rules
from gateway.providers.rules import State
from shared.crypto import FieldCipher, sealed

#: Known now, or a parameter of a statement that is made once.
Moment = datetime | BindParameter[datetime]


class Provider(Base):
    """A system of the city that joined. `version` counts what administrators changed, `told` the events.

    Its key is that of the client `provider-<code>`; the secrets sign its messages about residents' requests.
    """

    __tablename__ = "providers"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[dict[str, Any]]
    agency: Mapped[str]
    agreement_number: Mapped[str]
    legal_basis: Mapped[str]
    ends_on: Mapped[date]
    ends_at: Mapped[datetime]
    scopes: Mapped[list[Any]]
    hosts: Mapped[list[Any]]
    documents_limit: Mapped[int]
    statuses_per_day: Mapped[int]
    secret: Mapped[bytes] = mapped_column(info=sealed())
    old_secret: Mapped[bytes | None] = mapped_column(info=sealed())
    old_secret_until: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    suspended_reason: Mapped[str | None]
    suspended_for: Mapped[str | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(BigInteger)
    told: Mapped[int] = mapped_column(BigInteger)

    def state(self, now: datetime) -> State:
        """Whether it may do anything now."""
        return rules.state(suspended=self.suspended_at is not None, ends_at=self.ends_at, now=now)

    @classmethod
    def among(cls, state: State, now: Moment) -> ColumnElement[bool]:
        """The same, as SQL."""
        if state == "ended":
            return cls.ends_at <= now
        held = cls.suspended_at.is_not(None) if state == "suspended" else cls.suspended_at.is_(None)
        return and_(cls.ends_at > now, held)

    @classmethod
    def tells(cls, now: Moment) -> ColumnElement[bool]:
        """Whether it may tell of residents' requests, as SQL."""
        return and_(cls.among("active", now), cls.scopes.contains(["requests"]))

    @classmethod
    def silenced(cls, kind: SQLColumnExpression[str], now: Moment) -> ColumnElement[bool]:
        """Whether a kind of request is of a provider that may not tell of any now, as SQL.

        The few that may not are read once a query, so that rows are walked in the order of their own index.
        """
        names = select(rules.publisher("") + cls.code).where(not_(cls.tells(now))).scalar_subquery()
        its = func.split_part(kind, "_", 1) + "_" + func.split_part(kind, "_", 2)
        return its == any_(func.array(names))

    def take_secret(self, secret: str, cipher: FieldCipher, old_until: datetime | None = None) -> None:
        """Signs with this one from now on; the one before stays good until then."""
        if old_until is not None:
            before = cipher.decrypt(self.secret, f"providers.secret.{self.code}")
            self.old_secret = cipher.encrypt(before, f"providers.old_secret.{self.code}")
            self.old_secret_until = old_until
        self.secret = cipher.encrypt(secret, f"providers.secret.{self.code}")

    def secrets(self, cipher: FieldCipher, now: datetime) -> list[str]:
        """Those that are good now."""
        good = [cipher.text(self.secret, f"providers.secret.{self.code}")]
        if self.old_secret is not None and self.old_secret_until is not None and now < self.old_secret_until:
            good.append(cipher.text(self.old_secret, f"providers.old_secret.{self.code}"))
        return good


#: How long the secret before is still good.
OVERLAP = timedelta(hours=24)
