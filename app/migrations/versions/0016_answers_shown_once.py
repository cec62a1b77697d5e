"""Pages that answer a form, each until it is read at an address that is good once."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Make the change. There is no such page yet."""
    op.create_table(
        "once_answers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("until", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_once_answers")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_once_answers_size"), "once_answers", ["size"])
    op.create_index(op.f("ix_once_answers_until"), "once_answers", ["until"])


def downgrade() -> None:
    """Take the change back. What nobody has read is lost, with the words of reports of these minutes."""
    op.drop_table("once_answers")
