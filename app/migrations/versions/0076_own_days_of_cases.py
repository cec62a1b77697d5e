"""A case keeps when its safety plan is looked at again, and an assessment under which policy of clocks it was told."""

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0075"


def upgrade() -> None:
    """Make the change: of each case that has a plan, the last one counts. What was judged before, or is by older code,
    is held to the days that count where no policy was ever set."""
    op.add_column("cases", sa.Column("plan_review", sa.Date(), nullable=True))
    op.execute(
        "UPDATE cases SET plan_review = (SELECT review FROM plans WHERE plans.case_id = cases.id"
        " ORDER BY number DESC LIMIT 1)"
    )
    op.add_column("assessments", sa.Column("policy", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("assessments", table_kwargs={"sqlite_with_rowid": False}) as assessments:
        assessments.drop_column("policy")
    with op.batch_alter_table("cases", table_kwargs={"sqlite_with_rowid": False}) as cases:
        cases.drop_column("plan_review")
