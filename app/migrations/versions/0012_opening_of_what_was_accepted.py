"""An accepted report says by when another member is to have opened it."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the change. What was accepted before is due to nobody."""
    op.add_column("reports", sa.Column("opening_due", sa.Date(), nullable=True))
    op.create_index(
        op.f("ix_reports_opening_due"),
        "reports",
        ["opening_due"],
        sqlite_where=sa.text("opening_due IS NOT NULL"),
        postgresql_where=sa.text("opening_due IS NOT NULL"),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_index(op.f("ix_reports_opening_due"), table_name="reports")
    with op.batch_alter_table("reports") as reports:
        reports.drop_column("opening_due")
