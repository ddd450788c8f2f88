"""Everything published, to be searched."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "gateway_0009_search"
down_revision = "gateway_0008_audits"
branch_labels = None
depends_on = None

_TEXTS = (
    ("simple", "title_id", "A"), ("indonesian", "title_id", "A"),
    ("simple", "title_en", "A"), ("english", "title_en", "A"),
    ("simple", "summary_id", "B"), ("indonesian", "summary_id", "B"),
    ("simple", "summary_en", "B"), ("english", "summary_en", "B"),
)  # fmt: skip
_VECTOR = " || ".join(
    f"setweight(to_tsvector('{config}'::regconfig, plain ->> '{key}'), '{weight}'::\"char\")"
    for config, key, weight in _TEXTS
)
_HERE = sa.text("gone_at IS NULL")


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_table(
        "search_documents",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("no", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("title", postgresql.JSONB(), nullable=False),
        sa.Column("summary", postgresql.JSONB(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forget_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("keys", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("plain", postgresql.JSONB(), nullable=False),
        sa.Column("vector", postgresql.TSVECTOR(), sa.Computed(_VECTOR, persisted=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", name="pk_search_documents"),
    )
    _indexes()
    op.create_table(
        "search_words",
        sa.Column("word", sa.Text(collation="C"), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("word", name="pk_search_words"),
    )
    op.create_index(
        "ix_search_words_near",
        "search_words",
        ["word"],
        postgresql_using="gin",
        postgresql_ops={"word": "gin_trgm_ops"},
    )
    op.create_index("ix_search_words_checked_at", "search_words", ["checked_at"])


def _indexes() -> None:
    op.create_index("ix_search_documents_no", "search_documents", ["no"], unique=True)
    op.create_index(
        "ix_search_documents_found",
        "search_documents",
        ["keys", "vector"],
        postgresql_using="gin",
        postgresql_where=_HERE,
        postgresql_with={"fastupdate": "off"},
    )
    op.create_index(
        "ix_search_documents_type",
        "search_documents",
        ["type", "kind"],
        postgresql_where=sa.text("url <> ''"),
    )
    op.create_index(
        "ix_search_documents_forget_at",
        "search_documents",
        ["forget_at"],
        postgresql_where=sa.text("forget_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("search_words")
    op.drop_table("search_documents")
