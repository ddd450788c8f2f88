"""A revision that would stop a running service is refused, with its line and what to write instead."""

from pathlib import Path

import pytest

from deploy.local.gentle import complaints

ROOT = Path(__file__).resolve().parents[2]
APART = "with op.get_context().autocommit_block():\n        "
REFUSED = [
    ('op.create_index("ix", "reports", ["a"])', "postgresql_concurrently=True"),
    (
        'op.create_index("ix", "reports", ["a"], postgresql_concurrently=True, if_not_exists=True)',
        "autocommit",
    ),
    (APART + 'op.create_index("ix", "reports", ["a"], postgresql_concurrently=True)', "if_not_exists=True"),
    ('op.drop_index("ix", "reports")', "if_exists=True"),
    ('op.drop_index("ix", table_name="reports")', "if_exists=True"),
    ('op.add_column("reports", sa.Column("a", sa.Text(), nullable=False))', "NOT NULL without a default"),
    (
        'op.add_column("reports", sa.Column("a", sa.Uuid(), server_default=sa.text("gen_random_uuid()")))',
        "rewrites the table",
    ),
    ('op.add_column("reports", sa.Column("a", sa.DateTime(), server_default=sa.func.now()))', "rewrites"),
    ('op.add_column("reports", sa.Column("a", sa.BigInteger(), sa.Identity()))', "rewrites the table"),
    ('op.add_column("reports", sa.Column("a", sa.Text(), unique=True))', "a step of its own"),
    ('op.alter_column("reports", "a", type_=sa.BigInteger())', "rewrites the table"),
    ('op.alter_column("reports", "a", new_column_name="b")', "old name"),
    ('op.alter_column("reports", "a", nullable=False)', "VALIDATE CONSTRAINT"),
    ('op.create_check_constraint("ck", "reports", "a > 0")', "postgresql_not_valid=True"),
    ('op.create_foreign_key("fk", "steps", "reports", ["a"], ["id"])', "postgresql_not_valid=True"),
    ('op.create_unique_constraint("uq", "reports", ["a"])', "USING INDEX"),
    ('op.drop_column("reports", "a")', "UNUSED_SINCE"),
    ('op.drop_table("reports")', "UNUSED_SINCE"),
    ('op.rename_table("reports", "cases")', "old name"),
    ('op.execute("CREATE INDEX ix ON reports (a)")', "CONCURRENTLY"),
    ('op.execute("ALTER TABLE reports ALTER COLUMN a TYPE bigint")', "rewrites"),
    ('op.execute("ALTER TABLE reports ALTER COLUMN a SET NOT NULL")', "VALIDATE"),
    ('op.execute("ALTER TABLE reports ADD CONSTRAINT c CHECK (a > 0)")', "NOT VALID"),
    ('op.execute("UPDATE reports SET a = 1")', "in batches"),
    ('op.get_bind().execute(sa.text("DELETE FROM reports"))', "in batches"),
    ('op.execute("LOCK TABLE reports")', "locks all out"),
]
ALLOWED = [
    'op.add_column("reports", sa.Column("a", sa.Text(), nullable=True))',
    'op.add_column("reports", sa.Column("a", sa.Text(), server_default="app", nullable=False))',
    'op.add_column("reports", sa.Column("a", sa.Boolean(), server_default=sa.text("false"), nullable=False))',
    'op.alter_column("reports", "a", server_default="1")',
    'op.create_table("b", sa.Column("a", sa.Text()))\n    op.create_index("ix", "b", ["a"])',
    'op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")',
]


def said(tmp_path: Path, body: str, top: str = "") -> list[str]:
    """What is said of a revision with this body."""
    file = tmp_path / "revision.py"
    text = f"import sqlalchemy as sa\nfrom alembic import op\n{top}\ndef upgrade():\n    {body}\n"
    file.write_text(text + '\ndef downgrade():\n    op.drop_table("reports")\n')
    return complaints(file)


@pytest.mark.parametrize(("body", "advice"), REFUSED, ids=[body for body, _ in REFUSED])
def test_what_locks_a_table_in_use_is_refused_with_advice(tmp_path: Path, body: str, advice: str) -> None:
    found = said(tmp_path, body)
    assert found
    assert advice in found[0]
    assert found[0].startswith(f"{tmp_path / 'revision.py'}:{5 if body.startswith('op') else 6}: ")


@pytest.mark.parametrize("body", ALLOWED)
def test_what_costs_nothing_is_allowed(tmp_path: Path, body: str) -> None:
    assert said(tmp_path, body) == []


def test_what_no_code_needs_any_more_may_go(tmp_path: Path) -> None:
    assert said(tmp_path, 'op.drop_column("reports", "a")', 'UNUSED_SINCE = "laksa_0007"') == []


def test_the_recipes_are_allowed() -> None:
    recipes = sorted((ROOT / "tests" / "svc_laksa" / "revisions").glob("*.py"))
    assert len(recipes) >= 5
    assert [what for recipe in recipes for what in complaints(recipe)] == []
