"""Sealed files lie under keys of their own, which are kept elsewhere; those that are to go stand in a table."""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"


def upgrade() -> None:
    """Make the change. Files that are there lie as they came until a job of the worker has wrapped them."""
    op.create_table(
        "doomed_keys",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_doomed_keys")),
        sqlite_with_rowid=False,
    )
    op.add_column("installation", sa.Column("keys_sha256", sa.String(length=64), nullable=True))
    op.add_column("installation", sa.Column("keys_missing", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take the change back. What lies under keys of its own is read by no older Tern."""
    op.drop_column("installation", "keys_missing")
    op.drop_column("installation", "keys_sha256")
    op.drop_table("doomed_keys")
