"""A second member's word that the opener or the owner of a case may be put out."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the change. Nobody has agreed to anything yet."""
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


def downgrade() -> None:
    """Take the change back. What members had agreed to is lost: they say it again."""
    op.drop_table("removal_agreements")
