"""A copy of a person's keys, under passphrase and account key, for the day on which their machine is gone."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "key_copies",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=True),
        sa.Column("signature", sa.String(length=86), nullable=True),
        sa.Column("kept_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_key_copies_person_id")),
        sa.PrimaryKeyConstraint("person_id", "number", name=op.f("pk_key_copies")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("key_copies")
