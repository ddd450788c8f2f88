"""Articles with their listings, slugs, revisions and corrections."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "news_0001"
down_revision = None
branch_labels = ("news",)
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "articles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=True),
        sa.Column("wanted_slug", sa.Text(), nullable=True),
        sa.Column("title", postgresql.JSONB(), nullable=False),
        sa.Column("summary", postgresql.JSONB(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("html", postgresql.JSONB(), nullable=False),
        sa.Column("byline", sa.Text(), nullable=True),
        sa.Column("images", postgresql.JSONB(), nullable=False),
        sa.Column("districts", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("claim", postgresql.JSONB(), nullable=True),
        sa.Column("event", postgresql.JSONB(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", postgresql.JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_articles"),
    )
    op.create_index("ix_articles_desk", "articles", ["state", "changed_at", "id"])
    op.create_index("ix_articles_desk_own", "articles", ["created_by", "changed_at", "id"])
    op.create_index("ix_articles_changed", "articles", ["changed_at", "id"])
    op.create_index(
        "ix_articles_agenda",
        "articles",
        [sa.text("tstzrange(starts_at, over_at)"), "starts_at"],
        postgresql_using="gist",
        postgresql_where=sa.text("listed AND starts_at IS NOT NULL"),
    )
    _listings_and_slugs()
    _append_only()


def _listings_and_slugs() -> None:
    op.create_table(
        "article_listings",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("facet", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name="fk_article_listings_article_id_articles"
        ),
        sa.PrimaryKeyConstraint("article_id", "facet", name="pk_article_listings"),
    )
    newest = ["published_at", "article_id"]
    op.create_index("ix_article_listings_newest", "article_listings", ["facet", *newest])
    op.create_index("ix_article_listings_kind", "article_listings", ["facet", "kind", *newest])
    op.create_table(
        "article_slugs",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_article_slugs_article_id_articles"),
        sa.PrimaryKeyConstraint("slug", name="pk_article_slugs"),
    )
    op.create_index("ix_article_slugs_article_id", "article_slugs", ["article_id"])


def _append_only() -> None:
    op.create_table(
        "article_revisions",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("content", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name="fk_article_revisions_article_id_articles"
        ),
        sa.PrimaryKeyConstraint("article_id", "version", name="pk_article_revisions"),
    )
    op.create_table(
        "article_corrections",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name="fk_article_corrections_article_id_articles"
        ),
        sa.PrimaryKeyConstraint("article_id", "version", name="pk_article_corrections"),
    )
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON article_revisions "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON article_corrections "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    for table in ("article_corrections", "article_revisions", "article_slugs", "article_listings"):
        op.drop_table(table)
    op.drop_table("articles")
    op.execute("DROP FUNCTION refuse_change()")
