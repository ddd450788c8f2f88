"""Exports, erasures with their clocks, and who had a resident's data."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "gateway_0006_privacy"
down_revision = "gateway_0005_uploads"
branch_labels = None
depends_on = None


def _text(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _moment(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    _exports()
    op.create_table(
        "erasures",
        sa.Column("id", sa.Uuid(), nullable=False),
        _text("citizen_id"),
        _moment("requested_at"),
        _moment("due_at"),
        _moment("done_at", nullable=True),
        sa.Column("waiting", postgresql.JSONB(), nullable=False),
        sa.Column("erased", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_erasures"),
        sa.UniqueConstraint("citizen_id", name="uq_erasures_citizen_id"),
    )
    waiting = sa.text("done_at IS NULL")
    op.create_index("ix_erasures_waiting", "erasures", ["due_at"], postgresql_where=waiting)
    op.create_index("ix_erasures_requested_at", "erasures", ["requested_at", "id"])
    op.create_table(
        "data_accesses",
        sa.Column("id", sa.Uuid(), nullable=False),
        _text("citizen_id"),
        _moment("at"),
        _text("what"),
        _text("whom"),
        _text("agency", nullable=True),
        _text("service", nullable=True),
        _text("purpose", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_data_accesses"),
    )
    op.create_index("ix_data_accesses_citizen", "data_accesses", ["citizen_id", "id"])


def _exports() -> None:
    op.create_table(
        "exports",
        _text("citizen_id"),
        sa.Column("id", sa.Uuid(), nullable=False),
        _moment("requested_at"),
        sa.Column("tries", sa.Integer(), nullable=False),
        _moment("look_at", nullable=True),
        _moment("complete_at", nullable=True),
        _moment("expires_at", nullable=True),
        sa.PrimaryKeyConstraint("citizen_id", name="pk_exports"),
        sa.UniqueConstraint("id", name="uq_exports_id"),
    )
    due, over = sa.text("look_at IS NOT NULL"), sa.text("expires_at IS NOT NULL")
    op.create_index("ix_exports_look_at", "exports", ["look_at"], postgresql_where=due)
    op.create_index("ix_exports_expires_at", "exports", ["expires_at"], postgresql_where=over)
    op.create_table(
        "export_parts",
        sa.Column("export_id", sa.Uuid(), nullable=False),
        _text("service"),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        _moment("gathered_at", nullable=True),
        sa.PrimaryKeyConstraint("export_id", "service", name="pk_export_parts"),
        sa.ForeignKeyConstraint(
            ["export_id"], ["exports.id"], name="fk_export_parts_export_id_exports", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    for table in ("data_accesses", "erasures", "export_parts", "exports"):
        op.drop_table(table)
