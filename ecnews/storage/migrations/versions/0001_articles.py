"""Articles, their addresses, and what was cleaned out of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "articles",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False, comment="the site's article number"),
        sa.Column("url", sa.Text, nullable=False, comment="canonical address"),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False, comment="paragraphs joined by one empty line"),
        sa.Column("section", sa.Text, comment="as the breadcrumb names it"),
        sa.Column("source", sa.Text, comment="where the publisher has it from"),
        sa.Column("author", sa.Text),
        sa.Column("keywords", JSON, nullable=False, comment="list of strings"),
        sa.Column("images", JSON, nullable=False, comment="list of addresses"),
        sa.Column("published_at", MOMENT, comment="UTC"),
        sa.Column(
            "first_seen_at",
            MOMENT,
            nullable=False,
            comment="when a crawl first met the article, UTC",
        ),
        sa.Column("updated_at", MOMENT, nullable=False, comment="when the row last changed, UTC"),
        sa.Column(
            "content_hash", sa.String(64), nullable=False, comment="SHA-256 of title and body"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_articles"),
        sa.UniqueConstraint("url", name="uq_articles_url"),
        comment="one row an article",
    )
    for column in ("number", "section", "published_at"):
        op.create_index(f"ix_articles_{column}", "articles", [column])
    op.create_table(
        "sightings",
        sa.Column("id", ID, nullable=False),
        sa.Column("url", sa.Text, nullable=False, comment="as fetched"),
        sa.Column("article_id", ID, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("first_seen_at", MOMENT, nullable=False, comment="UTC"),
        sa.Column("last_seen_at", MOMENT, nullable=False, comment="UTC"),
        sa.PrimaryKeyConstraint("id", name="pk_sightings"),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], "fk_sightings_article_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("url", name="uq_sightings_url"),
        comment="every address under which an article was met",
    )
    op.create_index("ix_sightings_article_id", "sightings", ["article_id"])
    op.create_table(
        "removed_blocks",
        sa.Column("id", ID, nullable=False),
        sa.Column("article_id", ID, nullable=False),
        sa.Column("kind", sa.Text, nullable=False, comment="blurb, notice, widget, caption"),
        sa.Column("rule", sa.Text, nullable=False, comment="the rule that found it"),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_removed_blocks"),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], "fk_removed_blocks_article_id", ondelete="CASCADE"
        ),
        comment="what cleaning took out of an article, as of its newest text",
    )
    op.create_index("ix_removed_blocks_article_id", "removed_blocks", ["article_id"])
