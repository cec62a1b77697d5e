"""Cases are listed by when they are due, and what is to do in one is a clock of it like its own days."""

from datetime import date, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0080"
down_revision = "0079"

_DUE = sa.text("due IS NOT NULL")
_TABLES = {"cases": ("team_id", "id"), "memberships": ("person_id", "case_id")}
_ENDED = ("closed", "merged", "transferred")
_DAYS, _WEEKS = ("judged_until", "resume_on"), ("next_review", "plan_review", "task_due")
_CASES = sa.table(
    "cases", sa.column("id"), sa.column("stage"), *(sa.column(each, sa.Date()) for each in ("due", *_DAYS, *_WEEKS))
)


def upgrade() -> None:
    """Make the change. What older code writes beside this is due as it was, until the day's rule `lists` renews it."""
    op.add_column("cases", sa.Column("task_due", sa.Date(), nullable=True))
    for table in _TABLES:
        op.add_column(table, sa.Column("due", sa.Date(), nullable=True))
    op.execute(
        "UPDATE cases SET task_due = (SELECT min(due) FROM case_tasks"
        " WHERE case_tasks.case_id = cases.id AND case_tasks.state = 'open')"
    )
    _keep_due()
    op.execute("UPDATE memberships SET due = (SELECT due FROM cases WHERE cases.id = memberships.case_id)")
    for table, (whose, id_) in _TABLES.items():
        columns = [whose, "stage", "due", id_]
        op.create_index(f"ix_{table}_due", table, columns, sqlite_where=_DUE, postgresql_where=_DUE)


def downgrade() -> None:
    """Take the change back."""
    for table in _TABLES:
        op.drop_index(f"ix_{table}_due", table_name=table)
    for table, columns in {"cases": ("due", "task_due"), "memberships": ("due",)}.items():
        with op.batch_alter_table(table, table_kwargs={"sqlite_with_rowid": False}) as batch:
            for each in columns:
                batch.drop_column(each)


def _keep_due() -> None:
    """The first day of those that a case has, of which a week ends on its Sunday."""
    connection = op.get_bind()
    open_ = sa.select(_CASES).where(_CASES.c.stage.not_in(_ENDED))
    due = [{"of": row["id"], "day": _first(row)} for row in connection.execute(open_).mappings()]
    if due:
        keep = sa.update(_CASES).where(_CASES.c.id == sa.bindparam("of")).values(due=sa.bindparam("day"))
        connection.execute(keep, due)


def _first(case: sa.RowMapping) -> date | None:
    days = [case[each] for each in _DAYS if case[each]]
    days += [case[each] + timedelta(days=6) for each in _WEEKS if case[each]]
    return min(days, default=None)
