"""Which look-up key a resident's phone is found by; a constant default is no rewrite of the table."""

import sqlalchemy as sa
from alembic import op

revision = "gateway_0004_lookup"
down_revision = "gateway_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.Column("phone_hash_key", sa.Text(), nullable=False, server_default="k1")
    op.add_column("citizens", key)


def downgrade() -> None:
    op.drop_column("citizens", "phone_hash_key")
