"""how many messages staff sent to a reporter."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Count what lies in each mailbox: parts, so never fewer than messages, and no number is used twice."""
    op.add_column("reports", sa.Column("replies", sa.Integer(), server_default="0", nullable=False))
    op.execute(
        "UPDATE reports SET replies = (SELECT count(*) FROM slots JOIN mailboxes"
        " ON mailboxes.token_sha256 = slots.token_sha256"
        " WHERE mailboxes.report_id = reports.id AND slots.number >= 3)"
    )


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("reports") as reports:
        reports.drop_column("replies")
