"""Certificates are the lines of a log, which clients read on from where they stopped."""

import json
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Make the change. What was kept before begins the log, the certificates of a person in their order."""
    op.create_table(
        "staff_log",
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_staff_log")),
        sqlite_with_rowid=False,
    )
    kept = sa.text("SELECT document FROM certificates ORDER BY version, valid_from, sha256")
    previous = None
    for n, document in enumerate(op.get_bind().scalars(kept).all(), start=1):
        entry = {"n": n, "previous": previous, "document": document}
        line = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
        op.get_bind().execute(sa.text("INSERT INTO staff_log (n, line) VALUES (:n, :line)"), {"n": n, "line": line})
        previous = sha256(line.encode()).hexdigest()


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("staff_log")
