"""Providers, what they declare, and whom they know."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "gateway_0011_providers"
down_revision = "gateway_0010_menus"
branch_labels = None
depends_on = None


def _text(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _moment(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(), nullable=False)


def _number(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), nullable=False)


def upgrade() -> None:
    _providers()
    _provided()
    op.create_table(
        "provider_documents",
        _text("provider"),
        _text("id"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("said", postgresql.JSONB(), nullable=True),
        _moment("changed_at"),
        sa.PrimaryKeyConstraint("provider", "id", name="pk_provider_documents"),
    )
    said = sa.text("said IS NOT NULL")
    op.create_index(
        "ix_provider_documents_held", "provider_documents", ["provider", "shown"], postgresql_where=said
    )
    gone = sa.text("said IS NULL")
    op.create_index("ix_provider_documents_gone", "provider_documents", ["changed_at"], postgresql_where=gone)
    op.create_table(
        "provider_links",
        _text("subject"),
        _text("provider"),
        _text("citizen_id"),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("subject", name="pk_provider_links"),
        sa.UniqueConstraint("citizen_id", "provider", name="uq_provider_links_citizen_id"),
    )
    op.create_table(
        "provider_days",
        _text("provider"),
        sa.Column("day", sa.Date(), nullable=False),
        _number("statuses"),
        sa.PrimaryKeyConstraint("provider", "day", name="pk_provider_days"),
    )
    op.create_index("ix_provider_days_day", "provider_days", ["day"])


def _providers() -> None:
    op.create_table(
        "providers",
        _text("code"),
        _json("name"),
        _text("agency"),
        _text("agreement_number"),
        _text("legal_basis"),
        sa.Column("ends_on", sa.Date(), nullable=False),
        _moment("ends_at"),
        _json("scopes"),
        _number("documents_limit"),
        _number("statuses_per_day"),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("old_secret", sa.LargeBinary(), nullable=True),
        _moment("old_secret_until", nullable=True),
        _moment("suspended_at", nullable=True),
        _text("suspended_reason", nullable=True),
        _moment("created_at"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_providers"),
    )


def _provided() -> None:
    op.create_table(
        "provided",
        _text("provider"),
        _json("declaration"),
        _json("items"),
        _text("url", nullable=True),
        _text("etag", nullable=True),
        _moment("as_of", nullable=True),
        _moment("declared_at"),
        _moment("polled_at", nullable=True),
        _moment("next_poll_at", nullable=True),
        _number("failures"),
        _text("last_error", nullable=True),
        sa.PrimaryKeyConstraint("provider", name="pk_provided"),
    )
    due = sa.text("next_poll_at IS NOT NULL")
    op.create_index("ix_provided_due", "provided", ["next_poll_at"], postgresql_where=due)


def downgrade() -> None:
    for table in ("provider_days", "provider_links", "provider_documents", "provided", "providers"):
        op.drop_table(table)
