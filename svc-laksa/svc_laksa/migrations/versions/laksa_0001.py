"""Reports with their steps, texts and files."""

import sqlalchemy as sa
from alembic import op

revision = "laksa_0001"
down_revision = None
branch_labels = ("laksa",)
depends_on = None

_LISTED = sa.text("listed")


def upgrade() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("sent_digest", sa.LargeBinary(), nullable=False),
        sa.Column("citizen_id", sa.Text(), nullable=True),
        sa.Column("follow_digest", sa.LargeBinary(), nullable=True),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("privacy", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("sealed_point", sa.LargeBinary(), nullable=True),
        sa.Column("village", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("approximate", sa.Boolean(), nullable=False),
        sa.Column("outside_city", sa.Boolean(), nullable=False),
        sa.Column("cover", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("resumes_to", sa.Text(), nullable=True),
        sa.Column("waits_for", sa.Text(), nullable=True),
        sa.Column("challenged", sa.Boolean(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("pack", sa.Text(), nullable=False),
        sa.Column("hand_overs", sa.SmallInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("final_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("code", name="uq_reports_code"),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
    )
    _indexes()
    op.create_table(
        "report_steps",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_report_steps_report_id_reports"),
        sa.PrimaryKeyConstraint("report_id", "version", name="pk_report_steps"),
    )
    op.create_table(
        "report_texts",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("plain", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_report_texts_report_id_reports"),
        sa.PrimaryKeyConstraint("report_id", "version", "kind", name="pk_report_texts"),
    )
    op.create_table(
        "report_files",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("media_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("distance_m", sa.Integer(), nullable=True),
        sa.Column("stated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_report_files_report_id_reports"),
        sa.PrimaryKeyConstraint("report_id", "version", "media_id", name="pk_report_files"),
    )
    op.create_index("ix_report_files_sha256", "report_files", ["sha256"])


def _indexes() -> None:
    op.create_index("ix_reports_citizen", "reports", ["citizen_id", "received_at", "id"])
    op.create_index("ix_reports_public", "reports", ["received_at", "id"], postgresql_where=_LISTED)
    for column in ("category", "state", "district", "village"):
        name = f"ix_reports_public_{column}"
        op.create_index(name, "reports", [column, "received_at", "id"], postgresql_where=_LISTED)
    op.create_index(
        "ix_reports_place",
        "reports",
        [sa.text("point(lon, lat)")],
        postgresql_using="gist",
        postgresql_where=_LISTED,
    )
    op.create_index(
        "ix_reports_agency_queue",
        "reports",
        ["agency", "deadline_at", "id"],
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "ix_reports_waiting",
        "reports",
        ["waits_for", "deadline_at", "id"],
        postgresql_where=sa.text("waits_for IS NOT NULL"),
    )


def downgrade() -> None:
    for table in ("report_files", "report_texts", "report_steps", "reports"):
        op.drop_table(table)
