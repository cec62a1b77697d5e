"""Partners fetch releases, some of them before others, by tokens that open nothing else."""

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"


def upgrade() -> None:
    """Make the change. Older code knows no embargo, and shows nobody what is under one."""
    op.create_table(
        "partners",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("handle", sa.String(length=40), nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("proposed_by", sa.String(length=36), nullable=False),
        sa.Column("agreed_by", sa.String(length=36), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["proposed_by"], ["people.id"], name=op.f("fk_partners_proposed_by")),
        sa.ForeignKeyConstraint(["agreed_by"], ["people.id"], name=op.f("fk_partners_agreed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partners")),
        sa.UniqueConstraint("handle", name=op.f("uq_partners_handle")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "partner_tokens",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_partner_tokens_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_tokens")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_partner_tokens_token_sha256")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_partner_tokens_partner_id"), "partner_tokens", ["partner_id"])
    op.create_table(
        "partner_downloads",
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("release_id", sa.String(length=36), nullable=False),
        sa.Column("fetched", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_partner_downloads_partner_id")),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name=op.f("fk_partner_downloads_release_id")),
        sa.PrimaryKeyConstraint("partner_id", "day", "release_id", name=op.f("pk_partner_downloads")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "told_of",
        sa.Column("release_id", sa.String(length=36), nullable=False),
        sa.Column("hook_sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("release_id", "hook_sha256", name=op.f("pk_told_of")),
        sqlite_with_rowid=False,
    )
    op.add_column("releases", sa.Column("public_on", sa.Date(), nullable=True))


def downgrade() -> None:
    """Take the change back. Agreements, tokens and what was fetched are forgotten; what is under embargo waits, signed,
    for somebody to publish it."""
    op.execute("UPDATE releases SET state = 'signed' WHERE state = 'embargoed'")
    with op.batch_alter_table("releases") as releases:
        releases.drop_column("public_on")
    for table in ("told_of", "partner_downloads", "partner_tokens", "partners"):
        op.drop_table(table)
