"""Tables of people, sessions, sign-in codes and staff credentials."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "gateway_0002"
down_revision = "gateway_0001"
branch_labels = None
depends_on = None


def _moment(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _bytes(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "citizens",
        sa.Column("id", sa.Uuid(), nullable=False),
        _bytes("phone"),
        _bytes("phone_hash"),
        _bytes("name", nullable=True),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_citizens"),
        sa.UniqueConstraint("phone_hash", name="uq_citizens_phone_hash"),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.Uuid(), nullable=False),
        _bytes("name"),
        sa.Column("roles", postgresql.JSONB(), nullable=False),
        sa.Column("agency", sa.Text()),
        _moment("created_at"),
        _moment("disabled_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_staff"),
    )
    _sessions()
    _codes()
    _credentials()


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_kind", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("client", sa.Text()),
        _bytes("newest"),
        _bytes("previous", nullable=True),
        _bytes("salt", nullable=True),
        _moment("created_at"),
        _moment("last_seen_at"),
        _moment("expires_at"),
        _moment("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    live, ended = sa.text("revoked_at IS NULL"), sa.text("revoked_at IS NOT NULL")
    op.create_index(
        "ix_sessions_person", "sessions", ["person_kind", "person_id", "id"], postgresql_where=live
    )
    op.create_index("ix_sessions_revoked_at", "sessions", ["revoked_at"], postgresql_where=ended)
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])


def _codes() -> None:
    op.create_table(
        "code_challenges",
        sa.Column("id", sa.Uuid(), nullable=False),
        _bytes("phone"),
        _bytes("phone_hash"),
        _bytes("address_hash"),
        _bytes("code_hash"),
        sa.Column("tries", sa.Integer(), nullable=False),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("used_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_code_challenges"),
    )
    op.create_index("ix_code_challenges_phone", "code_challenges", ["phone_hash", "created_at"])
    op.create_index("ix_code_challenges_address", "code_challenges", ["address_hash", "created_at"])
    op.create_index("ix_code_challenges_created_at", "code_challenges", ["created_at"])


def _credentials() -> None:
    op.create_table(
        "credentials",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        _bytes("totp", nullable=True),
        sa.Column("totp_step", sa.Integer(), nullable=False),
        _moment("changed_at"),
        sa.PrimaryKeyConstraint("staff_id", name="pk_credentials"),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name="fk_credentials_staff_id_staff", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("username", name="uq_credentials_username"),
    )
    op.create_table(
        "sign_in_attempts",
        _bytes("username_hash"),
        sa.Column("tries", sa.Integer(), nullable=False),
        _moment("last_at"),
        sa.PrimaryKeyConstraint("username_hash", name="pk_sign_in_attempts"),
    )
    op.create_index("ix_sign_in_attempts_last_at", "sign_in_attempts", ["last_at"])


def downgrade() -> None:
    for table in ("sign_in_attempts", "credentials", "code_challenges", "sessions", "staff", "citizens"):
        op.drop_table(table)
