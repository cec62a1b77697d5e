"""Many reports in one transaction, each with its own fate."""

import asyncio
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.database import Database, places
from app.intake.arrivals import arrival
from app.intake.arrivals.writer import WAITING_LIMIT, Arrival, IntakeBusy, Outcome, Writer, store
from app.intake.epochs.open_epochs import OpenEpoch
from app.intake.mailbox.models import Mailbox, Slot
from app.intake.reports.models import Report, ReportFile
from app.people.grants.models import Grant
from app.protocol.encoding import new_id, sha256_hex
from tests import factories
from tests.intake.scene import Epoch, Reporter

# Writers come together here, and each database has locks of its own.
pytestmark = pytest.mark.both_databases


@pytest.fixture
def template(epoch: Epoch, today: date) -> Arrival:
    """A report that has come, of which the others are copies under names of their own."""
    sent = arrival.read(Reporter(epoch, today).body())
    return arrival.arrive(sent, new_id("rep"), "0" * 64, OpenEpoch(epoch.id, epoch.org, today), today=today)


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    writer = Writer(database)
    yield writer
    writer.close()


def another(template: Arrival, **changes: object) -> Arrival:
    token = {"token_sha256": secrets.token_hex(32), "sha256": sha256_hex(secrets.token_bytes(8))}
    names = {"id": new_id("rep"), "place": places.anywhere(), "ref": secrets.token_hex(4), "grant_id": new_id("grant")}
    names |= token
    return replace(template, **(names | changes))  # type: ignore[arg-type]  # a table of what differs


def counts(rows: Session) -> list[int]:
    keys = (Report.id, ReportFile.report_id, Mailbox.token_sha256, Slot.number, Grant.id)
    return [len(rows.execute(select(key)).all()) for key in keys]


async def put_all(writer: Writer, arrivals: list[Arrival]) -> list[Outcome | BaseException]:
    return await asyncio.gather(*map(writer.put, arrivals), return_exceptions=True)


def test_reports_that_come_together_share_a_commit(
    writer: Writer, database: Database, rows: Session, template: Arrival
) -> None:
    commits: list[object] = []
    event.listen(database._writing, "commit", commits.append)

    outcomes = asyncio.run(put_all(writer, [another(template) for _ in range(50)]))

    assert outcomes == [Outcome.NEW] * 50
    assert len(commits) < 10
    assert counts(rows) == [50, 50, 50, 50, 51]  # the epoch's own grant is there too


def test_one_repeated_id_spoils_nobody_elses_report(database: Database, rows: Session, template: Arrival) -> None:
    stored = another(template)
    with database.write() as session:
        store(session, [stored])
    twice = another(template)
    batch = [
        another(template),
        replace(stored, ref="again", grant_id=new_id("grant")),  # the same, sent again
        another(template, id=stored.id),  # another under its id
        another(template, token_sha256=stored.token_sha256),  # another with its token
        twice,
        replace(twice, ref="twin", grant_id=new_id("grant")),  # the same twice in one batch
        another(template, id=twice.id),
        another(template),
    ]

    with database.write() as session:
        outcomes = store(session, batch)

    new, same, other = Outcome.NEW, Outcome.SAME, Outcome.OTHER
    assert outcomes == [new, same, other, other, new, same, other, new]
    assert counts(rows) == [4, 4, 4, 4, 5]


def test_of_two_reports_with_one_token_one_is_stored_whole_and_the_other_not_at_all(
    database: Database, rows: Session, template: Arrival
) -> None:
    first = another(template)
    batch = [first, another(template, token_sha256=first.token_sha256)]

    with database.write() as session:
        outcomes = store(session, batch)

    assert sorted(outcome.value for outcome in outcomes) == ["new", "other"]
    assert counts(rows) == [1, 1, 1, 1, 2]


