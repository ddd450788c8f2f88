"""Tables of: media, requests, streams, seals."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "gateway_0003"
down_revision = "gateway_0002"
branch_labels = None
depends_on = None


def _text(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _moment(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _bytes(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(), nullable=False)


def upgrade() -> None:
    _media()
    _requests()
    _streams()
    op.create_table(
        "seals",
        _text("service"),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        _bytes("hash"),
        _moment("at"),
        sa.PrimaryKeyConstraint("service", "seq", "hash", name="pk_seals"),
    )


def _media() -> None:
    op.create_table(
        "media",
        sa.Column("id", sa.Uuid(), nullable=False),
        _text("owner"),
        _bytes("upload_sha256"),
        _text("idempotency_key", nullable=True),
        _text("folder"),
        _text("sha256"),
        _text("type"),
        sa.Column("size", sa.Integer(), nullable=False),
        _json("variants"),
        _bytes("evidence", nullable=True),
        _moment("stored_at"),
        _moment("kept_until"),
        _moment("attached_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_media"),
        sa.UniqueConstraint("folder", name="uq_media_folder"),
    )
    keyed, loose = sa.text("idempotency_key IS NOT NULL"), sa.text("attached_at IS NULL")
    op.create_index("ix_media_owner_upload", "media", ["owner", "upload_sha256"])
    op.create_index("ix_media_owner_key", "media", ["owner", "idempotency_key"], postgresql_where=keyed)
    op.create_index("ix_media_unattached", "media", ["kept_until"], postgresql_where=loose)


def _requests() -> None:
    op.create_table(
        "requests",
        _text("kind"),
        _text("entity_id"),
        _text("citizen_id"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        _text("number"),
        _json("title"),
        _text("state"),
        _json("state_label"),
        _json("next_step"),
        _moment("due_at", nullable=True),
        _text("link"),
        sa.Column("closed", sa.Boolean(), nullable=False),
        _moment("updated_at"),
        sa.PrimaryKeyConstraint("kind", "entity_id", name="pk_requests"),
    )
    place = ["citizen_id", "updated_at", "kind", "entity_id"]
    op.create_index("ix_requests_citizen", "requests", place)


def _streams() -> None:
    op.create_table(
        "feed",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        _text("citizen_id"),
        _text("event"),
        _json("payload"),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_feed"),
    )
    op.create_index("ix_feed_citizen", "feed", ["citizen_id", "id"])
    op.create_index("ix_feed_created_at", "feed", ["created_at"])
    op.create_table(
        "stream_tickets",
        _bytes("digest"),
        _text("citizen_id"),
        _text("sid", nullable=True),
        _text("language"),
        _moment("ends_at"),
        _moment("expires_at"),
        sa.PrimaryKeyConstraint("digest", name="pk_stream_tickets"),
    )
    op.create_index("ix_stream_tickets_expires_at", "stream_tickets", ["expires_at"])


def downgrade() -> None:
    for table in ("stream_tickets", "feed", "requests", "media", "seals"):
        op.drop_table(table)
