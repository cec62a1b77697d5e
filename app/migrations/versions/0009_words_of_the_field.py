"""Columns and codes bear the field's words: intake channel, kind of a message, id of a consent."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

# Table, the name before, the name from now on.
_NAMES = (
    ("reports", "door", "intake_channel"),
    ("messages", "act", "kind"),
    ("messages", "consent_slot", "consent_id"),
    ("consents", "slot", "consent_id"),
)
_CODE_BEFORE, _CODE = "on_arrival", "no_script"


def upgrade() -> None:
    """Make the change. Nothing is released, so no older code runs on these tables."""
    for table, before, name in _NAMES:
        op.alter_column(table, before, new_column_name=name)
    _recode(_CODE_BEFORE, _CODE)


def downgrade() -> None:
    """Take the change back."""
    _recode(_CODE, _CODE_BEFORE)
    for table, before, name in reversed(_NAMES):
        op.alter_column(table, name, new_column_name=before)


def _recode(before: str, after: str) -> None:
    column = sa.column("intake_channel", sa.String)
    op.execute(sa.update(sa.table("reports", column)).where(column == before).values(intake_channel=after))
