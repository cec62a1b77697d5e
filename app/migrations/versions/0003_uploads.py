"""Attachments come in parts, each upload at an address of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "uploads",
        sa.Column("address_sha256", sa.String(length=64), nullable=False),
        sa.Column("report_id", sa.String(length=36), nullable=False),
        sa.Column("attachment_id", sa.String(length=36), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("blob", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_uploads_report_id")),
        sa.PrimaryKeyConstraint("address_sha256", name=op.f("pk_uploads")),
        sa.UniqueConstraint("blob", name=op.f("uq_uploads_blob")),
        sa.UniqueConstraint("report_id", "attachment_id", name=op.f("uq_uploads_report_id_attachment_id")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the change back. What was under way is sent again."""
    op.drop_table("uploads")
