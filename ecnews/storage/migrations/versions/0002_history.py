"""Revisions, quarantine, fetches, runs, stories and the view `news`; comments on all columns."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)

ROW = "row number"
ARTICLE = "the row in articles"
COMMENTS = {
    "articles": {
        "id": ROW,
        "title": "the article's own heading",
        "author": "who wrote it",
        "story_id": "the article that the story of this one is named for;"
        " null where not yet decided",
    },
    "sightings": {
        "id": ROW,
        "article_id": ARTICLE,
        "host": "host of the address, with port if any",
    },
    "removed_blocks": {"id": ROW, "article_id": ARTICLE, "text": "the block"},
}
# A story's best article is the longest, and of equals the first.
NEWS = """
CREATE VIEW news AS
SELECT id, number, url, title, body, section, source, author, keywords, images, published_at,
       first_seen_at, updated_at, content_hash, story_id
FROM articles a
WHERE story_id IS NULL OR NOT EXISTS (
    SELECT 1 FROM articles b
    WHERE b.story_id = a.story_id AND b.id <> a.id
      AND (length(b.body) > length(a.body)
           OR length(b.body) = length(a.body) AND b.id < a.id))
"""


def upgrade() -> None:
    story_id = "story_id INTEGER" if op.get_bind().dialect.name == "sqlite" else "story_id BIGINT"
    op.execute(
        f"ALTER TABLE articles ADD COLUMN {story_id}"
        " CONSTRAINT fk_articles_story_id REFERENCES articles (id) ON DELETE SET NULL"
    )
    op.create_index("ix_articles_story_id", "articles", ["story_id"])
    op.execute(NEWS)
    _create_revisions()
    _create_quarantine()
    _create_fetches()
    _create_runs()
    if op.get_bind().dialect.name == "postgresql":
        for table, columns in COMMENTS.items():
            for column, comment in columns.items():
                op.alter_column(table, column, comment=comment)
        op.execute("COMMENT ON VIEW news IS 'one row a story: its best article'")


def _create_revisions() -> None:
    op.create_table(
        "revisions",
        sa.Column("id", ID, nullable=False, comment=ROW),
        sa.Column("article_id", ID, nullable=False, comment=ARTICLE),
        sa.Column("seen_at", MOMENT, nullable=False, comment="when the change was seen, UTC"),
        sa.Column("changed", JSON, nullable=False, comment="list of the columns that changed"),
        sa.Column("before", JSON, nullable=False, comment="what stood in these columns, by name"),
        sa.PrimaryKeyConstraint("id", name="pk_revisions"),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], "fk_revisions_article_id", ondelete="CASCADE"
        ),
        comment="what an article was before each change; articles has what it is",
    )
    op.create_index("ix_revisions_article_id", "revisions", ["article_id"])


def _create_quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("id", ID, nullable=False, comment=ROW),
        sa.Column("url", sa.Text, nullable=False, comment="canonical address, cut if too long"),
        sa.Column("number", sa.BigInteger, comment="the site's article number, where known"),
        sa.Column("reason", sa.Text, nullable=False, comment="short, for counting"),
        sa.Column("detail", sa.Text, nullable=False, comment="the whole sentence"),
        sa.Column("seen_at", MOMENT, nullable=False, comment="when it was last met, UTC"),
        sa.Column("times", sa.Integer, nullable=False, comment="how often it was met"),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
        sa.UniqueConstraint("url", name="uq_quarantine_url"),
        comment="pages that are not stored as articles, and why",
    )
    op.create_index("ix_quarantine_number", "quarantine", ["number"])


def _create_fetches() -> None:
    op.create_table(
        "fetches",
        sa.Column("id", ID, nullable=False, comment=ROW),
        sa.Column("number", sa.BigInteger, comment="the site's article number, or"),
        sa.Column("url", sa.Text, comment="the address of a page that has none"),
        sa.Column(
            "outcome",
            sa.Text,
            nullable=False,
            comment="stored, gone, quarantined, failed or skipped",
        ),
        sa.Column("detail", sa.Text, comment="more of it: a section, an HTTP status"),
        sa.Column("fetched_at", MOMENT, nullable=False, comment="when it was last fetched, UTC"),
        sa.Column(
            "times", sa.Integer, nullable=False, comment="how often in a row it ended like this"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_fetches"),
        sa.UniqueConstraint("number", name="uq_fetches_number"),
        sa.UniqueConstraint("url", name="uq_fetches_url"),
        sa.CheckConstraint("(number IS NULL) <> (url IS NULL)", name="ck_fetches_one_key"),
        comment="what became of each page when it was last fetched",
    )


def _create_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", ID, nullable=False, comment=ROW),
        sa.Column("spider", sa.Text, nullable=False, comment="name of the spider"),
        sa.Column("arguments", JSON, nullable=False, comment="what followed -a, by name"),
        sa.Column("job", sa.Text, comment="scrapyd's job, if it was one"),
        sa.Column("host", sa.Text, nullable=False, comment="the machine"),
        sa.Column("pid", sa.Integer, nullable=False, comment="the process"),
        sa.Column("version", sa.Text, nullable=False, comment="of ecnews"),
        sa.Column(
            "rules", sa.Text, nullable=False, comment="fingerprint of the rules and the site file"
        ),
        sa.Column("started_at", MOMENT, nullable=False, comment="UTC"),
        sa.Column(
            "updated_at",
            MOMENT,
            nullable=False,
            comment="when the run was last known to be alive, UTC",
        ),
        sa.Column(
            "finished_at", MOMENT, comment="UTC; null while it runs, and for a run that was killed"
        ),
        sa.Column(
            "verdict", sa.Text, comment="null while it runs; killed if it ended without a word"
        ),
        sa.Column("sentence", sa.Text, comment="the verdict in words"),
        sa.Column("counts", JSON, nullable=False, comment="its statistics so far, by name"),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        comment="one row a crawl",
    )
