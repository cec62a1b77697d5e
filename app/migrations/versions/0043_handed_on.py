"""What nobody decided before its epoch's day is granted on, and what is decided after it can be reopened."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    """Make the change. Nothing that is there was granted on."""
    op.add_column("reports", sa.Column("handed_on_from", sa.String(length=38), nullable=True))
    op.add_column("reports", sa.Column("handed_on_by", sa.String(length=36), nullable=True))
    op.add_column("reports", sa.Column("way_back_until", sa.Date(), nullable=True))


def downgrade() -> None:
    """Take the change back. A report whose first grant was there still goes back to its first epoch.

    Code that comes before knows no grant of this kind. What somebody else opened by one since, nobody opens any more.
    """
    op.execute("DELETE FROM grants WHERE kind = 'handed_on'")
    op.execute("UPDATE reports SET epoch_id = handed_on_from WHERE handed_on_from IS NOT NULL")
    with op.batch_alter_table("reports") as reports:
        for name in ("way_back_until", "handed_on_by", "handed_on_from"):
            reports.drop_column(name)
