"""The keys that parts of a case have of their own are in pairs too, and are peeled with that of their case."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0043"


def upgrade() -> None:
    """Make the change. The pairs that are there are of no part; holders of such keys are told to make theirs."""
    op.add_column("pairs", sa.Column("case_id", sa.String(length=37), nullable=True))
    op.create_table(
        "peeled_parts",
        sa.Column("recovery_id", sa.String(length=36), nullable=False),
        sa.Column("grant_id", sa.String(length=38), nullable=False),
        sa.ForeignKeyConstraint(["recovery_id"], ["recoveries.id"], name=op.f("fk_peeled_parts_recovery_id")),
        sa.PrimaryKeyConstraint("recovery_id", "grant_id", name=op.f("pk_peeled_parts")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the change back. The pairs of parts are lost: older code would list them as keys by themselves."""
    op.drop_table("peeled_parts")
    op.execute("DELETE FROM pairs WHERE case_id IS NOT NULL")
    with op.batch_alter_table("pairs") as pairs:
        pairs.drop_column("case_id")
