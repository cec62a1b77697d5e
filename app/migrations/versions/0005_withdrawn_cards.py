"""A withdrawn card leaves its key behind, and a correction its place in their order."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the change."""
    with op.batch_alter_table("cards") as cards:
        cards.alter_column("quarter", existing_type=sa.String(length=7), nullable=True)
        cards.add_column(sa.Column("revision_sha256", sa.String(length=64), nullable=True))
        cards.alter_column("file", existing_type=sa.LargeBinary(), nullable=True)


def downgrade() -> None:
    """Take the change back. Which cards were withdrawn is forgotten, so one that is still on its way comes back."""
    op.execute("DELETE FROM cards WHERE file IS NULL")
    with op.batch_alter_table("cards") as cards:
        cards.alter_column("file", existing_type=sa.LargeBinary(), nullable=False)
        cards.drop_column("revision_sha256")
        cards.alter_column("quarter", existing_type=sa.String(length=7), nullable=False)
