"""Switches of menus, versions of apps, flags and notices."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "gateway_0010_menus"
down_revision = "gateway_0009_search"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "menu_switches",
        sa.Column("menu", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        *_aim(),
        sa.Column("languages", postgresql.JSONB(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("reason", postgresql.JSONB(), nullable=False),
        *_kept(),
        sa.PrimaryKeyConstraint("menu", "code", name="pk_menu_switches"),
    )
    op.create_table(
        "app_versions",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("latest", sa.Text(), nullable=False),
        sa.Column("minimum", sa.Text(), nullable=True),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("message", postgresql.JSONB(), nullable=False),
        sa.Column("store", sa.Text(), nullable=True),
        *_kept(),
        sa.PrimaryKeyConstraint("platform", name="pk_app_versions"),
    )
    op.create_table(
        "flags",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        *_aim(),
        *_kept(),
        sa.PrimaryKeyConstraint("name", name="pk_flags"),
    )
    _notices()


def downgrade() -> None:
    for name in ("notices", "flags", "app_versions", "menu_switches"):
        op.drop_table(name)


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("title", postgresql.JSONB(), nullable=False),
        sa.Column("text", postgresql.JSONB(), nullable=False),
        sa.Column("platforms", postgresql.JSONB(), nullable=False),
        sa.Column("areas", postgresql.JSONB(), nullable=False),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("starts_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        *_kept(),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
    )
    op.create_index("ix_notices_ends_at", "notices", ["ends_at", "id"])


def _aim() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("platforms", postgresql.JSONB(), nullable=False),
        sa.Column("from_version", sa.Text(), nullable=True),
        sa.Column("below_version", sa.Text(), nullable=True),
    )


def _kept() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
    )
