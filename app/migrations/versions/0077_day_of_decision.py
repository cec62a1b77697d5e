"""An approval says on which day it was decided, so that what nobody has used does not count for ever."""

import sqlalchemy as sa
from alembic import op

revision = "0077"
down_revision = "0076"


def upgrade() -> None:
    """Make the change. What was decided before, or is by older code, has no day, and does not lapse."""
    op.add_column("approvals", sa.Column("decided_on", sa.Date(), nullable=True))


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("approvals", table_kwargs={"sqlite_with_rowid": False}) as approvals:
        approvals.drop_column("decided_on")
