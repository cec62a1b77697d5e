"""A draw that failed says at what, and what is published is found by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"


def upgrade() -> None:
    """Make the change. Of what failed before nobody kept a note: it waits."""
    op.add_column("release_draws", sa.Column("failure", sa.String(length=40), nullable=True))
    op.create_index("ix_releases_in_state", "releases", ["state", "period", "id"])


def downgrade() -> None:
    """Take the change back. What failed waits again."""
    op.drop_index("ix_releases_in_state", table_name="releases")
    op.execute("DELETE FROM release_draws WHERE failure IS NOT NULL")
    with op.batch_alter_table("release_draws") as draws:
        draws.drop_column("failure")
