"""Lists by place: the newest inside a box, the nearest that are open; one index each, built beside the traffic."""

import sqlalchemy as sa
from alembic import op

revision = "laksa_0002_places"
down_revision = "laksa_0001"
branch_labels = None
depends_on = None

_PLACE = sa.text("point(lon, lat)")


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_reports_place_time",
            "reports",
            [_PLACE, "received_at"],
            postgresql_using="gist",
            postgresql_where=sa.text("listed"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )
        op.create_index(
            "ix_reports_place_open",
            "reports",
            [_PLACE],
            postgresql_using="gist",
            postgresql_where=sa.text("listed AND closed_at IS NULL"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )
        op.drop_index("ix_reports_place", "reports", postgresql_concurrently=True, if_exists=True)


def downgrade() -> None:
    op.create_index(
        "ix_reports_place",
        "reports",
        [_PLACE],
        postgresql_using="gist",
        postgresql_where=sa.text("listed"),
    )
    op.drop_index("ix_reports_place_open", "reports")
    op.drop_index("ix_reports_place_time", "reports")
