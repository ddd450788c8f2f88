"""Photos that arrive in several goes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "gateway_0005_uploads"
down_revision = "gateway_0004_lookup"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "media_uploads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("sealed_metadata", sa.LargeBinary(), nullable=True),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("pieces", postgresql.JSONB(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("writer", sa.Uuid(), nullable=True),
        sa.Column("media_id", sa.Uuid(), nullable=True),
        sa.Column("refused", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_media_uploads"),
        sa.UniqueConstraint("folder", name="uq_media_uploads_folder"),
    )
    keyed = sa.text("idempotency_key IS NOT NULL")
    op.create_index("ix_media_uploads_owner", "media_uploads", ["owner"])
    op.create_index("ix_media_uploads_expires", "media_uploads", ["expires_at"])
    op.create_index(
        "uq_media_uploads_key",
        "media_uploads",
        ["owner", "idempotency_key"],
        unique=True,
        postgresql_where=keyed,
    )
