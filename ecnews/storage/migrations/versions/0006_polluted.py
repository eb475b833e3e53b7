"""Which articles are from pages that were tampered with: a clean copy takes their place."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column(
        "articles",
        sa.Column(
            "polluted",
            sa.Boolean,
            nullable=False,
            server_default=sa.false(),
            comment="whether spam was taken out of the page, or its text restored",
        ),
    )
    op.execute(
        "UPDATE articles SET polluted = true WHERE id IN ("
        "SELECT article_id FROM removed_blocks WHERE kind = 'spam'"
        " UNION SELECT article_id FROM fingerprints WHERE recovered > 0)"
    )
