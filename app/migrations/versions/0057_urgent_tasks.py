"""Whether something urgent is to be done in a case is found by a row of an index, however much there is to do."""

from alembic import op

revision = "0057"
down_revision = "0056"


def upgrade() -> None:
    """Make the change."""
    op.create_index("ix_case_tasks_urgent", "case_tasks", ["case_id", "is_urgent", "state"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_case_tasks_urgent", table_name="case_tasks")
