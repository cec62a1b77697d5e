"""Supervisors find the reports whose time to answer has run out, as those about which nobody has decided in time."""

import sqlalchemy as sa
from alembic import op

revision = "0082"
down_revision = "0081"

_NAME = "ix_reports_to_answer"


def upgrade() -> None:
    """Make the change."""
    where = sa.text("answer_due IS NOT NULL")
    op.create_index(_NAME, "reports", ["answer_due", "id"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Take the change back."""
    op.drop_index(_NAME, table_name="reports")
