"""A case lives to its end: danger judged, a plan agreed, tasks, how closely it is held, on hold, closed for a time."""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"

_CODE = sa.String(length=64)


def upgrade() -> None:
    """Make the change. Cases that are there have the mark that new ones get."""
    for name in ("risk_level", "held_from", "held_for", "retention_class"):
        op.add_column("cases", sa.Column(name, _CODE, nullable=True))
    for name in ("next_review", "resume_on", "purge_month"):
        op.add_column("cases", sa.Column(name, sa.Date(), nullable=True))
    op.add_column("cases", sa.Column("closing_part", sa.String(length=37), nullable=True))
    op.add_column("cases", sa.Column("handling", _CODE, server_default="tlp_amber_strict", nullable=False))
    op.create_table(
        "assessments",
        sa.Column("case_id", sa.String(length=37), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("part_id", sa.String(length=37), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("level", _CODE, nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("author_id", sa.String(length=36), nullable=False),
        sa.Column("hour", sa.String(length=13), nullable=False),
        sa.Column("is_of_stage", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("fk_assessments_author_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_assessments_case_id")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_assessments")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "plans",
        sa.Column("case_id", sa.String(length=37), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("part_id", sa.String(length=37), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("status", _CODE, nullable=False),
        sa.Column("review", sa.Date(), nullable=True),
        sa.Column("author_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("fk_plans_author_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_plans_case_id")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_plans")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "case_tasks",
        sa.Column("id", sa.String(length=37), nullable=False),
        sa.Column("case_id", sa.String(length=37), nullable=False),
        sa.Column("part_id", sa.String(length=37), nullable=False),
        sa.Column("kind", _CODE, nullable=False),
        sa.Column("state", _CODE, nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_tasks_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_tasks")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_case_tasks_of_case", "case_tasks", ["case_id", "id"])


def downgrade() -> None:
    """Take the change back. What the service was told of papers is lost; what they say stays, sealed.

    Cases that are on hold or closed, or further than older code knows, go on at assessment.
    """
    for name in ("case_tasks", "plans", "assessments"):
        op.drop_table(name)
    op.execute("UPDATE cases SET stage = 'assessment' WHERE stage NOT IN ('intake', 'assessment')")
    op.execute("UPDATE memberships SET stage = 'assessment' WHERE stage NOT IN ('intake', 'assessment')")
    with op.batch_alter_table("cases") as cases:
        for name in (
            *("handling", "closing_part", "purge_month", "resume_on", "next_review"),
            *("retention_class", "held_for", "held_from", "risk_level"),
        ):
            cases.drop_column(name)
