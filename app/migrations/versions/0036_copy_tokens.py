"""Who lost their machine and forgot their password fetches the copy of their keys once, by a supervisor's token."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "copy_tokens",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_copy_tokens_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_copy_tokens")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_copy_tokens_token_sha256")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("copy_tokens")
