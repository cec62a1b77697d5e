"""A report of a case says since when a changed consent of its reporter waits for a member to ask for it."""

import sqlalchemy as sa
from alembic import op

revision = "0081"
down_revision = "0080"

_NAME = "ix_reports_unheard"
_WHERE = "unheard_since IS NOT NULL AND destroyed_on IS NULL"


def upgrade() -> None:
    """Make the change. What was changed before waits for nobody: whoever signs in asks for it all the same."""
    op.add_column("reports", sa.Column("unheard_since", sa.Date(), nullable=True))
    where = sa.text(_WHERE)
    op.create_index(_NAME, "reports", ["case_id", "unheard_since"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Take the change back. Since when something waited is lost."""
    op.drop_index(_NAME, table_name="reports")
    with op.batch_alter_table("reports") as reports:
        reports.drop_column("unheard_since")
