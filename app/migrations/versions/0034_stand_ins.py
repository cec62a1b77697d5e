"""Others can sign a release for who cannot, and a kind and a period have one release that is not over."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"

_OPEN = sa.text("state NOT IN ('rejected', 'cancelled')")


def upgrade() -> None:
    """Make the change. Of twins that two requests made at once the one that has come farthest stays, the others are
    cancelled: none of them could be drawn any more."""
    with op.batch_alter_table("releases") as releases:
        for name in ("requester_stand_in", "approver_stand_in"):
            releases.add_column(sa.Column(name, sa.String(length=36), nullable=True))
            releases.create_foreign_key(op.f(f"fk_releases_{name}"), "people", [name], ["id"])
    # What was drawn has noisy counts, and then a folder; before that nothing is lost.
    op.execute(
        "UPDATE releases SET state = 'cancelled' WHERE state IN ('requested', 'approved') AND EXISTS ("
        "SELECT 1 FROM releases AS twin WHERE twin.kind = releases.kind AND twin.period = releases.period"
        " AND twin.id <> releases.id AND twin.state NOT IN ('rejected', 'cancelled')"
        " AND (twin.state NOT IN ('requested', 'approved') OR twin.id < releases.id))"
    )
    op.create_index(
        op.f("ix_releases_kind"),
        "releases",
        ["kind", "period"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_index(op.f("ix_releases_kind"), "releases")
    with op.batch_alter_table("releases") as releases:
        for name in ("requester_stand_in", "approver_stand_in"):
            releases.drop_constraint(op.f(f"fk_releases_{name}"), type_="foreignkey")
            releases.drop_column(name)
