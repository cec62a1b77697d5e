"""Answers are ready in several languages, sealed to those who answer reporters."""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"


def upgrade() -> None:
    """Make the change. Older code does not know the table; the key of the desk it would not know either, so there is
    none before every process is replaced."""
    op.create_table(
        "templates",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["shared_keys.id"], name=op.f("fk_templates_key_id")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_templates")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the change back. The templates are lost."""
    op.drop_table("templates")
