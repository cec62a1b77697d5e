"""What the migrations make is what the models say, on both databases, and can be taken back."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import app.main  # noqa: F401  it brings the tables of every room
from app.database import Base, Database, schema
from app.intake.attachments.models import Attachment, Upload
from tests import factories

REVISIONS = [script.revision for script in ScriptDirectory(str(schema.MIGRATIONS)).walk_revisions()][::-1]


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    database = Database(empty_url)
    yield database
    database.close()


def drift(database: Database) -> list[object]:
    with database.change_schema() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def tables(database: Database) -> set[str]:
    with database.change_schema() as connection:
        return set(sa.inspect(connection).get_table_names()) - {"alembic_version"}


def test_there_is_one_line_of_migrations() -> None:
    assert len(ScriptDirectory(str(schema.MIGRATIONS)).get_heads()) == 1


def test_head_is_what_the_models_say(empty: Database) -> None:
    schema.upgrade(empty)

    assert drift(empty) == []


def test_a_missing_migration_would_be_noticed(empty: Database) -> None:
    assert drift(empty) != []


def test_sqlite_keeps_no_row_in_the_order_of_its_arrival(empty: Database) -> None:
    if empty.dialect != "sqlite":
        pytest.skip("PostgreSQL's rows are settled by the day instead")
    schema.upgrade(empty)

    with empty.read() as session:
        statements = session.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).all()

    assert [name for name, sql in statements if not sql.rstrip().endswith("WITHOUT ROWID")] == ["alembic_version"]


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_step_can_be_taken_back_and_again(empty: Database, revision: str) -> None:
    schema.upgrade(empty, revision)
    before = tables(empty)

    schema.downgrade(empty, "-1")
    schema.upgrade(empty, revision)

    assert tables(empty) == before


def test_without_uploads_what_has_arrived_stays(empty: Database) -> None:
    schema.upgrade(empty)
    with empty.write() as session:
        report = factories.report(session, factories.epoch(session))
        arrived = Attachment(
            id=factories.id_("att"),
            report_id=report.id,
            size=1,
            sha256="0" * 64,
            received_on=factories.DAY,
            blob="0" * 32,
        )
        coming = Upload(
            address_sha256="0" * 64,
            report_id=report.id,
            attachment_id=factories.id_("att"),
            size=1,
            started_on=factories.DAY,
            blob="1" * 32,
        )
        session.add_all([arrived, coming])

    schema.downgrade(empty, "0001")
    schema.upgrade(empty)

    with empty.read() as session:
        assert session.scalars(sa.select(Attachment.id)).all() == [arrived.id]
        assert session.scalars(sa.select(Upload.address_sha256)).all() == []


def test_all_the_way_down_nothing_is_left(empty: Database) -> None:
    schema.upgrade(empty)

    schema.downgrade(empty, "base")

    assert tables(empty) == set()
