"""Refused sign-ins are counted by the day, and what was read is recorded once an hour."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "refused_sign_ins",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "person_id", name=op.f("pk_refused_sign_ins")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_audit_events_hour"), "audit_events", ["hour", "actor_id"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_index(op.f("ix_audit_events_hour"), "audit_events")
    op.drop_table("refused_sign_ins")
