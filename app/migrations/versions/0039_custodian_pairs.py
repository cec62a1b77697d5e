"""Each two custodians have keys in pairs, which neither opens alone, and give them to others together."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0036"


def upgrade() -> None:
    """Make the change. Older code makes no pairs: their holders are told to make them, once this one runs."""
    op.create_table(
        "pairs",
        sa.Column("id", sa.String(length=37), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("first_id", sa.String(length=36), nullable=False),
        sa.Column("second_id", sa.String(length=36), nullable=False),
        sa.Column("first_to", sa.String(length=64), nullable=False),
        sa.Column("second_to", sa.String(length=64), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["first_id"], ["people.id"], name=op.f("fk_pairs_first_id")),
        sa.ForeignKeyConstraint(["second_id"], ["people.id"], name=op.f("fk_pairs_second_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairs")),
        sa.UniqueConstraint("subject", "first_id", "second_id", name=op.f("uq_pairs_subject_first_id_second_id")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_pairs_second_id"), "pairs", ["second_id"])
    op.create_table(
        "recoveries",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("first_id", sa.String(length=36), nullable=False),
        sa.Column("second_id", sa.String(length=36), nullable=False),
        sa.Column("peeled_on", sa.Date(), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=True),
        sa.Column("grant_id", sa.String(length=38), nullable=False),
        sa.Column("act", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["first_id"], ["people.id"], name=op.f("fk_recoveries_first_id")),
        sa.ForeignKeyConstraint(["second_id"], ["people.id"], name=op.f("fk_recoveries_second_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recoveries")),
        sqlite_with_rowid=False,
    )
    for column in ("subject", "first_id", "second_id"):
        op.create_index(op.f(f"ix_recoveries_{column}"), "recoveries", [column])


def downgrade() -> None:
    """Take the change back. The pairs are lost: what custodians alone could open, nobody can any more."""
    op.drop_table("recoveries")
    op.drop_table("pairs")
