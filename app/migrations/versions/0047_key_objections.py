"""Keys that were replaced object to those in their place."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    """Make the change. Nobody has objected yet."""
    op.create_table(
        "key_objections",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("by_key", sa.String(length=43), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("key", sa.String(length=43), nullable=False),
        sa.Column("signature", sa.String(length=86), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_key_objections_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_objections")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_key_objections_person_id"), "key_objections", ["person_id"])


def downgrade() -> None:
    """Take the change back. What was objected is lost, but in the audit chain."""
    op.drop_table("key_objections")
