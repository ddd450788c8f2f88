"""Hosts agreed with a provider, why one is suspended, and where one is asked whether it is there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "gateway_0012_agreed"
down_revision = "gateway_0011_providers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Who joined before has agreed on no host: what it says next must lead to those an administrator adds."""
    hosts = sa.Column("hosts", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'"))
    op.add_column("providers", hosts, if_not_exists=True)
    op.add_column("providers", sa.Column("suspended_for", sa.Text()), if_not_exists=True)
    op.add_column("provided", sa.Column("health", sa.Text()), if_not_exists=True)


def downgrade() -> None:
    op.drop_column("provided", "health")
    op.drop_column("providers", "suspended_for")
    op.drop_column("providers", "hosts")
