"""A case says until when its danger was judged, and what somebody has claimed is found by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"

_CLAIMED = sa.text("state IN ('in_triage', 'awaiting_reporter')")


def upgrade() -> None:
    """Make the change: of each case that was judged, the last judgement counts."""
    op.add_column("cases", sa.Column("judged_until", sa.Date(), nullable=True))
    op.execute(
        "UPDATE cases SET judged_until = (SELECT valid_until FROM assessments WHERE assessments.case_id = cases.id"
        " ORDER BY number DESC LIMIT 1)"
    )
    op.create_index(
        "ix_reports_claimed", "reports", ["triager_id", "id"], sqlite_where=_CLAIMED, postgresql_where=_CLAIMED
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_reports_claimed", table_name="reports")
    with op.batch_alter_table("cases") as cases:
        cases.drop_column("judged_until")
