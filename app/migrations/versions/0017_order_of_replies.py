"""Which reply a slot holds, so that those which were read make room for the next."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Make the change. What lies in slots already is of no number, and stays its sixty days."""
    with op.batch_alter_table("slots") as slots:
        slots.add_column(sa.Column("reply", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take the change back. Nothing but the order of replies is lost."""
    with op.batch_alter_table("slots") as slots:
        slots.drop_column("reply")
