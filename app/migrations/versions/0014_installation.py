"""By which keyring the tables were made, and when what was due was last destroyed."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the change. The next start takes the keyring that lies there for the one that belongs to the tables."""
    op.create_table(
        "installation",
        sa.Column("name", sa.String(length=4), nullable=False),
        sa.Column("keyring_sha256", sa.String(length=64), nullable=False),
        sa.Column("swept_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_installation")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the change back. Which keyring belongs here is forgotten, and known again at the next start."""
    op.drop_table("installation")
