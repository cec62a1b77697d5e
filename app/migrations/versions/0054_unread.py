"""What a reporter posted is news for each who works on the report, until they have read it."""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"


def upgrade() -> None:
    """Make the change. What was posted before is news for nobody; older code makes none."""
    op.create_table(
        "unread",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("report_id", sa.String(length=36), nullable=False),
        sa.Column("wrote", sa.Boolean(), nullable=False),
        sa.Column("changed_consent", sa.Boolean(), nullable=False),
        sa.Column("took_back", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_unread_person_id")),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_unread_report_id")),
        sa.PrimaryKeyConstraint("person_id", "report_id", name=op.f("pk_unread")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_unread_of_report", "unread", ["report_id"])


def downgrade() -> None:
    """Take the change back. Who has not read what is forgotten."""
    op.drop_table("unread")
