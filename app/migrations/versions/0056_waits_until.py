"""A report that waits for its reporter goes on in triage after two weeks."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"


def upgrade() -> None:
    """Make the change. What waits already goes on at the next sweep: since when it does, nothing says."""
    op.add_column("reports", sa.Column("waits_until", sa.Date(), nullable=True))


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("reports") as reports:
        reports.drop_column("waits_until")
