"""The tables every service has beside its own: events out and in, due work, idempotency, the chain."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.crypto import sealed

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
PLUMBING = MetaData(naming_convention=NAMING)
_MOMENT = DateTime(timezone=True)
FORGOTTEN_AT_ONCE = 5_000  # rows of finished things that one transaction deletes

outbox = Table(
    "outbox",
    PLUMBING,
    Column("id", Uuid, primary_key=True),
    Column("type", Text, nullable=False),
    Column("entity_id", Text, nullable=False),
    Column("entity_version", BigInteger, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("occurred_at", _MOMENT, nullable=False),
    Column("traceparent", Text),
    Column("causation_id", Text),
    Column("sent_at", _MOMENT),
    Index("ix_outbox_unsent", "id", postgresql_where=text("sent_at IS NULL")),
    Index("ix_outbox_sent_at", "sent_at", postgresql_where=text("sent_at IS NOT NULL")),
)

inbox = Table(
    "inbox",
    PLUMBING,
    Column("consumer", Text, primary_key=True),
    Column("event_id", Uuid, primary_key=True),
    Column("received_at", _MOMENT, nullable=False),
    Index("ix_inbox_received_at", "received_at"),
)

due = Table(
    "due",
    PLUMBING,
    Column("kind", Text, primary_key=True),
    Column("entity_id", Text, primary_key=True),
    Column("due_at", _MOMENT, nullable=False),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("parked_at", _MOMENT),
    Index("ix_due_due_at", "due_at", postgresql_where=text("parked_at IS NULL")),
    Index("ix_due_parked_at", "parked_at", postgresql_where=text("parked_at IS NOT NULL")),
)

idempotency = Table(
    "idempotency",
    PLUMBING,
    Column("caller", Text, primary_key=True),
    Column("operation", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body_sha256", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary, nullable=False, info=sealed(joint="|")),
    Column("created_at", _MOMENT, nullable=False),
    Index("ix_idempotency_created_at", "created_at"),
)

field_keys = Table(
    "field_keys",
    PLUMBING,
    Column("name", Text, primary_key=True),
    Column("proof", LargeBinary, nullable=False),
)

entries = Table(
    "entries",
    PLUMBING,
    Column("id", Uuid, primary_key=True),
    Column("entity_id", Uuid, nullable=False),
    Column("entity_version", BigInteger, nullable=False),
    Column("facts", JSONB, nullable=False),
    Index("uq_entries_entity", "entity_id", "entity_version", unique=True),
)

unchained = Table(
    "unchained",
    PLUMBING,
    Column("entry_id", Uuid, primary_key=True),
    Column("entity_version", BigInteger, nullable=False),
    Index("ix_unchained_order", "entity_version", "entry_id"),
)

chain = Table(
    "chain",
    PLUMBING,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("entry_id", Uuid, nullable=False, unique=True),
    Column("hash", LargeBinary, nullable=False),
)

#: INSERT and SELECT only for the running service: the database itself refuses a changed past (contracts 5).
APPEND_ONLY = ("entries", "chain", "seals", "audits")


def new_metadata() -> MetaData:
    """A service's own metadata with the plumbing in it; each service builds its models on one of these."""
    metadata = MetaData(naming_convention=NAMING)
    for table in PLUMBING.sorted_tables:
        table.to_metadata(metadata)
    return metadata
