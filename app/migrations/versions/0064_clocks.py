"""Reports that somebody has claimed have clocks, by policies of which every version is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"

_TO_DECIDE = sa.text("decision_due IS NOT NULL")


def upgrade() -> None:
    """Make the change. What is claimed already has no clock: at what hour somebody did, no row says."""
    for column in ("answer_due", "decision_due"):
        op.add_column("reports", sa.Column(column, sa.String(length=16), nullable=True))
    op.create_index(
        "ix_reports_to_decide", "reports", ["decision_due", "id"], sqlite_where=_TO_DECIDE, postgresql_where=_TO_DECIDE
    )
    op.create_table(
        "clock_policies",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("free_days", sa.Text(), nullable=False),
        sa.Column("author_id", sa.String(length=36), nullable=False),
        sa.Column("set_at", sa.String(length=13), nullable=False),
        sa.Column("agreed_by", sa.String(length=36), nullable=True),
        sa.Column("agreed_at", sa.String(length=13), nullable=True),
        sa.ForeignKeyConstraint(["agreed_by"], ["people.id"], name=op.f("fk_clock_policies_agreed_by")),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("fk_clock_policies_author_id")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_clock_policies")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "clock_events",
        sa.Column("report_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("what", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=16), nullable=False),
        sa.Column("priority", sa.String(length=64), nullable=True),
        sa.Column("policy", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_clock_events_report_id")),
        sa.PrimaryKeyConstraint("report_id", "number", name=op.f("pk_clock_events")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the change back: policies, and the clocks that run, are lost."""
    op.drop_table("clock_events")
    op.drop_table("clock_policies")
    op.drop_index("ix_reports_to_decide", table_name="reports")
    with op.batch_alter_table("reports") as reports:
        reports.drop_column("decision_due")
        reports.drop_column("answer_due")
