"""A shared key has its number in its kind: the newest takes the place of those before."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the change. Every statement before it is a first version."""
    op.add_column("shared_keys", sa.Column("version", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("shared_keys") as keys:
        keys.drop_column("version")
