"""Who changed which fact of a place, and what it said before; when events begin, and what is made up."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "tourism_0004_revisions"
down_revision = "tourism_0003_catalogue"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "place_revisions",
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("groups", postgresql.JSONB(), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name="fk_place_revisions_place_id_places"),
        sa.PrimaryKeyConstraint("place_id", "version", name="pk_place_revisions"),
    )
    op.add_column("agenda_events", sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True))
    for table in ("agenda_events", "features"):
        op.add_column(table, sa.Column("source", sa.Text(), nullable=True))


def downgrade() -> None:
    for table in ("features", "agenda_events"):
        op.drop_column(table, "source")
    op.drop_column("agenda_events", "starts_at")
    op.drop_table("place_revisions")
