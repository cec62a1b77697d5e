"""Once a day is settled, nothing of how rows lie on a disk says in which order they came."""

import secrets
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.database import Base, Database
from app.people.grants.models import Grant
from app.statistics.cards.models import Card
from app.vocabulary import GrantKind
from tests.factories import DAY, SEALED, id_

PAIRS = 60
_OVERFLOWS = 6000  # bytes, so that a row goes on in pages of its own

# Of each row its random key, and the last bytes of its file.
Rows = dict[str, bytes]


def work(database: Database) -> tuple[dict[str, str], Rows, Rows]:
    """Again and again somebody writes in a case, and a card leaves for it: which case each card is of, and the rows."""
    of, grants, cards = dict[str, str](), Rows(), Rows()
    for _ in range(PAIRS):
        subject, card, ends = id_("case"), secrets.token_hex(32), (secrets.token_bytes(32), secrets.token_bytes(32))
        padding = bytes(_OVERFLOWS)
        with database.write() as session:
            session.add(
                Grant(
                    id=id_("grant"),
                    subject=subject,
                    grantee=id_("per"),
                    kind=GrantKind.CASE,
                    granted_on=DAY,
                    file=SEALED + padding + ends[0],
                )
            )
        with database.write() as session:
            session.add(Card(id_sha256=card, quarter="2026-Q2", file=SEALED + padding + ends[1]))
        of[card], grants[subject], cards[card] = subject, ends[0], ends[1]
    return of, grants, cards


def order_on_disk(database: Database, rows: Session, table: str, key: str, known: Rows) -> list[str]:
    """As whoever copies the disk finds the rows of a table, by place and by transaction."""
    if database.dialect == "postgresql":
        placed = sa.text(f"SELECT {key} FROM {table} ORDER BY xmin::text::bigint, ctid")  # noqa: S608  names of this test
        return list(rows.scalars(placed))
    database.truncate_log()
    with closing(sa.create_engine(rows.get_bind().engine.url).raw_connection()) as connection:
        disk = Path(connection.cursor().execute("PRAGMA database_list").fetchone()[2]).read_bytes()
    return sorted(known, key=lambda each: disk.find(known[each]))


def joined(database: Database, rows: Session, of: dict[str, str], grants: Rows, cards: Rows) -> float:
    """The share of cards that the attack joins to their case: both tables in the order in which they lie."""
    subjects = order_on_disk(database, rows, "grants", "subject", grants)
    found = order_on_disk(database, rows, "cards", "id_sha256", cards)
    return sum(of[card] == subject for card, subject in zip(found, subjects, strict=True)) / len(of)


def test_a_copied_disk_joins_no_card_to_its_case_by_their_order(database: Database, rows: Session) -> None:
    of, grants, cards = work(database)

    before = joined(database, rows, of, grants, cards)
    database.write_anew(Base.metadata.sorted_tables)
    after = joined(database, rows, of, grants, cards)

    assert before > 0.7
    assert after < 0.15  # of sixty, one by chance
    with database.read() as session:
        files = {grant.subject: grant.file or b"" for grant in session.scalars(sa.select(Grant))}
    assert {subject: file[-32:] for subject, file in files.items()} == grants


def test_in_fresh_files_rows_lie_in_the_order_of_their_keys(database: Database, rows: Session) -> None:
    _, _, cards = work(database)
    with database.read() as session:  # by the connection that settles next
        assert session.scalar(sa.select(sa.func.count()).select_from(Card)) == PAIRS

    database.write_anew(Base.metadata.sorted_tables)

    assert order_on_disk(database, rows, "cards", "id_sha256", cards) == sorted(cards)
    with pytest.raises(DBAPIError), database.read() as session:  # and reading is reading, by that connection too
        session.execute(sa.delete(Card))


def test_a_backup_that_has_begun_has_every_row_and_nobody_waits_for_it_though_the_day_is_to_be_settled(
    database: Database, rows: Session, tmp_path: Path
) -> None:
    number = sa.select(sa.func.count()).select_from(Card)
    work(database)
    with database.snapshot(tmp_path) as moment, ThreadPoolExecutor(1) as others:
        moment.execute(sa.select(Grant.id).limit(1))  # of cards nothing was asked yet
        settled = others.submit(database.write_anew, Base.metadata.sorted_tables)
        with suppress(TimeoutError):
            settled.exception(timeout=1)  # SQLite's is done; PostgreSQL's waits, and holds nobody up
        with database.read() as session:
            session.execute(
                sa.text("SET LOCAL lock_timeout = '100ms'" if database.dialect == "postgresql" else "SELECT 1")
            )
            assert session.scalar(number) == PAIRS
        found = moment.scalar(number)
        moment.rollback()

    assert found == PAIRS
    assert rows.scalar(number) == PAIRS


def test_a_backup_that_begins_while_the_day_is_settled_has_every_row(
    database: Database, rows: Session, tmp_path: Path
) -> None:
    number = sa.select(sa.func.count()).select_from(Card)
    work(database)

    def counted() -> int | None:
        with database.snapshot(tmp_path) as moment:
            return moment.scalar(number)

    with ThreadPoolExecutor(2) as others:
        with database.read() as session:  # which is why the table is not to be had yet
            session.scalar(number)
            settled = others.submit(database.write_anew, Base.metadata.sorted_tables)
            wait_for_locks(database, rows, 1)
            found = others.submit(counted)
            wait_for_locks(database, rows, 2, unless=found)  # it may come while that gives way

        assert found.result() == PAIRS
        assert settled.result() is None


def test_who_reads_on_while_the_day_is_settled_is_not_ended_for_it_nor_is_that(
    database: Database, rows: Session
) -> None:
    """PostgreSQL ends one of two that wait for one another, whichever it likes."""
    tables = Base.metadata.sorted_tables
    work(database)
    with ThreadPoolExecutor(1) as others:
        with database.read() as session:
            session.execute(sa.select(tables[-1]).limit(1))
            settled = others.submit(database.write_anew, tables)
            wait_for_locks(database, rows, 1)  # it has the first, and is to have the last
            session.execute(sa.select(tables[0]).limit(1))

        assert settled.result() is None


def wait_for_locks(database: Database, rows: Session, number: int, *, unless: "Future[Any] | None" = None) -> None:
    """Until so many wait for others, unless this is done. SQLite has copies to read from, and waits where nobody can
    look."""
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    while database.dialect == "postgresql" and (rows.scalar(waiting) or 0) < number:
        if unless is not None and unless.done():
            return
        rows.rollback()
        time.sleep(0.01)
