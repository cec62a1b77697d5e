"""What an approval of a coding is of stands in its sealed statement alone."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Make the change. What a coding was approved of before, nobody need know any more."""
    with op.batch_alter_table("approvals") as approvals:
        approvals.alter_column("of", existing_type=sa.String(length=64), nullable=True)
    op.execute("UPDATE approvals SET of = NULL WHERE subject = 'coding'")


def downgrade() -> None:
    """Take the change back. Of what a coding was approved stands in its statement."""
    op.execute("UPDATE approvals SET of = '' WHERE of IS NULL")
    with op.batch_alter_table("approvals") as approvals:
        approvals.alter_column("of", existing_type=sa.String(length=64), nullable=False)
