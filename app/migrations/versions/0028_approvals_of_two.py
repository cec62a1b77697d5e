"""What two persons do in a case is approved like all else: the words of before are said again."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Make the change. Whoever had agreed that somebody may be put out is asked to approve it."""
    op.drop_table("removal_agreements")


def downgrade() -> None:
    """Take the change back. Nobody has agreed to anything then."""
    op.create_table(
        "removal_agreements",
        sa.Column("case_id", sa.String(length=37), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_removal_agreements_case_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_removal_agreements_person_id")),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_removal_agreements_by_id")),
        sa.PrimaryKeyConstraint("case_id", "person_id", "by_id", name=op.f("pk_removal_agreements")),
        sqlite_with_rowid=False,
    )
