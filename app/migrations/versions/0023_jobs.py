"""When each job ran last."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Make the change. Everything is due then, once."""
    op.create_table(
        "jobs",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("turn", sa.String(length=13), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_jobs")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the change back. Sweeps by hand or by a timer go on."""
    op.drop_table("jobs")
