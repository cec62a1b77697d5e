"""What the migrations make is what the models say, on both databases, and can be taken back."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from threading import Barrier

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import app.installation.publications  # its table is asked for beside the application
import app.main  # noqa: F401  it brings the tables of every other package
from app.database import Base, Database, Placed, schema
from app.database.engine import make_file
from app.intake.attachments.models import Attachment, Upload
from tests import factories

REVISIONS = [script.revision for script in ScriptDirectory(str(schema.MIGRATIONS)).walk_revisions()][::-1]

# No Tern takes over what an organisation had before, which is refused at its start.
ROWS_FROM = "0026"
# By the type of a column. One row refers to another by the same word.
VALUES: dict[type, object] = {
    str: "1",
    int: 1,
    bool: False,
    float: 1.0,
    bytes: b"sealed",
    date: date(2026, 6, 15),
}
# The revisions at which a table is without the row that it had there: its up took the table for good.
LOST_BELOW = {(revision, "removal_agreements") for revision in ("0026", "0027")} | {
    (revision, "token_spends") for revision in REVISIONS if ROWS_FROM <= revision < "0058"
}


@pytest.fixture(scope="module", autouse=True)
def _read_once() -> Iterator[None]:
    """Alembic reads all migrations anew for each step that it takes, which takes longer than many a step."""
    read = ScriptDirectory(str(schema.MIGRATIONS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScriptDirectory, "from_config", lambda _: read)
        yield


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    make_file(empty_url)
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


def counts(database: Database) -> dict[str, int]:
    """The rows of each table."""
    each = [f"SELECT '{name}', count(*) FROM {name}" for name in sorted(tables(database))]  # noqa: S608
    return {str(name): int(str(number)) for name, number in read(database, " UNION ALL ".join(each))} if each else {}


def fill(database: Database) -> None:
    """A row in each table that has none, as the table is at this revision."""
    empty = [name for name, number in counts(database).items() if number == 0]
    with database.change_schema() as connection:
        metadata = sa.MetaData()
        metadata.reflect(connection, only=empty)
        for table in metadata.sorted_tables:
            if table.name in empty:
                connection.execute(table.insert(), {column.name: VALUES[column.type.python_type] for column in table.c})


def test_the_files_of_the_migrations_stand_in_the_order_in_which_they_follow_one_another() -> None:
    assert list(schema.revisions()) == REVISIONS


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

    numbered = {name for name, sql in statements if not sql.rstrip().endswith("WITHOUT ROWID")}
    assert numbered == {"alembic_version", *(each.__tablename__ for each in Placed.__subclasses__())}


def test_of_two_that_find_an_older_database_at_once_one_brings_it_up_to_date(empty: Database, empty_url: str) -> None:
    schema.upgrade(empty)
    schema.downgrade(empty, REVISIONS[-2])
    both = Barrier(2)

    def open_(_: int) -> schema.Tables:
        both.wait()
        with closing(schema.open_(empty_url, upgrades=True)) as opened:
            return schema.look(opened)

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(open_, range(2))) == [schema.Tables.OURS] * 2


def test_the_newest_step_can_be_taken_back_and_again_with_a_row_in_each_table(empty: Database) -> None:
    """What whoever writes one can ask for alone: the next takes back all that are older, too."""
    before = REVISIONS[-2]
    schema.upgrade(empty, before)
    tables = counts(empty).keys()
    schema.upgrade(empty)
    fill(empty)
    were = counts(empty)

    schema.downgrade(empty, before)

    now = counts(empty)
    assert now.keys() == tables
    assert {(before, name) for name in now if now[name] < were.get(name, 0)} == {
        (revision, name) for revision, name in LOST_BELOW if revision == before
    }
    schema.upgrade(empty)
    assert counts(empty).keys() == were.keys()


def test_every_step_can_be_taken_back_and_again_with_a_row_in_each_table(empty: Database) -> None:
    were: dict[str, dict[str, int]] = {"base": {}}
    for revision in REVISIONS:
        schema.upgrade(empty, revision)
        if revision >= ROWS_FROM:
            fill(empty)
        were[revision] = counts(empty)

    lost = set[tuple[str, str]]()
    for revision in ["base", *REVISIONS[:-1]][::-1]:
        schema.downgrade(empty, revision)
        now = counts(empty)
        assert now.keys() == were[revision].keys(), revision
        lost |= {(revision, name) for name, number in were[revision].items() if now[name] < number}

    assert lost == LOST_BELOW
    schema.upgrade(empty)
    assert counts(empty).keys() == were[REVISIONS[-1]].keys()


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


def test_a_mailbox_with_replies_goes_on_above_their_number(empty: Database) -> None:
    schema.upgrade(empty, "0001")
    insert(empty, "epochs", [EPOCH])
    insert(empty, "reports", [REPORT, REPORT | {"id": "rep_2"}])
    insert(empty, "mailboxes", [{"token_sha256": "a", "report_id": "rep_1", "recipient": "age1pq1"}])
    insert(empty, "slots", [{"token_sha256": "a", "number": number, "file": b"sealed"} for number in (1, 2, 3, 4)])

    schema.upgrade(empty, "0002")
    counted = read(empty, "SELECT id, replies FROM reports ORDER BY id")
    schema.downgrade(empty, "0001")

    assert counted == [("rep_1", 2), ("rep_2", 0)]
    assert read(empty, "SELECT id, state FROM reports ORDER BY id") == [("rep_1", "received"), ("rep_2", "received")]


def test_cards_stay_and_of_withdrawn_ones_nothing_is_left_below(empty: Database) -> None:
    schema.upgrade(empty, "0004")
    insert(empty, "cards", [{"id_sha256": "a", "quarter": "2026-Q2", "file": b"sealed"}])

    schema.upgrade(empty, "0005")
    insert(empty, "cards", [{"id_sha256": "b", "quarter": None, "file": None}])
    above = read(empty, "SELECT id_sha256, quarter, revision_sha256 FROM cards ORDER BY id_sha256")
    schema.downgrade(empty, "0004")

    assert above == [("a", "2026-Q2", None), ("b", None, None)]
    assert read(empty, "SELECT id_sha256, quarter FROM cards") == [("a", "2026-Q2")]


def test_everybody_keeps_the_roles_of_their_certificates(empty: Database) -> None:
    listed = {"id": "per_1", "roles": ["supervisor"]}
    schema.upgrade(empty, "0005")
    insert(empty, "teams", [{"id": "team_1"}])
    insert(empty, "people", [PERSON | {"id": f"per_{n}", "handle": str(n), "roles": "triager"} for n in (1, 2, 3)])
    insert(
        empty,
        "certificates",
        [
            written("a", "per_1", {"k": 1, "supervisors": [listed]}, until=None),
            written("b", "per_2", {"roles": ["analyst", "auditor"]}, until=date(2026, 12, 31)),
        ],
    )

    schema.upgrade(empty, "0006")
    certified = read(empty, "SELECT person_id, version, roles FROM certificates ORDER BY person_id")
    invited = read(empty, "SELECT invited_as FROM people")
    schema.downgrade(empty, "0005")

    assert certified == [("per_1", 1, "supervisor"), ("per_2", 1, "analyst auditor")]
    assert invited == [("triager",)] * 3
    roles = read(empty, "SELECT roles FROM people ORDER BY id")
    assert roles == [("supervisor",), ("analyst auditor",), ("triager",)]


def test_shared_keys_from_before_are_the_first_of_their_kind(empty: Database) -> None:
    schema.upgrade(empty, "0006")
    days = {"valid_from": date(2026, 6, 15), "valid_until": date(2027, 6, 15)}
    insert(empty, "shared_keys", [{"id": "key_1", "kind": "statistics", "recipient": "", "document": "{}", **days}])

    schema.upgrade(empty, "0007")
    numbered = read(empty, "SELECT id, version FROM shared_keys")
    schema.downgrade(empty, "0006")

    assert numbered == [("key_1", 1)]
    assert read(empty, "SELECT id FROM shared_keys") == [("key_1",)]


def test_a_report_sealed_on_arrival_stays_one_under_its_new_name(empty: Database) -> None:
    schema.upgrade(empty, "0008")
    insert(empty, "epochs", [EPOCH])
    insert(empty, "reports", [{**REPORT, "replies": 0}])

    schema.upgrade(empty, "0009")
    renamed = read(empty, "SELECT id, intake_channel FROM reports")
    schema.downgrade(empty, "0008")

    assert renamed == [("rep_1", "no_script")]
    assert read(empty, "SELECT id, door FROM reports") == [("rep_1", "on_arrival")]


def test_nobody_takes_back_by_the_mailbox_what_came_before_there_was_a_secret(empty: Database) -> None:
    taken_back = {"state": "withdrawn", "withdrawn_on": date(2026, 6, 15)}
    schema.upgrade(empty, "0009")
    insert(empty, "epochs", [EPOCH])
    row = {key: value for key, value in REPORT.items() if key != "door"}
    row |= {"intake_channel": "client", "replies": 0, "withdrawn_on": None}
    insert(empty, "reports", [row, row | {"id": "rep_2"} | taken_back, row | {"id": "rep_3"} | taken_back])
    insert(empty, "report_files", [{"report_id": "rep_3", "body": b"sealed"}])
    insert(empty, "mailboxes", [{"token_sha256": "a", "report_id": "rep_1", "recipient": "age1pq1"}])

    schema.upgrade(empty, "0010")
    secrets = read(empty, "SELECT withdrawal_sha256 FROM mailboxes")
    destroyed = read(empty, "SELECT id FROM reports WHERE destroyed_on IS NOT NULL")
    schema.downgrade(empty, "0009")

    assert (secrets, destroyed) == ([("0" * 64,)], [("rep_2",)])
    assert read(empty, "SELECT token_sha256 FROM mailboxes") == [("a",)]


def test_cases_of_the_older_form_are_refused_in_one_line_and_nothing_of_them_is_changed(empty: Database) -> None:
    schema.upgrade(empty, "0020")
    insert_case(empty)
    document = {"case_id": "case_1", "version": 1, "author_id": "per_1", "hour": "2026-06-15T09"}
    insert(empty, "case_documents", [{**document, "sha256": "0" * 64, "file": b"sealed"}])
    insert(empty, "member_statements", [{"case_id": "case_1", "version": 1, "file": b"sealed"}])
    before = tables(empty)

    with pytest.raises(schema.OtherTables) as refused:
        schema.upgrade(empty)

    assert "cases that were written before cases had parts" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert (tables(empty), schema.look(empty)) == (before, schema.Tables.OLDER)
    assert read(empty, "SELECT case_id, version FROM case_documents") == [("case_1", 1)]
    assert read(empty, "SELECT case_id, version FROM member_statements") == [("case_1", 1)]


def test_a_database_without_cases_is_taken_to_parts_and_back_with_all_else_in_it(empty: Database) -> None:
    schema.upgrade(empty, "0020")
    insert(empty, "teams", [{"id": "team_1"}])
    insert(empty, "people", [PERSON | {"id": "per_1", "handle": "1", "invited_as": "triager"}])

    schema.upgrade(empty, "0021")
    insert_case(empty, of_nobody_new=True)
    sealed: dict[str, object] = {"hour": "2026-06-15T09", "sha256": "0" * 64, "file": b"sealed"}
    entry = {"case_id": "case_1", "number": 1, "author_id": "per_1", **sealed}
    part = {"case_id": "case_1", "id": "part_1", "version": 1, **sealed}
    insert(empty, "journal_entries", [entry])
    insert(empty, "case_parts", [part])
    schema.downgrade(empty, "0020")
    below = read(empty, "SELECT id FROM cases"), read(empty, "SELECT id FROM people")
    schema.upgrade(empty)

    assert below == ([("case_1",)], [("per_1",)])
    assert read(empty, "SELECT number FROM journal_entries") == read(empty, "SELECT version FROM case_parts") == []


def test_a_reports_key_for_its_epoch_has_no_last_day_and_has_it_again_below(empty: Database) -> None:
    schema.upgrade(empty, "0026")
    insert(empty, "epochs", [EPOCH])
    grant = {"id": "grant_1", "subject": "rep_1", "grantee": "epoch_1", "kind": "intake", "generation": 1}
    grant |= {"granted_on": date(2026, 6, 15), "until": date(2026, 6, 28), "revoked": False, "file": b"sealed"}
    lent = grant | {"id": "grant_2", "grantee": "per_1", "kind": "approval"}
    insert(empty, "grants", [grant, lent])
    days = "SELECT until FROM grants ORDER BY id"

    schema.upgrade(empty, "0027")
    above = [day is None for (day,) in read(empty, days)]
    schema.downgrade(empty, "0026")

    assert above == [True, False]
    assert [str(day) for (day,) in read(empty, days)] == ["2026-06-28"] * 2


def test_pairs_stay_and_those_of_parts_go_with_what_older_code_does_not_know(empty: Database) -> None:
    schema.upgrade(empty, "0043")
    insert_case(empty)
    custodian = PERSON | {"handle": "2", "invited_as": "custodian"}
    insert(empty, "people", [custodian | {"id": "per_2"}, custodian | {"id": "per_3", "handle": "3"}])
    pair = {"id": "pair_1", "subject": "case_1", "generation": 1, "first_id": "per_2", "second_id": "per_3"}
    pair |= {"first_to": "", "second_to": "", "made_on": date(2026, 6, 15), "file": b"sealed"}
    recovery = {"id": "rcv_1", "subject": "case_1", "generation": 1, "first_id": "per_2", "second_id": "per_3"}
    recovery |= {"peeled_on": date(2026, 6, 15), "granted_on": None, "grant_id": "grant_1", "act": b"sealed"}
    insert(empty, "pairs", [pair])
    insert(empty, "recoveries", [recovery])
    of_pairs = "SELECT id FROM pairs ORDER BY id"

    schema.upgrade(empty, "0045")
    before = read(empty, "SELECT id, case_id FROM pairs")
    insert(empty, "pairs", [pair | {"id": "pair_2", "subject": "part_1", "case_id": "case_1"}])
    insert(empty, "peeled_parts", [{"recovery_id": "rcv_1", "grant_id": "grant_2"}])
    above = read(empty, of_pairs)
    schema.downgrade(empty, "0043")

    assert (before, above) == ([("pair_1", None)], [("pair_1",), ("pair_2",)])
    assert read(empty, of_pairs) == [("pair_1",)]
    assert read(empty, "SELECT id, granted_on FROM recoveries") == [("rcv_1", None)]


def test_who_is_a_member_stays_and_who_was_one_until_a_day_is_none_for_older_code(empty: Database) -> None:
    schema.upgrade(empty, "0045")
    insert_case(empty)
    insert(empty, "people", [PERSON | {"id": "per_2", "handle": "2", "invited_as": "caseworker"}])
    insert(empty, "memberships", [{"case_id": "case_1", "person_id": "per_1"}])
    recovery = {"id": "rcv_1", "subject": "case_1", "generation": 1, "first_id": "per_1", "second_id": "per_2"}
    insert(empty, "recoveries", [recovery | {"peeled_on": date(2026, 6, 15), "grant_id": "grant_1"}])
    last_days = "SELECT person_id, until FROM memberships ORDER BY person_id"

    schema.upgrade(empty, "0046")
    before = read(empty, last_days), read(empty, "SELECT until FROM recoveries")
    insert(empty, "memberships", [{"case_id": "case_1", "person_id": "per_2", "until": date(2026, 7, 1)}])
    above = read(empty, "SELECT person_id FROM memberships ORDER BY person_id")
    schema.downgrade(empty, "0045")

    assert before == ([("per_1", None)], [(None,)])
    assert above == [("per_1",), ("per_2",)]
    assert read(empty, "SELECT person_id FROM memberships") == [("per_1",)]
    assert read(empty, "SELECT id FROM recoveries") == [("rcv_1",)]


def test_who_has_grants_to_keys_that_were_replaced_had_other_keys_and_people_stay_below(empty: Database) -> None:
    schema.upgrade(empty, "0047")
    insert(empty, "teams", [{"id": "team_1"}])
    insert(empty, "people", [PERSON | {"id": f"per_{n}", "handle": str(n), "invited_as": "triager"} for n in (1, 2)])
    grant = {"id": "grant_1", "subject": "case_1", "grantee": "per_1", "kind": "assigned", "generation": 1}
    grant |= {"granted_on": date(2026, 6, 15), "revoked": False, "outdated": True, "file": b"sealed"}
    insert(empty, "grants", [grant, grant | {"id": "grant_2", "grantee": "per_2", "outdated": False}])

    schema.upgrade(empty, "0048")
    known = [bool(had) for (had,) in read(empty, "SELECT had_other_keys FROM people ORDER BY id")]
    schema.downgrade(empty, "0047")

    assert known == [True, False]
    assert read(empty, "SELECT id FROM people ORDER BY id") == [("per_1",), ("per_2",)]


def test_a_case_is_due_at_the_first_of_its_days_and_weeks_and_below_it_has_them_still(empty: Database) -> None:
    schema.upgrade(empty, "0079")
    insert_case(empty)
    of_case = {"case_id": "case_1", "part_id": "part_1", "kind": "contact", "is_urgent": False, "version": 1}
    weeks = {"task_1": date(2026, 6, 15), "task_2": date(2026, 6, 8), "task_3": None}
    insert(
        empty,
        "case_tasks",
        [
            {**of_case, "id": id_, "due": due, "state": "done" if id_ == "task_2" else "open"}
            for id_, due in weeks.items()
        ],
    )
    insert(empty, "memberships", [{"case_id": "case_1", "person_id": "per_1"}])
    days = {"resume_on": date(2026, 6, 22), "next_review": date(2026, 6, 22)}
    with empty.change_schema() as connection:
        connection.execute(sa.text("UPDATE cases SET resume_on = :resume_on, next_review = :next_review"), days)

    schema.upgrade(empty, "0080")
    above = read(empty, "SELECT c.due, m.due, c.task_due FROM cases c JOIN memberships m ON m.case_id = c.id")
    schema.downgrade(empty, "0079")

    assert [[str(day) for day in row] for row in above] == [["2026-06-21", "2026-06-21", "2026-06-15"]]
    assert [[str(day) for day in row] for row in read(empty, "SELECT next_review FROM cases")] == [["2026-06-22"]]


def test_folders_that_name_people_are_made_anew_but_for_published_ones_and_corrections_are_none_below(
    empty: Database,
) -> None:
    schema.upgrade(empty, "0069")
    insert(empty, "teams", [{"id": "team_1"}])
    insert(empty, "people", [PERSON | {"id": "per_1", "handle": "1", "invited_as": "analyst"}])
    row = {"kind": "quarter", "workload": "Q", "requested_by": "per_1", "noisy": b"1", "version": 3}
    states_before = ("drawn", "composed", "signed", "published")
    made = [
        row | {"id": f"rel_{state}", "period": f"2026-Q{n}", "state": state, "sums_sha256": "0"}
        for n, state in enumerate(states_before)
    ]
    insert(empty, "releases", made)
    files = [{"release_id": each["id"], "path": "about.json", "content": b"{}"} for each in made[1:]]
    insert(empty, "release_files", files)
    signature: dict[str, object] = {"release_id": "rel_signed", "person_id": "per_1", "key": "", "signature": ""}
    insert(empty, "release_signatures", [signature, signature | {"release_id": "rel_published"}])

    def states() -> dict[str, str]:
        return {str(id_): str(state) for id_, state in read(empty, "SELECT id, state FROM releases")}

    schema.upgrade(empty, "0071")
    above, kept = states(), read(empty, "SELECT release_id FROM release_files")
    signed = read(empty, "SELECT release_id, statement FROM release_signatures")
    after = row | {"id": "rel_z", "period": "2026-Q3", "state": "published", "supersedes": "rel_published"}
    insert(empty, "releases", [after])
    with empty.change_schema() as connection:
        connection.exec_driver_sql("UPDATE releases SET state = 'superseded' WHERE id = 'rel_published'")
    with empty.change_schema() as connection:
        connection.exec_driver_sql(
            "UPDATE releases SET note = 'Some.', note_by = 'per_1', note_too = 'per_1' WHERE id = 'rel_z'"
        )
    schema.upgrade(empty, "0073")
    warned = read(empty, "SELECT warning FROM releases WHERE warning IS NOT NULL")
    with empty.change_schema() as connection:
        connection.exec_driver_sql("UPDATE releases SET note = 'None.', note_too = NULL WHERE id = 'rel_z'")
    schema.downgrade(empty, "0072")
    still_warned = read(empty, "SELECT note, note_too FROM releases WHERE note IS NOT NULL")
    schema.downgrade(empty, "0070")

    assert (warned, still_warned) == ([("Some.",)], [("Some.", "per_1")])
    assert above == {f"rel_{state}": "drawn" for state in states_before[:3]} | {"rel_published": "published"}
    assert (kept, signed) == ([("rel_published",)], [("rel_published", None)])
    assert states() == above | {"rel_z": "cancelled"}


def insert_case(database: Database, *, of_nobody_new: bool = False) -> None:
    """A case as its row was before and after it had parts, of a person who is there already or comes with it."""
    if not of_nobody_new:
        insert(database, "teams", [{"id": "team_1"}])
        insert(database, "people", [PERSON | {"id": "per_1", "handle": "1", "invited_as": "triager"}])
    row = {"id": "case_1", "ref": "ABCDEFGH", "team_id": "team_1", "owner_id": "per_1", "stage": "intake"}
    insert(database, "cases", [{**row, "stage_entered": "2026-06-15T09", "priority": "p2", "version": 1}])


PERSON: dict[str, object] = {"team_id": "team_1", "password_hash": "", "recipient": "", "key": ""}


def written(sha256: str, person: str, body: dict[str, object], *, until: date | None) -> dict[str, object]:
    """A row of a certificate, or of a root, as it was before."""
    document = json.dumps({"version": 1, "body": body}) + "\n{}\n"
    days = {"valid_from": date(2026, 6, 15), "valid_until": until}
    return {"sha256": sha256, "person_id": person, "document": document, **days}


EPOCH: dict[str, object] = {
    "id": "epoch_1",
    "sequence": 1,
    "document": "{}",
    "accepts_from": date(2026, 6, 15),
    "accepts_until": date(2026, 6, 21),
    "destroyed_on": date(2026, 6, 28),
}
REPORT: dict[str, object] = {
    "id": "rep_1",
    "ref": "ABCDEFGH",
    "epoch_id": "epoch_1",
    "received_on": date(2026, 6, 15),
    "state": "received",
    "door": "on_arrival",
    "size": 9851,
    "envelope_sha256": "0" * 64,
    "version": 1,
}


def insert(database: Database, table: str, rows: list[dict[str, object]]) -> None:
    """Rows into a table as it is at this revision."""
    with database.change_schema() as connection:
        reflected = sa.Table(table, sa.MetaData(), autoload_with=connection)
        connection.execute(reflected.insert(), rows)


def read(database: Database, query: str) -> list[tuple[object, ...]]:
    with database.read() as session:
        return [tuple(row) for row in session.execute(sa.text(query))]
