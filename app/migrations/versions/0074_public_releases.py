"""What is published is listed with what it was corrected by, in one order."""

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0073"


def upgrade() -> None:
    """Make the change."""
    public = sa.text("state IN ('published', 'superseded')")
    op.create_index("ix_releases_public", "releases", ["period", "id"], sqlite_where=public, postgresql_where=public)


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_releases_public", table_name="releases")
