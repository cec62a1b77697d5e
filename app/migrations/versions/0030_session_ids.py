"""A session has an id, by which its person ends it from another machine, and the day on which it began."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Make the change. Whoever is signed in signs in again: of these sessions nobody knows when they began."""
    op.execute("DELETE FROM sessions")
    with op.batch_alter_table("sessions") as sessions:
        sessions.add_column(sa.Column("id", sa.String(length=36), nullable=False))
        sessions.add_column(sa.Column("begun_on", sa.Date(), nullable=False))
        sessions.create_unique_constraint(op.f("uq_sessions_id"), ["id"])


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("sessions") as sessions:
        sessions.drop_constraint(op.f("uq_sessions_id"), type_="unique")
        sessions.drop_column("begun_on")
        sessions.drop_column("id")
