"""Places with reviews, itineraries, and the events of the agenda."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "tourism_0001"
down_revision = None
branch_labels = ("tourism",)
depends_on = None

_LISTED = sa.text("listed")
_AT = sa.text("point(x, y)")
_HERE = sa.text("NOT gone")


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "places",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column("name_key", sa.Text(collation="C"), nullable=False),
        sa.Column("description", postgresql.JSONB(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("x", sa.Double(), nullable=False),
        sa.Column("y", sa.Double(), nullable=False),
        sa.Column("village", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("approximate", sa.Boolean(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("opening_hours", sa.Text(), nullable=True),
        sa.Column("ramadan_hours", sa.Text(), nullable=True),
        sa.Column("hours_text", sa.Text(), nullable=True),
        sa.Column("price", postgresql.JSONB(), nullable=True),
        sa.Column("entry_fee", sa.BigInteger(), nullable=True),
        sa.Column("wheelchair", sa.Text(), nullable=False),
        sa.Column("accessibility", postgresql.JSONB(), nullable=False),
        sa.Column("contact", postgresql.JSONB(), nullable=False),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("tags", postgresql.JSONB(), nullable=False),
        sa.Column("photos", postgresql.JSONB(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("attribution", sa.Text(), nullable=True),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("rating_count", sa.Integer(), nullable=False),
        sa.Column("rating_sum", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("slug", name="uq_places_slug"),
        sa.PrimaryKeyConstraint("id", name="pk_places"),
    )
    _indexes_of_places()
    _reviews()
    op.create_table(
        "itineraries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("citizen_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("plan", sa.LargeBinary(), nullable=False),
        sa.Column("share_digest", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("share_digest", name="uq_itineraries_share_digest"),
        sa.PrimaryKeyConstraint("id", name="pk_itineraries"),
    )
    op.create_index("ix_itineraries_citizen", "itineraries", ["citizen_id", "id"])
    _agenda()


def _indexes_of_places() -> None:
    for name, columns in (
        ("name", ["name_key", "id"]),
        ("category", ["category", "name_key", "id"]),
        ("district", ["district", "name_key", "id"]),
        ("category_district", ["category", "district", "name_key", "id"]),
    ):
        op.create_index(f"ix_places_{name}", "places", columns, postgresql_where=_LISTED)
    for name, parts in (("at", [_AT]), ("category_at", ["category", _AT])):
        op.create_index(
            f"ix_places_{name}", "places", parts, postgresql_using="gist", postgresql_where=_LISTED
        )
    op.create_index("ix_places_status", "places", ["status", "updated_at", "id"])


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("citizen_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("rating", sa.SmallInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("photos", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.Column("reports", sa.SmallInteger(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name="fk_reviews_place_id_places"),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
    )
    op.create_index("uq_reviews_place_citizen", "reviews", ["place_id", "citizen_id"], unique=True)
    published, waiting = sa.text("state = 'published'"), sa.text("waiting")
    op.create_index(
        "ix_reviews_public", "reviews", ["place_id", "written_at", "id"], postgresql_where=published
    )
    op.create_index("ix_reviews_queue", "reviews", ["written_at", "id"], postgresql_where=waiting)
    op.create_index("ix_reviews_citizen", "reviews", ["citizen_id", "id"])
    op.create_table(
        "review_reports",
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("citizen_id", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"], ["reviews.id"], name="fk_review_reports_review_id_reviews", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("review_id", "citizen_id", name="pk_review_reports"),
    )
    op.create_index("ix_review_reports_citizen", "review_reports", ["citizen_id", "review_id"])


def _agenda() -> None:
    op.create_table(
        "agenda_events",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("title", postgresql.JSONB(), nullable=False),
        sa.Column("summary", postgresql.JSONB(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("x", sa.Double(), nullable=True),
        sa.Column("y", sa.Double(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("village", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_agenda_events"),
    )
    op.create_index("ix_agenda_events_ends", "agenda_events", ["ends_at", "id"], postgresql_where=_HERE)
    op.create_index(
        "ix_agenda_events_area", "agenda_events", ["district", "ends_at", "id"], postgresql_where=_HERE
    )
    op.create_index(
        "ix_agenda_events_at", "agenda_events", [_AT], postgresql_using="gist", postgresql_where=_HERE
    )


def downgrade() -> None:
    for table in ("agenda_events", "itineraries", "review_reports", "reviews", "places"):
        op.drop_table(table)
