"""a person's roles are those of the certificate that counts on the day."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Read version and roles from the documents. Those of a person become those that they were invited for."""
    op.add_column("certificates", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("certificates", sa.Column("roles", sa.String(length=128), server_default="", nullable=False))
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT sha256, person_id, document FROM certificates")).all()
    for sha256, person, document in rows:
        line = json.loads(document.partition("\n")[0])
        supervisors = {each["id"]: each for each in line["body"].get("supervisors", [])}
        connection.execute(
            sa.text(
                "UPDATE certificates SET version = :version, roles = :roles"
                " WHERE sha256 = :sha256 AND person_id = :person"
            ),
            {
                "version": line["version"],
                "roles": " ".join(supervisors.get(person, line["body"])["roles"]),
                "sha256": sha256,
                "person": person,
            },
        )
    op.execute("ALTER TABLE people RENAME COLUMN roles TO invited_as")


def downgrade() -> None:
    """Take it back: a person has the roles of their newest certificate, or those that they were invited for."""
    op.execute("ALTER TABLE people RENAME COLUMN invited_as TO roles")
    op.execute(
        "UPDATE people SET roles = coalesce((SELECT certificates.roles FROM certificates"
        " WHERE certificates.person_id = people.id"
        " ORDER BY valid_until IS NOT NULL, version DESC, valid_from DESC, sha256 DESC LIMIT 1), roles)"
    )
    with op.batch_alter_table("certificates") as certificates:
        certificates.drop_column("roles")
        certificates.drop_column("version")
