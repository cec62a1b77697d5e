"""What was taken back is found by its case: SQLite never used the index by its day, but looked at all of the state."""

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0078"

_NAME = "ix_reports_taken_back"
_BEFORE = "state = 'withdrawn' AND destroyed_on IS NULL AND case_id IS NOT NULL"
_SINCE = "withdrawn_on IS NOT NULL AND destroyed_on IS NULL AND case_id IS NOT NULL"


def upgrade() -> None:
    """Make the change. What was taken back before its day was kept counts from today."""
    op.execute(f"UPDATE reports SET withdrawn_on = CURRENT_DATE WHERE withdrawn_on IS NULL AND {_BEFORE}")  # noqa: S608  ours
    _replace(["case_id", "withdrawn_on"], _SINCE)


def downgrade() -> None:
    """Take the change back."""
    _replace(["withdrawn_on", "case_id"], _BEFORE)


def _replace(columns: list[str], where: str) -> None:
    op.drop_index(_NAME, table_name="reports")
    op.create_index(_NAME, "reports", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
