"""Which field keys rows were written with, each with a proof that opens only with that very key."""

import sqlalchemy as sa
from alembic import op

revision = "plumbing_0002_field_keys"
down_revision = "plumbing_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "field_keys",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("proof", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_field_keys"),
    )


def downgrade() -> None:
    op.drop_table("field_keys")
