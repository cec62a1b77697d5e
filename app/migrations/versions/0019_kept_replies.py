"""What staff write to a reporter is kept for their colleagues too."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Make the change. Of replies from before nobody kept a copy."""
    op.create_table(
        "kept_replies",
        sa.Column("report_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_kept_replies_report_id_reports")),
        sa.PrimaryKeyConstraint("report_id", "number", name=op.f("pk_kept_replies")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the change back. Colleagues lose what was answered; reporters keep what lies in their mailboxes."""
    op.drop_table("kept_replies")
