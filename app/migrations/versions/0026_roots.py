"""Roots follow one another: all of them are kept, and the next one while its signatures are gathered."""

import sqlalchemy as sa
from alembic import op

from app.database.schema import OtherTables

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Make the change. A root of the older form is no root of this one: its keys would have to sign another."""
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM organisation")):
        raise OtherTables(
            "the database has an organisation from before roots followed one another, which this Tern cannot read; "
            "begin anew, in an empty directory"
        )
    op.create_table(
        "roots",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("kept", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_roots")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "root_supervisors",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("roles", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_root_supervisors_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_root_supervisors")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "root_proposals",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("author", sa.String(length=38), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("kept", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_root_proposals")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("organisation") as organisation:
        organisation.drop_column("document")
    with op.batch_alter_table("certificates") as certificates:
        certificates.alter_column("valid_until", existing_type=sa.Date(), nullable=False)
        certificates.add_column(sa.Column("counts", sa.Boolean(), server_default=sa.true(), nullable=False))


def downgrade() -> None:
    """Take the change back. Of the roots the first alone is left, which older code cannot read."""
    with op.batch_alter_table("certificates") as certificates:
        certificates.drop_column("counts")
        certificates.alter_column("valid_until", existing_type=sa.Date(), nullable=True)
    op.add_column("organisation", sa.Column("document", sa.Text(), server_default="", nullable=False))
    op.execute("UPDATE organisation SET document = (SELECT document FROM roots WHERE version = 1)")
    op.drop_table("root_proposals")
    op.drop_table("root_supervisors")
    op.drop_table("roots")
