"""Where a median comes from, how often a day was told of, and how often what is published of it changed."""

import sqlalchemy as sa
from alembic import op

revision = "prices_0002_sources"
down_revision = "prices_0001"
branch_labels = None
depends_on = None

#: Days condensed before this revision; those of surveys alone have their source by default.
_FILL = """
UPDATE daily_prices d SET source = found.source FROM (
    SELECT day, commodity_id, level,
        CASE WHEN bool_or(source = 'demo') THEN 'demo'
            WHEN min(source) = max(source) THEN min(source) ELSE 'mixed' END AS source
    FROM observations WHERE status = 'published' AND state = 'price'
    GROUP BY day, commodity_id, level
) found
WHERE d.day = found.day AND d.commodity_id = found.commodity_id AND d.level = found.level
    AND found.source <> d.source
"""


def upgrade() -> None:
    op.add_column("daily_prices", sa.Column("source", sa.Text(), nullable=False, server_default="survey"))
    op.add_column("survey_days", sa.Column("version", sa.BigInteger(), nullable=False, server_default="2"))
    op.create_table(
        "published_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_published_days"),
    )
    with op.get_context().autocommit_block():
        op.execute(_FILL)


def downgrade() -> None:
    op.drop_table("published_days")
    op.drop_column("survey_days", "version")
    op.drop_column("daily_prices", "source")
