"""Recipe: NOT NULL on a table in use: a check for new rows, validated beside traffic, then the real one."""

from alembic import op

revision = "recipe_0003"
down_revision = "recipe_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE reports DROP CONSTRAINT IF EXISTS ck_reports_weight")
    op.create_check_constraint(
        "ck_reports_weight", "reports", "weight IS NOT NULL", postgresql_not_valid=True
    )
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE reports VALIDATE CONSTRAINT ck_reports_weight")
    op.alter_column("reports", "weight", nullable=False)
    op.drop_constraint("ck_reports_weight", "reports")


def downgrade() -> None:
    op.alter_column("reports", "weight", nullable=True)
