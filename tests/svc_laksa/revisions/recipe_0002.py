"""Recipe: fill a column in batches, each a transaction of its own; killed and begun again it goes on."""

import sqlalchemy as sa
from alembic import op

revision = "recipe_0002"
down_revision = "recipe_0001"
branch_labels = None
depends_on = None

_FIRST = "00000000-0000-0000-0000-000000000000"
_BATCH = sa.text("""
    WITH batch AS (
        SELECT id FROM reports WHERE id > :after AND weight IS NULL ORDER BY id LIMIT 1000 FOR UPDATE
    ), filled AS (
        UPDATE reports SET weight = CASE urgency WHEN 'urgent' THEN 4 ELSE 1 END
        FROM batch WHERE reports.id = batch.id
    )
    SELECT id FROM batch ORDER BY id DESC LIMIT 1
""")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        after = _FIRST
        while after is not None:
            after = op.get_bind().scalar(_BATCH, {"after": after})


def downgrade() -> None:
    """The column is dropped one revision earlier."""
