"""Which place of the day's budgets a token has, so that those that open nothing share a few."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Make the change. What was posted today already has no place, and counts on under its token."""
    with op.batch_alter_table("posted") as posted:
        posted.add_column(sa.Column("place", sa.String(64), nullable=True))
    op.create_index(op.f("ix_posted_place"), "posted", ["place"])


def downgrade() -> None:
    """Take the change back. Nothing that counts is lost."""
    op.drop_index(op.f("ix_posted_place"), table_name="posted")
    with op.batch_alter_table("posted") as posted:
        posted.drop_column("place")
