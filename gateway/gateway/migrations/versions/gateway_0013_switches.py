"""All switches of menus, the one longest untouched first."""

from alembic import op

revision = "gateway_0013_switches"
down_revision = "gateway_0012_agreed"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_menu_switches_changed_at": ["changed_at", "menu", "code"],
    "ix_menu_switches_state": ["state", "changed_at", "menu", "code"],
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, columns in _INDEXES.items():
            op.create_index(name, "menu_switches", columns, postgresql_concurrently=True, if_not_exists=True)


def downgrade() -> None:
    for name in _INDEXES:
        op.drop_index(name, "menu_switches")
