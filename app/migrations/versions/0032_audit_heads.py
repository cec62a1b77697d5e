"""The audit chain has a signed head each day, which supervisors countersign."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "audit_heads",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_audit_heads")),
        sa.UniqueConstraint("sha256", name=op.f("uq_audit_heads_sha256")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_countersignatures",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["version"], ["audit_heads.version"], name=op.f("fk_audit_countersignatures_version")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_audit_countersignatures_person_id")),
        sa.PrimaryKeyConstraint("version", "person_id", name=op.f("pk_audit_countersignatures")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("audit_countersignatures")
    op.drop_table("audit_heads")
