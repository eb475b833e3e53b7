"""Signatures for the search on SQLite, which had FTS5 alone; all articles wait in the tail until
they are indexed anew."""

from alembic import op

revision = "0007"
down_revision = "0006"

SQLITE = [
    """
CREATE TABLE search_batches (batch INTEGER PRIMARY KEY, keys BLOB NOT NULL, bits BLOB NOT NULL)
""",
    """
CREATE TABLE search_blocks (
    block INTEGER PRIMARY KEY, newest INTEGER NOT NULL, keys BLOB NOT NULL)
""",
    """
CREATE TABLE search_slices (slice INTEGER PRIMARY KEY, slots BLOB NOT NULL)
""",
    """
INSERT INTO search (search) VALUES ('delete-all')
""",
    """
INSERT OR IGNORE INTO search_tail
SELECT id, coalesce(CAST(unixepoch(published_at) AS bigint), 0) FROM articles
""",
]


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for statement in SQLITE:
            op.get_bind().exec_driver_sql(statement)
