"""What a run learns for the next."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "kept",
        sa.Column(
            "name", sa.Text, nullable=False, comment="what is kept: its kind and its subject"
        ),
        sa.Column("value", JSON, nullable=False, comment="as the crawler needs it"),
        sa.Column(
            "kept_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when it was learnt, UTC",
        ),
        sa.PrimaryKeyConstraint("name", name="pk_kept"),
        comment="what a run learns for the next: robots.txt, cookies, how far a list is read",
    )
