"""What is posted under a token has a budget for each day."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "posted",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", "day", name=op.f("pk_posted")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the change back. A day's budget begins anew."""
    op.drop_table("posted")
