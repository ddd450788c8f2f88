"""Markets, commodities, observations with what is read of them, the survey plan, watches."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "prices_0001"
down_revision = None
branch_labels = ("prices",)
depends_on = None

_COUNTS = sa.text("status = 'published' AND state = 'price'")
_HELD = sa.text("status = 'held'")
_ONE = sa.text("market_id IS NOT NULL")
_CITY = sa.text("market_id IS NULL")
_REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % keeps what was said: it is never changed', TG_TABLE_NAME;
END $$
"""
_GUARD = """
CREATE TRIGGER observation_revisions_stay BEFORE UPDATE OR DELETE ON observation_revisions
FOR EACH ROW EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    _markets()
    _commodities()
    _observations()
    _readings()
    _surveys()
    _watches()


def _markets() -> None:
    op.create_table(
        "markets",
        sa.Column("id", sa.SmallInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("village", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_markets"),
        sa.UniqueConstraint("document_id", name="uq_markets_document_id"),
        sa.UniqueConstraint("code", name="uq_markets_code"),
    )
    op.create_index("ix_markets_name", "markets", ["name", "id"], postgresql_where=sa.text("active"))


def _commodities() -> None:
    op.create_table(
        "commodities",
        sa.Column("id", sa.SmallInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("panel_id", sa.SmallInteger(), nullable=True),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_commodities"),
        sa.UniqueConstraint("document_id", name="uq_commodities_document_id"),
        sa.UniqueConstraint("code", name="uq_commodities_code"),
        sa.UniqueConstraint("panel_id", name="uq_commodities_panel_id"),
    )
    op.create_index("ix_commodities_position", "commodities", ["position", "id"])
    op.create_table(
        "local_units",
        sa.Column("commodity_id", sa.SmallInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column("factor", sa.Numeric(12, 6), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("factor > 0", name="ck_local_units_factor"),
        sa.ForeignKeyConstraint(
            ["commodity_id"], ["commodities.id"], name="fk_local_units_commodity_id_commodities"
        ),
        sa.PrimaryKeyConstraint("commodity_id", "code", name="pk_local_units"),
    )
    op.create_table(
        "reference_prices",
        sa.Column("commodity_id", sa.SmallInteger(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("price > 0", name="ck_reference_prices_price"),
        sa.ForeignKeyConstraint(
            ["commodity_id"], ["commodities.id"], name="fk_reference_prices_commodity_id_commodities"
        ),
        sa.PrimaryKeyConstraint("commodity_id", "level", "kind", "valid_from", name="pk_reference_prices"),
    )


def _key() -> list[sa.Column]:
    return [
        sa.Column("commodity_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
    ]


def _entered() -> list[sa.Column]:
    return [
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("price", sa.Integer(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("amount", sa.Integer(), nullable=True),
        sa.Column("factor", sa.Numeric(12, 6), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("held_for", sa.Text(), nullable=True),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_by", sa.Text(), nullable=True),
        sa.Column("review_reason", sa.Text(), nullable=True),
    ]


def _observations() -> None:
    op.create_table(
        "observations",
        *_key(),
        *_entered(),
        sa.CheckConstraint("price > 0", name="ck_observations_price"),
        sa.CheckConstraint("(state = 'price') = (price IS NOT NULL)", name="ck_observations_state_price"),
        sa.CheckConstraint(
            "state IN ('price', 'not_available', 'not_surveyed')", name="ck_observations_state"
        ),
        sa.CheckConstraint("status IN ('published', 'held', 'rejected')", name="ck_observations_status"),
        sa.CheckConstraint("level IN ('retail', 'wholesale', 'producer')", name="ck_observations_level"),
        sa.PrimaryKeyConstraint("commodity_id", "level", "market_id", "day", name="pk_observations"),
    )
    op.create_index(
        "ix_observations_published",
        "observations",
        ["day", "commodity_id", "level"],
        postgresql_include=["market_id", "price"],
        postgresql_where=_COUNTS,
    )
    op.create_index(
        "ix_observations_held",
        "observations",
        ["received_at", "commodity_id", "level", "market_id", "day"],
        postgresql_where=_HELD,
    )
    op.create_table(
        "observation_revisions",
        *_key(),
        *_entered(),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "commodity_id", "level", "market_id", "day", "version", name="pk_observation_revisions"
        ),
    )
    op.execute(_REFUSE)
    op.execute(_GUARD)


def _readings() -> None:
    op.create_table(
        "daily_prices",
        sa.Column("commodity_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("median", sa.Integer(), nullable=False),
        sa.Column("lowest", sa.Integer(), nullable=False),
        sa.Column("highest", sa.Integer(), nullable=False),
        sa.Column("markets", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("commodity_id", "level", "day", name="pk_daily_prices"),
    )
    op.create_table(
        "latest_prices",
        sa.Column("market_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("commodity_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.Column("previous_day", sa.Date(), nullable=True),
        sa.Column("previous_price", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("market_id", "commodity_id", "level", name="pk_latest_prices"),
    )
    op.create_index("ix_latest_prices_commodity", "latest_prices", ["commodity_id", "level", "market_id"])


def _surveys() -> None:
    op.create_table(
        "planned_surveys",
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("weekdays", sa.SmallInteger(), nullable=False),
        sa.Column("by", sa.Time(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("weekdays BETWEEN 1 AND 127", name="ck_planned_surveys_weekdays"),
        sa.ForeignKeyConstraint(["market_id"], ["markets.id"], name="fk_planned_surveys_market_id_markets"),
        sa.PrimaryKeyConstraint("market_id", "staff_id", name="pk_planned_surveys"),
    )
    op.create_index("ix_planned_surveys_staff", "planned_surveys", ["staff_id"])
    op.create_table(
        "survey_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("expected", sa.SmallInteger(), nullable=False),
        sa.Column("entered", sa.SmallInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alarmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["market_id"], ["markets.id"], name="fk_survey_days_market_id_markets"),
        sa.PrimaryKeyConstraint("day", "market_id", name="pk_survey_days"),
    )


def _watches() -> None:
    op.create_table(
        "watches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("citizen_id", sa.Text(), nullable=False),
        sa.Column("commodity_id", sa.SmallInteger(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=True),
        sa.Column("percent", sa.SmallInteger(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("baseline_price", sa.Integer(), nullable=False),
        sa.Column("baseline_day", sa.Date(), nullable=False),
        sa.Column("above", sa.Integer(), nullable=True),
        sa.Column("below", sa.Integer(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("percent BETWEEN 1 AND 500", name="ck_watches_percent"),
        sa.ForeignKeyConstraint(
            ["commodity_id"], ["commodities.id"], name="fk_watches_commodity_id_commodities"
        ),
        sa.ForeignKeyConstraint(["market_id"], ["markets.id"], name="fk_watches_market_id_markets"),
        sa.PrimaryKeyConstraint("id", name="pk_watches"),
    )
    op.create_index("ix_watches_citizen", "watches", ["citizen_id", "id"])
    for column in ("above", "below"):
        one, city = ["commodity_id", "level", "market_id", column], ["commodity_id", "level", column]
        op.create_index(f"ix_watches_{column}", "watches", one, postgresql_where=_ONE)
        op.create_index(f"ix_watches_city_{column}", "watches", city, postgresql_where=_CITY)


def downgrade() -> None:
    for table in (
        "watches",
        "survey_days",
        "planned_surveys",
        "latest_prices",
        "daily_prices",
        "observation_revisions",
        "observations",
        "reference_prices",
        "local_units",
        "commodities",
        "markets",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_change()")
