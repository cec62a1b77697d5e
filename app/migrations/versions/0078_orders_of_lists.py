"""Cases are listed by how closely they are held, by when they came to a stage, and by when they are looked at again."""

import sqlalchemy as sa
from alembic import op

revision = "0078"
down_revision = "0077"

_LABELLED = sa.text("label IS NOT NULL")
_REVIEWED = sa.text("next_review IS NOT NULL")
_TABLES = {"cases": ("team_id", "id"), "memberships": ("person_id", "case_id")}


def upgrade() -> None:
    """Make the change. Older code leaves what is new of a membership as it is, until the day's rule renews it."""
    op.add_column("memberships", sa.Column("handling", sa.String(length=64), nullable=True))
    op.add_column("memberships", sa.Column("next_review", sa.Date(), nullable=True))
    op.execute(
        "UPDATE memberships SET handling = (SELECT handling FROM cases WHERE cases.id = memberships.case_id),"
        " next_review = (SELECT next_review FROM cases WHERE cases.id = memberships.case_id)"
    )
    for table, (whose, id_) in _TABLES.items():
        for name, columns, where in (
            ("labelled_since", ["label", "stage_entered"], _LABELLED),
            ("handled", ["handling", "stage", "priority", "stage_entered"], None),
            ("handled_since", ["handling", "stage_entered"], None),
            ("reviewed", ["stage", "next_review"], _REVIEWED),
        ):
            of_all = [whose, *columns, id_]
            op.create_index(f"ix_{table}_{name}", table, of_all, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Take the change back."""
    for table in _TABLES:
        for name in ("labelled_since", "handled", "handled_since", "reviewed"):
            op.drop_index(f"ix_{table}_{name}", table_name=table)
    with op.batch_alter_table("memberships", table_kwargs={"sqlite_with_rowid": False}) as memberships:
        for each in ("handling", "next_review"):
            memberships.drop_column(each)
