"""What keeps destruction from a wrong clock and a wrong database: the last day, the end of epochs, what is to go."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make the change. The first process that runs records the day; epochs that have ended are found by the sweep."""
    op.create_table(
        "recorded_day",
        sa.Column("name", sa.String(length=8), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_recorded_day")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "doomed_blobs",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_doomed_blobs")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("epochs") as epochs:
        epochs.add_column(sa.Column("ended_on", sa.Date(), nullable=True))


def downgrade() -> None:
    """Take the change back. The next sweep believes the clock, whatever it says."""
    with op.batch_alter_table("epochs") as epochs:
        epochs.drop_column("ended_on")
    op.drop_table("doomed_blobs")
    op.drop_table("recorded_day")
