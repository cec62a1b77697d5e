"""A case keeps the code of its last step's reason, as a report does."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the change. Cases of before gave their reasons to nobody."""
    op.add_column("cases", sa.Column("reason", sa.String(length=64), nullable=True))


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("cases") as cases:
        cases.drop_column("reason")
