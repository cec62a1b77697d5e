"""A case says into which it was merged: what is left of it goes when a reporter there takes back theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"


def upgrade() -> None:
    """Make the change. Older code merges none."""
    op.add_column("cases", sa.Column("merged_into", sa.String(length=37), nullable=True))
    op.create_index(op.f("ix_cases_merged_into"), "cases", ["merged_into"])


def downgrade() -> None:
    """Take the change back. What was merged stays so, and cannot be undone any more."""
    op.drop_index(op.f("ix_cases_merged_into"), table_name="cases")
    with op.batch_alter_table("cases") as cases:
        cases.drop_column("merged_into")
