"""What each person has spent in releases is one sealed file, and no row of its own.

What was kept names tokens by a hash under the service's key, and without the tokens nobody makes the file of it. So
it goes, and the first draw after this makes the accounts anew from the ledger and the cards, at the worst that they can
be: whoever has a card in a drawn quarter has borne all that was drawn of it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"


def upgrade() -> None:
    """Make the change. A draw of older code fails for want of its table, and charges nothing."""
    op.drop_table("token_spends")
    op.create_table(
        "accounts_parts",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_accounts_parts")),
        sqlite_with_rowid=False,
    )
    for name, length in (("accounts_key", 36), ("accounts_sha256", 64)):
        op.add_column("budget_entries", sa.Column(name, sa.String(length=length), nullable=True))
    with op.batch_alter_table("releases") as releases:
        for name in ("accounts_lost_by", "accounts_lost_too"):
            releases.add_column(sa.Column(name, sa.String(length=36), nullable=True))
            releases.create_foreign_key(op.f(f"fk_releases_{name}"), "people", [name], ["id"])


def downgrade() -> None:
    """Take the change back. What anybody has spent is lost with the file: draw nothing with older code."""
    with op.batch_alter_table("releases") as releases:
        for name in ("accounts_lost_by", "accounts_lost_too"):
            releases.drop_constraint(op.f(f"fk_releases_{name}"), type_="foreignkey")
            releases.drop_column(name)
    for name in ("accounts_key", "accounts_sha256"):
        with op.batch_alter_table("budget_entries") as entries:
            entries.drop_column(name)
    op.drop_table("accounts_parts")
    op.create_table(
        "token_spends",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("rho_millionths", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_token_spends")),
        sqlite_with_rowid=False,
    )
