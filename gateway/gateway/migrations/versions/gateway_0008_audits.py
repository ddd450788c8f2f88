"""What administrators did; who a front end is, what it may do, and how it uses its key day by day."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "gateway_0008_audits"
down_revision = "gateway_0007_uses"
branch_labels = None
depends_on = None

_KINDS = "kind IN ('front_end', 'partner', 'provider')"
_TYPES = "type IN ('mobile', 'web', 'system')"


def upgrade() -> None:
    _audits()
    _usage()
    _clients()


def _audits() -> None:
    op.create_table(
        "audits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audits"),
        sa.UniqueConstraint("entry_id", name="uq_audits_entry_id"),
        if_not_exists=True,
    )
    for column in ("subject", "actor", "action", "at"):
        op.create_index(f"ix_audits_{column}", "audits", [column, "id"], if_not_exists=True)


def _usage() -> None:
    counts = ("requests", "refused", "limited", "failed", "bytes")
    op.create_table(
        "client_usage",
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in counts),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client", "day", "platform", "version", name="pk_client_usage"),
        if_not_exists=True,
    )
    op.create_index("ix_client_usage_day", "client_usage", ["day", "client"], if_not_exists=True)


def _clients() -> None:
    """Rows that are there: their platform says what they are; the others are systems until somebody says."""
    listed = postgresql.JSONB()
    columns = (
        sa.Column("type", sa.Text(), nullable=False, server_default="system"),
        sa.Column("owner", sa.Text()),
        sa.Column("contact_office", sa.Text()),
        sa.Column("scopes", listed, nullable=False, server_default=sa.text("'[]'")),
        sa.Column("notes", sa.Text()),
        sa.Column("disabled_for", sa.Text()),
    )
    for column in columns:
        op.add_column("clients", column, if_not_exists=True)
    op.alter_column("clients", "key_hash", nullable=True)
    for name, rule in (("kind", _KINDS), ("type", _TYPES)):
        op.drop_constraint(f"ck_clients_{name}", "clients", if_exists=True)
        op.execute(f"ALTER TABLE clients ADD CONSTRAINT ck_clients_{name} CHECK ({rule}) NOT VALID")
    with op.get_context().autocommit_block():
        op.execute("UPDATE clients SET type = 'web' WHERE platform = 'web' AND type = 'system'")
        op.execute(
            "UPDATE clients SET type = 'mobile' WHERE platform IN ('android', 'ios') AND type = 'system'"
        )
        for name in ("kind", "type"):
            op.execute(f"ALTER TABLE clients VALIDATE CONSTRAINT ck_clients_{name}")


def downgrade() -> None:
    op.drop_constraint("ck_clients_type", "clients")
    op.drop_constraint("ck_clients_kind", "clients")
    op.execute("DELETE FROM clients WHERE key_hash IS NULL OR kind = 'provider'")
    op.create_check_constraint("ck_clients_kind", "clients", "kind IN ('front_end', 'partner')")
    op.alter_column("clients", "key_hash", nullable=False)
    for name in ("disabled_for", "notes", "scopes", "contact_office", "owner", "type"):
        op.drop_column("clients", name)
    op.drop_table("client_usage")
    op.drop_table("audits")
