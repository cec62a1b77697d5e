"""Somebody who lost their keys brings new ones; what was granted to the old ones is known to be theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    """Make the change. What is granted is sealed to present keys: nobody had others yet."""
    op.create_table(
        "new_keys",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=True),
        sa.Column("key", sa.String(length=43), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_new_keys_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_new_keys")),
        sa.UniqueConstraint("id", name=op.f("uq_new_keys_id")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_new_keys_token_sha256")),
        sqlite_with_rowid=False,
    )
    op.add_column("grants", sa.Column("outdated", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Take the change back. Which grants are sealed to keys that were replaced is lost."""
    op.drop_column("grants", "outdated")
    op.drop_table("new_keys")
