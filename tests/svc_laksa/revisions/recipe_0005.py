"""Recipe: a foreign key between tables in use: for new rows at once, for old ones beside the traffic."""

from alembic import op

revision = "recipe_0005"
down_revision = "recipe_0004"
branch_labels = None
depends_on = None

_KEY = "fk_report_steps_checked"


def upgrade() -> None:
    op.execute(f"ALTER TABLE report_steps DROP CONSTRAINT IF EXISTS {_KEY}")
    op.create_foreign_key(_KEY, "report_steps", "reports", ["report_id"], ["id"], postgresql_not_valid=True)
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE report_steps VALIDATE CONSTRAINT {_KEY}")


def downgrade() -> None:
    op.drop_constraint(_KEY, "report_steps")
