"""Answer templates say who wrote them, so that their end asks for them to be sealed anew."""

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0074"


def upgrade() -> None:
    """Make the change. Of templates that are there nobody is kept as author, as of what older code writes."""
    with op.batch_alter_table("templates", table_kwargs={"sqlite_with_rowid": False}) as templates:
        templates.add_column(sa.Column("author_id", sa.String(length=36), nullable=True))
        templates.create_foreign_key(op.f("fk_templates_author_id"), "people", ["author_id"], ["id"])


def downgrade() -> None:
    """Take the change back. Who wrote them is lost."""
    with op.batch_alter_table("templates", table_kwargs={"sqlite_with_rowid": False}) as templates:
        templates.drop_constraint(op.f("fk_templates_author_id"), type_="foreignkey")
        templates.drop_column("author_id")
