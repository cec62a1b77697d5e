"""People leave what their machines have seen for the next one, sealed to themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0039"


def upgrade() -> None:
    """Make the change. Older code does not know the table."""
    op.create_table(
        "memories",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.Column("kept_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_memories_person_id")),
        sa.PrimaryKeyConstraint("person_id", "number", name=op.f("pk_memories")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the change back. What the memories held is lost."""
    op.drop_table("memories")
