"""In which reports a file stands: asked when its reporter leaves; the index is built beside the traffic."""

from alembic import op

revision = "laksa_0003_files"
down_revision = "laksa_0002_places"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_report_files_media_id",
            "report_files",
            ["media_id"],
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    op.drop_index("ix_report_files_media_id", "report_files")
