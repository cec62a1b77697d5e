"""approvals do not hold the grants that were lent for them, and nobody can try what was asked."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Keys of the last day are forgotten: a request that was cut off during the change is made anew."""
    with op.batch_alter_table("approvals") as approvals:
        approvals.drop_constraint("fk_approvals_grant_id", type_="foreignkey")
        approvals.create_foreign_key("fk_approvals_grant_id", "grants", ["grant_id"], ["id"], ondelete="SET NULL")
    op.execute(sa.delete(sa.table("idempotency_keys")))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("approvals") as approvals:
        approvals.drop_constraint("fk_approvals_grant_id", type_="foreignkey")
        approvals.create_foreign_key("fk_approvals_grant_id", "grants", ["grant_id"], ["id"])
    op.execute(sa.delete(sa.table("idempotency_keys")))
