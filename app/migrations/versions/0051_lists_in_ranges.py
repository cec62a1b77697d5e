"""Lists are read as ranges of indexes: what somebody works on lies in the order of their list."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0048"

_SEEN, _TO_OPEN, _HANDED_ON = "state <> 'received'", "opening_due IS NOT NULL", "handed_on_from IS NOT NULL"
_SIGHT = ("person_id", "state", "received_on", "report_id")

# Name, table, columns, and of which rows: on SQLite in its own words, where it has others.
_INDEXES: tuple[tuple[str, str, tuple[str, ...], str, str], ...] = (
    ("ix_reports_in_state", "reports", ("state", "received_on", "id"), "", ""),
    ("ix_reports_of_epoch_in_state", "reports", ("epoch_id", "state", "received_on", "id"), "", ""),
    ("ix_reports_seen", "reports", ("received_on", "id"), _SEEN, _SEEN),
    ("ix_reports_of_epoch_seen", "reports", ("epoch_id", "received_on", "id"), _SEEN, _SEEN),
    ("ix_reports_to_open", "reports", ("state", "received_on", "id"), _TO_OPEN, _TO_OPEN),
    ("ix_reports_of_epoch_to_open", "reports", ("epoch_id", "state", "received_on", "id"), _TO_OPEN, _TO_OPEN),
    ("ix_reports_handed_on", "reports", ("handed_on_from", "received_on", "id"), _HANDED_ON, _HANDED_ON),
    ("ix_grants_held", "grants", ("grantee", "subject"), "", ""),
    ("ix_cases_of_team", "cases", ("team_id", "priority", "stage_entered", "id"), "", ""),
    ("ix_cases_of_team_in_stage", "cases", ("team_id", "stage", "priority", "stage_entered", "id"), "", ""),
    ("ix_memberships_of_person", "memberships", ("person_id", "priority", "stage_entered", "case_id"), "", ""),
    (
        "ix_memberships_of_person_in_stage",
        "memberships",
        ("person_id", "stage", "priority", "stage_entered", "case_id"),
        "",
        "",
    ),
    ("ix_messages_of_report", "messages", ("report_id", "id"), "", ""),
    ("ix_attachments_of_report", "attachments", ("report_id", "id"), "", ""),
    ("ix_pairs_of_second", "pairs", ("second_id", "id"), "", ""),
    ("ix_recoveries_by_day", "recoveries", ("peeled_on", "id"), "", ""),
    ("ix_shared_keys_by_day", "shared_keys", ("valid_from", "id"), "", ""),
    ("ix_releases_by_period", "releases", ("period", "id"), "", ""),
    ("ix_sights_received_on", "sights", ("person_id", "received_on", "report_id"), "", ""),
    ("ix_sights_in_state", "sights", _SIGHT, "", ""),
    ("ix_sights_to_open", "sights", _SIGHT, "to_open", "to_open = 1"),
    ("ix_sights_changed", "sights", ("person_id", "report_id"), "is_changed", "is_changed = 1"),
)

# What of older indexes the new ones are the beginning of, or nobody asks any more.
_REPLACED: dict[str, dict[str, list[str]]] = {
    "reports": {"state": ["state", "received_on"], "opening_due": ["opening_due"]},
    "grants": {"grantee": ["grantee"]},
    "cases": {"team_id": ["team_id"]},
    "memberships": {"person_id": ["person_id"]},
    "messages": {"report_id": ["report_id"]},
    "attachments": {"report_id": ["report_id"]},
    "pairs": {"second_id": ["second_id"]},
}


def upgrade() -> None:
    """Make the change. Who works on cases finds their reports in their list at once.

    Older code that writes beside this leaves rows out, until the day's rule finds them.
    """
    for name, kind in (("stage", sa.String(64)), ("priority", sa.String(64)), ("stage_entered", sa.String(13))):
        op.add_column("memberships", sa.Column(name, kind, nullable=True))
        op.execute(f"UPDATE memberships SET {name} = (SELECT {name} FROM cases WHERE id = case_id)")  # noqa: S608  names of ours
    op.create_table(
        "sights",
        sa.Column("report_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("to_open", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_changed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_sights_report_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sights_person_id")),
        sa.PrimaryKeyConstraint("report_id", "person_id", name=op.f("pk_sights")),
        sqlite_with_rowid=False,
    )
    op.execute(SIGHTS)
    for table, replaced in _REPLACED.items():
        for name in replaced:
            op.drop_index(op.f(f"ix_{table}_{name}"), table_name=table)
    for name, table, columns, where, sqlite_where in _INDEXES:
        on_sqlite, on_postgresql = (sa.text(each) if each else None for each in (sqlite_where, where))
        op.create_index(name, table, list(columns), sqlite_where=on_sqlite, postgresql_where=on_postgresql)


def downgrade() -> None:
    """Take the change back."""
    for name, table, *_ in _INDEXES:
        op.drop_index(name, table_name=table)
    for table, replaced in _REPLACED.items():
        for name, columns in replaced.items():
            where = sa.text(_TO_OPEN) if name == "opening_due" else None
            op.create_index(op.f(f"ix_{table}_{name}"), table, columns, sqlite_where=where, postgresql_where=where)
    op.drop_table("sights")
    with op.batch_alter_table("memberships") as memberships:
        for name in ("stage_entered", "priority", "stage"):
            memberships.drop_column(name)


SIGHTS = """
INSERT INTO sights (report_id, person_id, state, received_on, to_open, is_changed)
SELECT reports.id, found.person_id, reports.state, reports.received_on, reports.opening_due IS NOT NULL,
    EXISTS (
        SELECT 1 FROM messages WHERE messages.report_id = reports.id AND messages.kind IN ('consent', 'withdraw')
    )
FROM reports JOIN (
    SELECT reports.id AS report_id, memberships.person_id FROM memberships
    JOIN reports ON reports.case_id = memberships.case_id
    UNION
    SELECT grants.subject, grants.grantee FROM grants JOIN people ON people.id = grants.grantee
    JOIN reports ON reports.id = grants.subject WHERE NOT grants.revoked
) AS found ON found.report_id = reports.id
"""
