"""Sources outside, and the items collected from them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "news_0002_sources"
down_revision = "news_0001"
branch_labels = None
depends_on = None

_HEADS = sa.text("id = cluster_id")


def upgrade() -> None:
    op.create_table(
        "sources",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("home_url", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("attribution", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("interval_minutes", sa.SmallInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_failure_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("items_taken", sa.BigInteger(), nullable=False),
        sa.Column("moved_to", sa.Text(), nullable=True),
        sa.Column("told", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sources"),
        sa.UniqueConstraint("code", name="uq_sources_code"),
    )
    op.create_index("ix_sources_due", "sources", ["next_attempt_at"], postgresql_where=sa.text("active"))
    op.create_table(
        "collected_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("cluster_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("marks", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("document", sa.Boolean(), nullable=False),
        sa.Column("dated", sa.Boolean(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_collected_items_source_id_sources"),
        sa.PrimaryKeyConstraint("id", name="pk_collected_items"),
        sa.UniqueConstraint("source_id", "key", name="uq_collected_items_source_id_key"),
    )
    _indexes()


def _indexes() -> None:
    op.create_index(
        "ix_collected_items_heads", "collected_items", ["published_at", "id"], postgresql_where=_HEADS
    )
    op.create_index("ix_collected_items_source", "collected_items", ["source_id", "published_at", "id"])
    op.create_index("ix_collected_items_cluster", "collected_items", ["cluster_id", "id"])
    op.create_index(
        "ix_collected_items_documents", "collected_items", ["id"], postgresql_where=sa.text("document")
    )
    op.create_index("ix_collected_items_published", "collected_items", ["published_at"])
    op.create_index(
        "ix_collected_items_marks",
        "collected_items",
        ["marks"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
        postgresql_where=_HEADS,
    )


def downgrade() -> None:
    op.drop_table("collected_items")
    op.drop_table("sources")
