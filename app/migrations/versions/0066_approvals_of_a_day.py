"""Nobody approves the coding of more cases on a day than a bound allows."""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"


def upgrade() -> None:
    """Make the change. Older code does not count."""
    op.create_table(
        "approval_days",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_approval_days_person_id")),
        sa.PrimaryKeyConstraint("person_id", "day", name=op.f("pk_approval_days")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_approval_days_day"), "approval_days", ["day"])


def downgrade() -> None:
    """Take the change back. How many there were today is forgotten."""
    op.drop_table("approval_days")
