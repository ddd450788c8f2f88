"""Recipe: a column. One yet to be computed is nullable, with a default for rows that running code writes."""

import sqlalchemy as sa
from alembic import op

revision = "recipe_0001"
down_revision = "laksa_head"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reports", sa.Column("weight", sa.SmallInteger(), nullable=True))
    op.alter_column("reports", "weight", server_default="1")
    op.add_column("reports", sa.Column("channel", sa.Text(), server_default="app", nullable=False))


def downgrade() -> None:
    op.drop_column("reports", "channel")
    op.drop_column("reports", "weight")
