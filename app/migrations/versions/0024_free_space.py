"""How much of the disk was free on each day."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Make the change. Figures begin today."""
    op.create_table(
        "free_space",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_free_space")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the change back. The figures are lost."""
    op.drop_table("free_space")
