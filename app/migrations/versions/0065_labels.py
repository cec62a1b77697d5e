"""Cases have a label, by which their members tell them apart, and lists are asked for it."""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"

_LABELLED = sa.text("label IS NOT NULL")
_INDEXES = {
    "cases": ("ix_cases_labelled", ["team_id", "label", "stage", "priority", "stage_entered", "id"]),
    "memberships": ("ix_memberships_labelled", ["person_id", "label", "stage", "priority", "stage_entered", "case_id"]),
}


def upgrade() -> None:
    """Make the change. Older code gives none, and leaves what is there."""
    for table, (name, columns) in _INDEXES.items():
        op.add_column(table, sa.Column("label", sa.String(length=64), nullable=True))
        op.create_index(name, table, columns, sqlite_where=_LABELLED, postgresql_where=_LABELLED)


def downgrade() -> None:
    """Take the change back: labels are lost."""
    for table, (name, _) in _INDEXES.items():
        op.drop_index(name, table_name=table)
        with op.batch_alter_table(table) as rows:
            rows.drop_column("label")
