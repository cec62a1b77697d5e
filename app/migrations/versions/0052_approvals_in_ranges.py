"""Approvals are listed as ranges of indexes: what is asked where somebody works lies in their list."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"

_INDEXES = {
    "ix_approvals_of_object": ["object_id", "id"],
    "ix_approvals_asked_by": ["requester_id", "id"],
    "ix_approvals_asked_by_in_state": ["requester_id", "state", "id"],
    "ix_approvals_asked_of": ["approver_id", "id"],
    "ix_approvals_asked_of_in_state": ["approver_id", "state", "id"],
}
_REPLACED = ("object_id", "requester_id", "approver_id")


def upgrade() -> None:
    """Make the change. Who works on something finds what is asked about it in their list at once.

    Older code that writes beside this leaves rows out, until the day's rule finds them.
    """
    op.create_table(
        "approval_sights",
        sa.Column("approval_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["approval_id"], ["approvals.id"], name=op.f("fk_approval_sights_approval_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_approval_sights_person_id")),
        sa.PrimaryKeyConstraint("approval_id", "person_id", name=op.f("pk_approval_sights")),
        sqlite_with_rowid=False,
    )
    op.execute(SIGHTS)
    op.create_index("ix_approval_sights_of_person", "approval_sights", ["person_id", "approval_id"])
    op.create_index("ix_approval_sights_of_person_in_state", "approval_sights", ["person_id", "state", "approval_id"])
    for column in _REPLACED:
        op.drop_index(op.f(f"ix_approvals_{column}"), table_name="approvals")
    for name, columns in _INDEXES.items():
        op.create_index(name, "approvals", columns)


def downgrade() -> None:
    """Take the change back."""
    for name in _INDEXES:
        op.drop_index(name, table_name="approvals")
    for column in _REPLACED:
        op.create_index(op.f(f"ix_approvals_{column}"), "approvals", [column])
    op.drop_table("approval_sights")


SIGHTS = """
INSERT INTO approval_sights (approval_id, person_id, state)
SELECT approvals.id, memberships.person_id, approvals.state
FROM approvals JOIN memberships ON memberships.case_id = approvals.object_id
UNION
SELECT approvals.id, reports.triager_id, approvals.state
FROM approvals JOIN reports ON reports.id = approvals.object_id WHERE reports.triager_id IS NOT NULL
"""
