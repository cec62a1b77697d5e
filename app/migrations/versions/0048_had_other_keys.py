"""Of each person it is known whether they had other keys, to which colleagues grant only once words were compared."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    """Make the change. Who had other keys is known by what was granted to those."""
    op.add_column("people", sa.Column("had_other_keys", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE people SET had_other_keys = true WHERE id IN (SELECT grantee FROM grants WHERE outdated)")


def downgrade() -> None:
    """Take the change back. Of whom nothing was granted to before, it is lost."""
    op.drop_column("people", "had_other_keys")
