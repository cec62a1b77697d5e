"""Who signs a release does so with a key of that release, and its readers are told of roles and years."""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"


def upgrade() -> None:
    """Make the change. A folder that is made and not published names people: it is made and signed anew, of the same
    noise. What is published stays as it is. Older code publishes none that was signed since."""
    op.add_column("release_signatures", sa.Column("statement", sa.Text(), nullable=True))
    op.add_column("release_signatures", sa.Column("certificate", sa.Text(), nullable=True))
    _unmake()


def downgrade() -> None:
    """Take the change back. What vouches for the signers of releases published since is lost: they verify no more."""
    _unmake()
    with op.batch_alter_table("release_signatures") as signatures:
        signatures.drop_column("certificate")
        signatures.drop_column("statement")


def _unmake() -> None:
    releases = sa.table("releases", sa.column("id"), sa.column("state"), sa.column("sums_sha256"), sa.column("version"))
    made = sa.select(releases.c.id).where(releases.c.state.in_(["composed", "signed"]))
    for name in ("release_files", "release_signatures"):
        of_release = sa.table(name, sa.column("release_id"))
        op.execute(of_release.delete().where(of_release.c.release_id.in_(made)))
    anew = {"state": "drawn", "sums_sha256": None, "version": releases.c.version + 1}
    op.execute(releases.update().where(releases.c.state.in_(["composed", "signed"])).values(anew))
