"""An approval about a report counts for one step."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Make the change. What was approved before counts until its report moves on."""
    op.add_column("approvals", sa.Column("is_spent", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("approvals") as approvals:
        approvals.drop_column("is_spent")
