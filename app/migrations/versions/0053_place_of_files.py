"""The tables know the directory in which the sealed files lie that they name."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"


def upgrade() -> None:
    """Make the change. Whichever process is begun first next says which directory it is."""
    op.add_column("installation", sa.Column("place_sha256", sa.String(length=64), nullable=True))


def downgrade() -> None:
    """Take the change back."""
    op.drop_column("installation", "place_sha256")
