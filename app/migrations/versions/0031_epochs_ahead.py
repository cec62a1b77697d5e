"""Epochs are signed ahead: of each the day of its signing is kept, and whether the newest root lets it count."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Make the change. Until now each was signed on its first day."""
    with op.batch_alter_table("epochs") as epochs:
        epochs.add_column(sa.Column("signed_on", sa.Date(), nullable=True))
        epochs.add_column(sa.Column("counts", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.execute("UPDATE epochs SET signed_on = accepts_from")
    with op.batch_alter_table("epochs") as epochs:
        epochs.alter_column("signed_on", existing_type=sa.Date(), nullable=False)


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("epochs") as epochs:
        epochs.drop_column("counts")
        epochs.drop_column("signed_on")
