"""A draw goes on when its request is answered, and reads the cards of a quarter page by page."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"


def upgrade() -> None:
    """Make the change. A draw that older code makes meanwhile is charged once, as ever."""
    op.create_table(
        "release_draws",
        sa.Column("release_id", sa.String(length=36), nullable=False),
        sa.Column("runner", sa.String(length=32), nullable=False),
        sa.Column("beats", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name=op.f("fk_release_draws_release_id")),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_release_draws")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_cards_by_quarter", "cards", ["quarter", "id_sha256"])
    op.drop_index("ix_cards_quarter", table_name="cards")


def downgrade() -> None:
    """Take the change back. What runs is charged or not, as without the table."""
    op.create_index("ix_cards_quarter", "cards", ["quarter"])
    op.drop_index("ix_cards_by_quarter", table_name="cards")
    op.drop_table("release_draws")