def test_two_processes_with_the_same_reports_store_each_once(
    database: Database, rows: Session, template: Arrival
) -> None:
    arrivals = [another(template) for _ in range(40)]
    copies = [replace(one, ref=secrets.token_hex(4), grant_id=new_id("grant")) for one in reversed(arrivals)]
    writers = [Writer(database), Writer(database)]

    async def both() -> tuple[list[Outcome | BaseException], list[Outcome | BaseException]]:
        return await asyncio.gather(put_all(writers[0], arrivals), put_all(writers[1], copies))

    first, second = asyncio.run(both())

    for writer in writers:
        writer.close()
    assert {frozenset(pair) for pair in zip(first, reversed(second), strict=True)} == {
        frozenset({Outcome.NEW, Outcome.SAME})
    }
    assert counts(rows)[0] == 40


def test_more_than_can_wait_is_refused_at_once_and_what_waits_is_stored(
    writer: Writer, database: Database, rows: Session, template: Arrival
) -> None:
    quarter = another(template, size=WAITING_LIMIT // 4)

    async def while_the_database_is_held() -> list[Outcome | BaseException]:
        with database.write() as session:
            if database.dialect == "postgresql":
                session.execute(text("LOCK TABLE reports IN EXCLUSIVE MODE"))
            first = asyncio.create_task(put_all(writer, [quarter]))
            while writer._thread is None or writer._waiting:  # until it has taken it, and waits for the database
                await asyncio.sleep(0)
            waiting = [another(quarter, size=quarter.size) for _ in range(6)]
            rest = asyncio.create_task(put_all(writer, waiting))
            while len(writer._waiting) < 4:
                await asyncio.sleep(0)
        return [*await first, *await rest]

    outcomes = asyncio.run(while_the_database_is_held())

    assert outcomes[:5] == [Outcome.NEW] * 5
    assert [type(outcome) for outcome in outcomes[5:]] == [IntakeBusy] * 2
    assert counts(rows)[0] == 5


def test_where_something_lies_already_nothing_is_stored_and_the_next_try_is_as_good_as_the_first(
    writer: Writer, rows: Session, template: Arrival
) -> None:
    there, mailbox = another(template), another(template)
    file = factories.grant(rows, template.epoch_id, new_id("per")).place
    first = asyncio.run(put_all(writer, [there]))

    taken = asyncio.run(put_all(writer, [replace(mailbox, place=there.place)]))
    busy = asyncio.run(put_all(writer, [replace(mailbox, place=file)]))
    again = asyncio.run(put_all(writer, [mailbox]))

    assert (first, taken, [type(each) for each in busy], again) == (
        [Outcome.NEW],
        [Outcome.OTHER],
        [IntakeBusy],
        [Outcome.NEW],
    )
    assert counts(rows)[:4] == [2, 2, 2, 2]


def test_a_failure_is_told_to_its_callers_and_the_next_report_is_stored(writer: Writer, template: Arrival) -> None:
    async def one_after_the_other() -> list[Outcome | BaseException]:
        failed = await put_all(writer, [another(template, epoch_id=new_id("epoch"))])
        return failed + await put_all(writer, [another(template)])

    failed, stored = asyncio.run(one_after_the_other())

    assert isinstance(failed, IntegrityError)
    assert stored is Outcome.NEW


def test_closing_stores_what_waits_and_refuses_what_comes_later(
    writer: Writer, rows: Session, template: Arrival
) -> None:
    async def close() -> None:
        while writer._thread is None:  # until the first of them is there
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        await asyncio.to_thread(writer.close)

    async def close_while_they_wait() -> list[Outcome | BaseException]:
        waited, _ = await asyncio.gather(put_all(writer, [another(template) for _ in range(20)]), close())
        return waited + await put_all(writer, [another(template)])

    outcomes = asyncio.run(close_while_they_wait())

    assert outcomes[:20] == [Outcome.NEW] * 20
    assert isinstance(outcomes[20], IntakeBusy)
    assert counts(rows)[0] == 20
