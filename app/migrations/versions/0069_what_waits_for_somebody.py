"""What waits for somebody is found by indexes of its own, however many reports and cases there are."""

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0068"

_INDEXES = {
    "ix_reports_taken_back": (
        "reports",
        ["withdrawn_on", "case_id"],
        "state = 'withdrawn' AND destroyed_on IS NULL AND case_id IS NOT NULL",
    ),
    "ix_memberships_until": ("memberships", ["until", "case_id"], "until IS NOT NULL"),
}


def upgrade() -> None:
    """Make the change. Older code does without them."""
    for name, (table, columns, where) in _INDEXES.items():
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    """Take the change back."""
    for name, (table, _, _) in _INDEXES.items():
        op.drop_index(name, table_name=table)
