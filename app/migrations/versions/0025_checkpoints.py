"""What the entries of a case's journal come to, so that nobody has to read a year of them."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Make the change. The next who writes on a case of many entries makes the first one."""
    op.create_table(
        "checkpoints",
        sa.Column("case_id", sa.String(length=37), nullable=False),
        sa.Column("entry", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("piece", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_checkpoints_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", "entry", "piece", name=op.f("pk_checkpoints")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the change back. Journals are read from their first entries again."""
    op.drop_table("checkpoints")
