"""A release may stand in the place of another, made of the same noise; and two supervisors may warn of one."""

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0070"

_OPEN = sa.text("state NOT IN ('rejected', 'cancelled')")
_FIRST = sa.text("state NOT IN ('rejected', 'cancelled') AND supersedes IS NULL")


def upgrade() -> None:
    """Make the change. Older code makes no corrections, and takes one that was superseded for none at all."""
    op.drop_index(op.f("ix_releases_kind"), table_name="releases")
    with op.batch_alter_table("releases") as releases:
        for name in ("supersedes", "drawn_as"):
            releases.add_column(sa.Column(name, sa.String(length=36), nullable=True))
            releases.create_foreign_key(op.f(f"fk_releases_{name}"), "releases", [name], ["id"])
        for name in ("correction", "note"):
            releases.add_column(sa.Column(name, sa.String(length=500), nullable=True))
        for name in ("note_by", "note_too"):
            releases.add_column(sa.Column(name, sa.String(length=36), nullable=True))
            releases.create_foreign_key(op.f(f"fk_releases_{name}"), "people", [name], ["id"])
    op.create_index(op.f("ix_releases_supersedes"), "releases", ["supersedes"])
    _unique(_FIRST)


def downgrade() -> None:
    """Take the change back. Corrections are cancelled for good, whatever they were, and what they stood in the place of
    is published; notes are lost."""
    releases = sa.table("releases", sa.column("state"), sa.column("supersedes"))
    op.execute(releases.update().where(releases.c.supersedes.is_not(None)).values(state="cancelled"))
    op.execute(releases.update().where(releases.c.state == "superseded").values(state="published"))
    op.drop_index(op.f("ix_releases_kind"), table_name="releases")
    op.drop_index(op.f("ix_releases_supersedes"), table_name="releases")
    with op.batch_alter_table("releases") as table:
        for name in ("note_too", "note_by", "drawn_as", "supersedes"):
            table.drop_constraint(op.f(f"fk_releases_{name}"), type_="foreignkey")
        for name in ("note_too", "note_by", "note", "correction", "drawn_as", "supersedes"):
            table.drop_column(name)
    _unique(_OPEN)


def _unique(where: sa.TextClause) -> None:
    op.create_index(
        op.f("ix_releases_kind"),
        "releases",
        ["kind", "period"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
