"""Places of a district from a point outward; when an event is over, as its publisher says."""

import sqlalchemy as sa
from alembic import op

revision = "tourism_0005_outward"
down_revision = "tourism_0004_revisions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("agenda_events", sa.Column("over_at", sa.DateTime(timezone=True), nullable=True))
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_places_district_at",
            "places",
            ["district", sa.text("point(x, y)")],
            postgresql_using="gist",
            postgresql_where=sa.text("listed"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    op.drop_index("ix_places_district_at", "places")
    op.drop_column("agenda_events", "over_at")
