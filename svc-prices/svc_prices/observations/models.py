"""Tables of observed prices, what they said before they were changed, and what is read of them."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, Index, Numeric, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from svc_prices.db import Base
from svc_prices.observations.rules import Entry, Verdict

COUNTS = text("status = 'published' AND state = 'price'")
"""What is averaged, charted and alerted on; everything else is kept, and shown to staff alone."""
HELD = text("status = 'held'")


#: What `say_again` brings back.
ENTERED = (
    "state",
    "price",
    "unit",
    "amount",
    "factor",
    "reason",
    "held_for",
    "entered_by",
    "source",
    "observed_at",
    "received_at",
)


class Entered:
    """What one entry says: the state of the goods, and the price as it was told and as it was converted.

    `price` is whole rupiah for one unit of the commodity, present in the state `price` alone. `amount` rupiah
    for one `unit` of the market's own (None: the commodity's) that holds `factor` commodity units.
    """

    state: Mapped[str]
    price: Mapped[int | None]
    status: Mapped[str]
    unit: Mapped[str | None]
    amount: Mapped[int | None]
    factor: Mapped[Decimal | None] = mapped_column(Numeric(12, 6))
    reason: Mapped[str | None]
    held_for: Mapped[str | None]
    entered_by: Mapped[str]
    source: Mapped[str]
    observed_at: Mapped[datetime]
    received_at: Mapped[datetime]
    reviewed_by: Mapped[str | None]
    review_reason: Mapped[str | None]


class Observation(Entered, Base):
    """One commodity on one market, level and day: the natural key, and the newest thing said of it.

    `status` published, held (an outlier that waits for the supervisor, with its rule in `held_for`) or
    rejected. 0 is never a price: the database itself refuses it.
    """

    __tablename__ = "observations"
    __table_args__ = (
        CheckConstraint("price > 0", name="price"),
        CheckConstraint("(state = 'price') = (price IS NOT NULL)", name="state_price"),
        CheckConstraint("state IN ('price', 'not_available', 'not_surveyed')", name="state"),
        CheckConstraint("status IN ('published', 'held', 'rejected')", name="status"),
        CheckConstraint("level IN ('retail', 'wholesale', 'producer')", name="level"),
        Index(
            "ix_observations_published",
            "day",
            "commodity_id",
            "level",
            postgresql_include=["market_id", "price"],
            postgresql_where=COUNTS,
        ),
        Index(
            "ix_observations_held",
            "received_at",
            "commodity_id",
            "level",
            "market_id",
            "day",
            postgresql_where=HELD,
        ),
    )

    commodity_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    level: Mapped[str] = mapped_column(primary_key=True)
    market_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)

    def say(self, entry: Entry, verdict: Verdict, *, by: str, source: str, now: datetime) -> None:
        """Says this from now on; whoever reviewed what it said before has not reviewed this."""
        self.state, self.price, self.reason = entry.state, entry.price, entry.reason
        self.unit, self.amount, self.factor = entry.unit, entry.amount, entry.factor
        self.observed_at, self.received_at = entry.observed_at, now
        self.status, self.held_for = verdict.outcome, verdict.why
        self.entered_by, self.source = by, source
        self.reviewed_by = self.review_reason = None
        self.version += 1

    def review(self, status: str, by: str, reason: str | None) -> None:
        """A supervisor's word on what was held."""
        self.status, self.reviewed_by, self.review_reason = status, by, reason
        self.version += 1

    def say_again(self, earlier: "ObservationRevision", by: str, reason: str | None) -> None:
        """Says what it said before, because what came after it was rejected."""
        for name in ENTERED:
            setattr(self, name, getattr(earlier, name))
        self.review("published", by, reason)


class ObservationRevision(Entered, Base):
    """What an observation said before it was changed: written by the change, never changed itself.

    The version is the one that was replaced; `replaced_at` and `replaced_by` say when and by whom.
    """

    __tablename__ = "observation_revisions"

    commodity_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    level: Mapped[str] = mapped_column(primary_key=True)
    market_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    replaced_at: Mapped[datetime]
    replaced_by: Mapped[str]


class DailyPrice(Base):
    """The city's day: median, lowest and highest of the published prices, and on how many markets.

    `source` is theirs: `demo` if one of them is made up, `mixed` if they come from several sources.
    Recomputed in the transaction of every write that touches the day; no published price, no row.
    """

    __tablename__ = "daily_prices"

    commodity_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    level: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    median: Mapped[int]
    lowest: Mapped[int]
    highest: Mapped[int]
    markets: Mapped[int] = mapped_column(SmallInteger)
    source: Mapped[str] = mapped_column(server_default="survey")


class PublishedDay(Base):
    """How often what is published of a day has changed, and when last: by it readers know their copies.

    Set in the transaction of every such write, whose lock of the day makes the versions rise.
    """

    __tablename__ = "published_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[datetime]


class LatestPrice(Base):
    """The newest published price on one market, and the published one before it.

    Recomputed from the observations in the transaction of every write that touches the key.
    """

    __tablename__ = "latest_prices"
    __table_args__ = (Index("ix_latest_prices_commodity", "commodity_id", "level", "market_id"),)

    market_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    commodity_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    level: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date]
    price: Mapped[int]
    previous_day: Mapped[date | None]
    previous_price: Mapped[int | None]
    source: Mapped[str]
    observed_at: Mapped[datetime]
