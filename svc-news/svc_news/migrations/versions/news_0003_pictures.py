"""Which articles show a picture: asked before one lets it go; the index is built beside the traffic."""

from alembic import op

revision = "news_0003_pictures"
down_revision = "news_0002_sources"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_articles_images",
            "articles",
            ["images"],
            postgresql_using="gin",
            postgresql_ops={"images": "jsonb_path_ops"},
            postgresql_with={"fastupdate": "off"},
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    op.drop_index("ix_articles_images", "articles")
