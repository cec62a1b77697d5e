"""A report's key for its epoch has no last day: a rule ends it, once the report was decided or its time is over."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Make the change."""
    op.execute("UPDATE grants SET until = NULL WHERE kind = 'intake'")


def downgrade() -> None:
    """Take the change back, for which the day of the epoch is the last."""
    grants, epochs = (
        sa.table("grants", sa.column("grantee"), sa.column("kind"), sa.column("until")),
        sa.table("epochs", sa.column("id"), sa.column("destroyed_on")),
    )
    day = sa.select(epochs.c.destroyed_on).where(epochs.c.id == grants.c.grantee).scalar_subquery()
    op.execute(sa.update(grants).where(grants.c.kind == "intake").values(until=day))
