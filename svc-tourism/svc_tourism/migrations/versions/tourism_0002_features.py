"""What other services published and where it lies; indexes of places for reading them by id."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "tourism_0002_features"
down_revision = "tourism_0001"
branch_labels = None
depends_on = None

_HERE = sa.text("gone_at IS NULL")
_OF_PLACES = {
    "category": ["category", "id"],
    "district": ["district", "id"],
    "village": ["village", "id"],
    "updated": ["updated_at", "id"],
}


def upgrade() -> None:
    op.create_table(
        "features",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("title", postgresql.JSONB(), nullable=False),
        sa.Column("summary", postgresql.JSONB(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("located", sa.Text(), nullable=False),
        sa.Column("village", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forget_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kind", "id", name="pk_features"),
    )
    for name, column in (("district", "district"), ("village", "village"), ("ends", "ends_at")):
        op.create_index(f"ix_features_{name}", "features", ["kind", column, "id"], postgresql_where=_HERE)
    op.create_index(
        "ix_features_at",
        "features",
        ["kind", sa.text("point(lon, lat)")],
        postgresql_using="gist",
        postgresql_where=_HERE,
    )
    op.create_index(
        "ix_features_forget_at", "features", ["forget_at"], postgresql_where=sa.text("forget_at IS NOT NULL")
    )
    with op.get_context().autocommit_block():
        for name, columns in _OF_PLACES.items():
            op.create_index(
                f"ix_places_features_{name}",
                "places",
                columns,
                postgresql_where=sa.text("listed"),
                postgresql_concurrently=True,
                if_not_exists=True,
            )


def downgrade() -> None:
    for name in _OF_PLACES:
        op.drop_index(f"ix_places_features_{name}", "places")
    op.drop_table("features")
