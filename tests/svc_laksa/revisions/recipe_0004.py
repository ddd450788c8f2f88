"""Recipe: an index on a table in use, built beside the traffic; a build that broke off is begun again."""

from alembic import op

revision = "recipe_0004"
down_revision = "recipe_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_reports_weight", "reports", ["weight", "id"], postgresql_concurrently=True, if_not_exists=True
        )


def downgrade() -> None:
    op.drop_index("ix_reports_weight", "reports")
