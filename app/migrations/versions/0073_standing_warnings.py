"""What two supervisors warned of stands until two say something else."""

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0072"


def upgrade() -> None:
    """Make the change. What older code is told beside this is told to everybody once it is said again."""
    with op.batch_alter_table("releases") as releases:
        releases.add_column(sa.Column("warning", sa.String(length=500), nullable=True))
    op.execute("UPDATE releases SET warning = note WHERE note_too IS NOT NULL")


def downgrade() -> None:
    """Take the change back. A warning beside which other words wait is kept, and they are lost."""
    op.execute("UPDATE releases SET note = warning, note_too = note_by WHERE warning IS NOT NULL AND note_too IS NULL")
    with op.batch_alter_table("releases") as releases:
        releases.drop_column("warning")
