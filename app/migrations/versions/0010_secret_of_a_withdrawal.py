"""A withdrawal takes a secret of the receipt, and a report that was destroyed says so."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the change. Nobody has the secret of a mailbox from before."""
    op.add_column(
        "mailboxes", sa.Column("withdrawal_sha256", sa.String(length=64), server_default="0" * 64, nullable=False)
    )
    with op.batch_alter_table("mailboxes") as mailboxes:
        mailboxes.alter_column("withdrawal_sha256", server_default=None)
    op.add_column("messages", sa.Column("secret", sa.String(length=43), nullable=True))
    op.add_column("reports", sa.Column("destroyed_on", sa.Date(), nullable=True))
    op.execute(
        "UPDATE reports SET destroyed_on = withdrawn_on"
        " WHERE withdrawn_on IS NOT NULL AND id NOT IN (SELECT report_id FROM report_files)"
    )


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("reports") as reports:
        reports.drop_column("destroyed_on")
    with op.batch_alter_table("messages") as messages:
        messages.drop_column("secret")
    with op.batch_alter_table("mailboxes") as mailboxes:
        mailboxes.drop_column("withdrawal_sha256")
