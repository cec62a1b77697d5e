"""A case is a journal and parts, in the place of one document and a chain of lists of members."""

import sqlalchemy as sa
from alembic import op

from app.database.schema import OtherTables

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Make the change. Cases of the older form cannot be carried over: only their members can open them."""
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM case_documents")):
        raise OtherTables(
            "the database holds cases that were written before cases had parts, which this Tern cannot read; "
            "go on with the Tern that wrote them"
        )
    op.drop_table("member_statements")
    with op.batch_alter_table("case_documents") as documents:
        documents.drop_index(op.f("ix_case_documents_sha256"))
    op.drop_table("case_documents")
    op.create_table(
        "journal_entries",
        sa.Column("case_id", sa.String(length=37), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("author_id", sa.String(length=36), nullable=False),
        sa.Column("hour", sa.String(length=13), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("fk_journal_entries_author_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_journal_entries_case_id")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_journal_entries")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "case_parts",
        sa.Column("case_id", sa.String(length=37), nullable=False),
        sa.Column("id", sa.String(length=37), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hour", sa.String(length=13), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_parts_case_id")),
        sa.PrimaryKeyConstraint("case_id", "id", "version", name=op.f("pk_case_parts")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the change back. What was written in parts is lost to the older form, as that is to this."""
    op.drop_table("case_parts")
    op.drop_table("journal_entries")
    op.create_table(
        "case_documents",
        sa.Column("case_id", sa.String(length=37), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("author_id", sa.String(length=36), nullable=False),
        sa.Column("hour", sa.String(length=13), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("fk_case_documents_author_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_documents_case_id")),
        sa.PrimaryKeyConstraint("case_id", "version", name=op.f("pk_case_documents")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_case_documents_sha256"), "case_documents", ["sha256"])
    op.create_table(
        "member_statements",
        sa.Column("case_id", sa.String(length=37), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_member_statements_case_id")),
        sa.PrimaryKeyConstraint("case_id", "version", name=op.f("pk_member_statements")),
        sqlite_with_rowid=False,
    )
