"""Fingerprints and their index; the view `news` prefers the site's own clean text."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NEWS = """
CREATE VIEW news AS
SELECT id, number, url, title, body, section, source, author, keywords, images, published_at,
       first_seen_at, updated_at, content_hash, story_id
FROM articles a
LEFT JOIN fingerprints f ON f.article_id = a.id
WHERE story_id IS NULL OR NOT EXISTS (
    SELECT 1 FROM articles b
    LEFT JOIN fingerprints g ON g.article_id = b.id
    WHERE b.story_id = a.story_id AND b.id <> a.id
      AND (CASE WHEN g.own THEN 1 ELSE 0 END, CASE WHEN g.recovered > 0 THEN 0 ELSE 1 END,
           length(b.body))
       >= (CASE WHEN f.own THEN 1 ELSE 0 END, CASE WHEN f.recovered > 0 THEN 0 ELSE 1 END,
           length(a.body))
      AND ((CASE WHEN g.own THEN 1 ELSE 0 END, CASE WHEN g.recovered > 0 THEN 0 ELSE 1 END,
            length(b.body))
        <> (CASE WHEN f.own THEN 1 ELSE 0 END, CASE WHEN f.recovered > 0 THEN 0 ELSE 1 END,
            length(a.body))
       OR (coalesce(b.published_at, b.first_seen_at), b.id)
        < (coalesce(a.published_at, a.first_seen_at), a.id)))
"""


def upgrade() -> None:
    op.create_table(
        "fingerprints",
        sa.Column(
            "article_id", ID, autoincrement=False, nullable=False, comment="the row in articles"
        ),
        sa.Column(
            "slots",
            sa.LargeBinary,
            nullable=False,
            comment="MinHash of the body: 128 of 16 bits",
        ),
        sa.Column("shingles", sa.Integer, nullable=False, comment="how many 4-grams the body has"),
        sa.Column(
            "figures", sa.LargeBinary, nullable=False, comment="which figures it has: 128 bits"
        ),
        sa.Column(
            "own", sa.Boolean, nullable=False, comment="whether the address is the site's own"
        ),
        sa.Column(
            "recovered",
            sa.Integer,
            nullable=False,
            comment="how much was restored in it; 0 if clean",
        ),
        sa.PrimaryKeyConstraint("article_id", name="pk_fingerprints"),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], "fk_fingerprints_article_id", ondelete="CASCADE"
        ),
        comment="what tells which articles may be one story",
    )
    op.create_table(
        "bands",
        sa.Column(
            "key", sa.Integer, autoincrement=False, nullable=False, comment="hash of three slots"
        ),
        sa.Column(
            "article_id", ID, autoincrement=False, nullable=False, comment="an article that has it"
        ),
        sa.PrimaryKeyConstraint("key", "article_id", name="pk_bands"),
        comment="index of the fingerprints: articles that share a key may be near",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "dedupe",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False, comment="always 1"),
        sa.Column(
            "threshold", sa.Float, nullable=False, comment="how much of a text another must have"
        ),
        sa.Column(
            "rebuilt_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when `scrapy db dedupe` last ran, UTC",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_dedupe"),
        sa.CheckConstraint("id = 1", name="ck_dedupe_one_row"),
        comment="how articles become stories, where that was set",
    )
    op.execute("DROP VIEW news")
    op.execute(NEWS)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("COMMENT ON VIEW news IS 'one row a story: its best article'")
