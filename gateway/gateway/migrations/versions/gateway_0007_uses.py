"""Which service uses which photo; every export ends; the trail of accesses is found by its age.

Who attached a photo was not kept. Until this revision svc-laksa was the only service that attached any: all
uses there are become its own, told by no event, so that whatever it says next is newer. A photo attached by
the old code in the seconds while both run has no row, is kept, and goes when somebody releases it.
"""

import sqlalchemy as sa
from alembic import op

revision = "gateway_0007_uses"
down_revision = "gateway_0006_privacy"
branch_labels = None
depends_on = None

_NONE = "00000000-0000-0000-0000-000000000000"
_BATCH = sa.text("""
    WITH batch AS (
        SELECT id FROM media WHERE id > :after AND attached_at IS NOT NULL ORDER BY id LIMIT 1000
    ), told AS (
        INSERT INTO media_uses (media_id, publisher, used, told_by)
        SELECT id, 'laksa', true, CAST(:none AS uuid) FROM batch ON CONFLICT DO NOTHING
    )
    SELECT id FROM batch ORDER BY id DESC LIMIT 1
""")


def upgrade() -> None:
    op.create_table(
        "media_uses",
        sa.Column("media_id", sa.Uuid(), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.Column("told_by", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("media_id", "publisher", name="pk_media_uses"),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media.id"], name="fk_media_uses_media_id_media", ondelete="CASCADE"
        ),
        if_not_exists=True,
    )
    with op.get_context().autocommit_block():
        after = _NONE
        while after is not None:
            after = op.get_bind().scalar(_BATCH, {"after": after, "none": _NONE})
        op.execute(
            "UPDATE exports SET expires_at = requested_at + interval '7 days' WHERE expires_at IS NULL"
        )
        op.create_index(
            "ix_data_accesses_at",
            "data_accesses",
            ["at"],
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    op.drop_index("ix_data_accesses_at", "data_accesses")
    op.drop_table("media_uses")
