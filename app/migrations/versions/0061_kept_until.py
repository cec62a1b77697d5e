"""What was decided into no case has a last day."""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"

_IS_KEPT = sa.text("kept_until IS NOT NULL")


def upgrade() -> None:
    """Make the change. What was decided before is given its day by the next run of the rule."""
    op.add_column("reports", sa.Column("kept_until", sa.Date(), nullable=True))
    op.create_index(
        "ix_reports_kept_until", "reports", ["kept_until"], sqlite_where=_IS_KEPT, postgresql_where=_IS_KEPT
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_reports_kept_until", table_name="reports")
    with op.batch_alter_table("reports") as reports:
        reports.drop_column("kept_until")
