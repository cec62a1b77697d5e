"""Custodians give a case until a day, after which whoever worked on it by that does so no longer."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    """Make the change. Nothing that is there has a last day."""
    op.add_column("recoveries", sa.Column("until", sa.Date(), nullable=True))
    op.add_column("memberships", sa.Column("until", sa.Date(), nullable=True))


def downgrade() -> None:
    """Take the change back. Who has a case until a day is put out: older code would keep them for good."""
    op.execute("DELETE FROM memberships WHERE until IS NOT NULL")
    for table in ("memberships", "recoveries"):
        with op.batch_alter_table(table) as altered:
            altered.drop_column("until")
