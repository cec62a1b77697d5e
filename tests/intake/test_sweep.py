"""What is destroyed by rule, and what is left."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import keyring
from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.blobs import Blobs
from app.database import Database
from app.intake.attachments.models import Attachment
from app.intake.lifecycle import service as lifecycle
from app.intake.mailbox.models import Mailbox, Message, Slot
from app.intake.reports import service as reports
from app.intake.reports.models import Report, ReportFile
from app.jobs import Job
from app.main import jobs
from app.people.grants.models import Grant
from app.protocol.encoding import new_id
from app.protocol.mailbox import STATE_SLOT, MessageKind
from app.settings import Settings
from app.vocabulary import ReportState
from tests import factories
from tests.intake import tus
from tests.intake.scene import Epoch, Office, Reporter, bearer


@pytest.fixture
def sent(client: TestClient, reporter: Reporter) -> Reporter:
    """A report with an attachment and a message."""
    client.put("/v1/report", content=reporter.body(), headers=reporter.headers).raise_for_status()
    tus.send(client, reporter.token, new_id("att"), reporter.attachment()).raise_for_status()
    client.post("/v1/mailbox", content=reporter.post(), headers=bearer(reporter.token)).raise_for_status()
    return reporter


def withdraw(client: TestClient, reporter: Reporter) -> None:
    body = reporter.post(MessageKind.WITHDRAW)
    client.post("/v1/mailbox", content=body, headers=bearer(reporter.token)).raise_for_status()


Sweeping = Callable[[date], list[str]]


@pytest.fixture
def swept(database: Database, settings: Settings) -> Sweeping:
    """The files that a day's destruction takes with it."""
    blobs = Blobs(settings.data_dir / "blobs")
    due = jobs(keyring.load(settings.data_dir))
    return lambda day: due.run(database, blobs, factories.morning(day), clock_is_right=True).destroyed


def left(rows: Session, reporter: Reporter) -> dict[str, int]:
    tables = {
        "body": select(ReportFile.report_id).where(ReportFile.report_id == reporter.id),
        "grants": select(Grant.id).where(Grant.subject == reporter.id),
        "attachments": select(Attachment.id),
        "messages": select(Message.id),
        "slots": select(Slot.number),
        "mailbox": select(Mailbox.token_sha256),
    }
    return {name: len(rows.execute(query).all()) for name, query in tables.items()}


def test_a_report_that_no_case_has_is_destroyed_with_its_withdrawal(
    client: TestClient, settings: Settings, rows: Session, sent: Reporter
) -> None:
    blob = rows.scalars(select(Attachment.blob)).one()
    blobs = Blobs(settings.data_dir / "blobs").objects
    was_there = blob in dict(blobs.list_())

    withdraw(client, sent)

    assert left(rows, sent) == {"body": 0, "grants": 0, "attachments": 0, "messages": 0, "slots": 1, "mailbox": 1}
    assert rows.scalars(select(Slot.number)).one() == STATE_SLOT
    assert (was_there, blob in dict(blobs.list_())) == (True, False)


def test_the_outcome_stays_thirty_days(
    client: TestClient, swept: Sweeping, rows: Session, sent: Reporter, today: date
) -> None:
    withdraw(client, sent)
    boxes = []
    for days in (4, 30, 31):
        swept(today + timedelta(days=days))
        boxes.append(left(rows, sent)["mailbox"])

    assert boxes == [1, 1, 0]
    assert rows.get_one(Report, sent.id).state is ReportState.WITHDRAWN


def test_a_withdrawn_report_of_a_case_waits_for_its_members_however_long(
    client: TestClient, swept: Sweeping, rows: Session, sent: Reporter, today: date
) -> None:
    rows.get_one(Report, sent.id).case_id = new_id("case")
    rows.commit()
    withdraw(client, sent)

    assert swept(today + timedelta(days=1000)) == []
    # Slots: the state, the reporter's memory, and that as it came with the report.
    kept = {"body": 1, "attachments": 1, "messages": 2, "slots": 3, "mailbox": 1}
    assert left(rows, sent) == kept | {"grants": 0}  # the epoch's key is gone by then, and with it the grant to it


def test_a_report_that_was_not_withdrawn_is_left_alone(
    client: TestClient, swept: Sweeping, rows: Session, reporter: Reporter, today: date
) -> None:
    client.put("/v1/report", content=reporter.body(), headers=reporter.headers).raise_for_status()

    swept(today + timedelta(days=4))

    assert left(rows, reporter)["body"] == 1


def test_a_destroyed_report_is_not_taken_again(
    client: TestClient, swept: Sweeping, rows: Session, reporter: Reporter, today: date
) -> None:
    body = reporter.body()
    client.put("/v1/report", content=body, headers=reporter.headers).raise_for_status()
    withdraw(client, reporter)

    answer = client.put("/v1/report", content=body, headers=reporter.headers)

    assert answer.status_code == 200
    assert left(rows, reporter)["body"] == 0


def sent_to(epoch: Epoch, client: TestClient, today: date) -> Reporter:
    reporter = Reporter(epoch, today)
    client.put("/v1/report", content=reporter.body(), headers=reporter.headers).raise_for_status()
    return reporter


def decided(database: Database, reporter: Reporter, *, today: date, opening_due: date | None = None) -> None:
    with database.write() as session:
        report = reports.get(session, reporter.id)
        report.case_id = factories.id_("case")  # or it would come back to the queue
        lifecycle.change_state(session, report, ReportState.ACCEPTED, today=today, opening_due=opening_due)


def destroyed_epochs(rows: Session) -> list[str]:
    events = select(AuditEvent).where(AuditEvent.action == Action.EPOCH_DESTROYED.value)
    return [event.object_id for event in rows.scalars(events)]


def test_the_keys_of_an_epoch_go_on_its_day_with_what_was_decided(
    swept: Sweeping, rows: Session, office: Office, client: TestClient, database: Database, today: date
) -> None:
    epoch = office.open_epoch(days=2, kept=3)
    decided(database, sent_to(epoch, client, today), today=today)

    counts = []
    for days in (4, 5, 6):
        swept(today + timedelta(days=days))
        counts.append(len(granted(rows, epoch)))

    assert counts == [2, 0, 0]
    assert destroyed_epochs(rows) == [epoch.id]


def test_what_nobody_decided_keeps_its_key_past_the_day_of_its_epoch_and_lapses_after_sixty_days(
    swept: Sweeping, rows: Session, office: Office, client: TestClient, database: Database, today: date
) -> None:
    epoch = office.open_epoch(days=2, kept=3)
    answered, waiting = (sent_to(epoch, client, today) for _ in range(2))
    decided(database, answered, today=today)

    found = []
    for days in (4, 5, 60, 61):
        swept(today + timedelta(days=days))
        rows.expire_all()
        keys = [left(rows, each)["grants"] for each in (answered, waiting)]
        found.append((keys, len(granted(rows, epoch)), rows.get_one(Report, waiting.id).state.value))

    assert found == [
        ([1, 1], 3, "received"),
        ([0, 1], 2, "received"),
        ([0, 1], 2, "received"),
        ([0, 0], 0, "lapsed"),
    ]
    assert destroyed_epochs(rows) == [epoch.id]
    lapsed = rows.scalars(select(AuditEvent).where(AuditEvent.action == Action.REPORT_LAPSED.value)).all()
    assert [event.object_id for event in lapsed] == [waiting.id]


def test_what_is_decided_after_the_day_of_its_epoch_has_a_week_in_which_it_can_be_reopened(
    swept: Sweeping, rows: Session, office: Office, client: TestClient, database: Database, today: date
) -> None:
    epoch = office.open_epoch(days=2, kept=3)
    disposed, accepted = (sent_to(epoch, client, today) for _ in range(2))
    its_day = today + timedelta(days=5)
    swept(its_day)
    for each, state in ((disposed, ReportState.INSUFFICIENT), (accepted, ReportState.ACCEPTED)):
        with database.write() as session:
            lifecycle.change_state(session, reports.get(session, each.id), state, today=its_day)

    found = []
    for days in (1, 7, 8):
        swept(its_day + timedelta(days=days))
        rows.expire_all()
        found.append([left(rows, each)["grants"] for each in (disposed, accepted)])

    assert found == [[1, 0], [1, 0], [0, 0]]
    assert destroyed_epochs(rows) == [epoch.id]


def test_a_lapsed_report_is_gone_but_for_what_its_mailbox_says_of_it_for_thirty_days(
    swept: Sweeping, rows: Session, sent: Reporter, client: TestClient, today: date
) -> None:
    swept(today + timedelta(days=61))
    after = left(rows, sent)
    late = client.post("/v1/mailbox", content=sent.post(MessageKind.WITHDRAW), headers=bearer(sent.token))
    for days in (91, 92):
        swept(today + timedelta(days=days))

    assert after == {"body": 0, "grants": 0, "attachments": 0, "messages": 0, "slots": 1, "mailbox": 1}
    assert late.status_code == 200
    assert left(rows, sent) == {"body": 0, "grants": 0, "attachments": 0, "messages": 0, "slots": 0, "mailbox": 0}
    rows.expire_all()
    assert rows.get_one(Report, sent.id).state is ReportState.LAPSED


@pytest.mark.parametrize("state", [ReportState.IN_TRIAGE, ReportState.AWAITING_REPORTER])
def test_who_was_begun_with_and_never_decided_about_lapses_too(
    swept: Sweeping, rows: Session, sent: Reporter, database: Database, today: date, state: ReportState
) -> None:
    with database.write() as session:
        lifecycle.change_state(session, reports.get(session, sent.id), state, today=today)

    swept(today + timedelta(days=61))

    rows.expire_all()
    assert rows.get_one(Report, sent.id).state is ReportState.LAPSED


def test_what_somebody_else_is_still_to_open_keeps_its_key_until_then(
    swept: Sweeping, rows: Session, office: Office, client: TestClient, database: Database, today: date
) -> None:
    epoch = office.open_epoch(days=2, kept=3)
    reporter = sent_to(epoch, client, today)
    decided(database, reporter, today=today, opening_due=today + timedelta(days=6))

    counts = []
    for days in (5, 6, 7):
        swept(today + timedelta(days=days))
        counts.append(left(rows, reporter)["grants"])

    assert counts == [1, 1, 0]


@pytest.mark.parametrize("state", list(ReportState))
def test_once_decided_only_the_week_is_kept(
    client: TestClient, database: Database, rows: Session, office: Office, today: date, state: ReportState
) -> None:
    thursday = today + timedelta(days=3)
    reporter = Reporter(office.open_epoch(), today)
    client.put("/v1/report", content=reporter.body(), headers=reporter.headers).raise_for_status()
    rows.get_one(Report, reporter.id).received_on = thursday
    rows.commit()

    with database.write() as session:
        lifecycle.change_state(session, reports.get(session, reporter.id), state, today=thursday)

    rows.expire_all()
    undecided = state in (ReportState.RECEIVED, ReportState.IN_TRIAGE, ReportState.AWAITING_REPORTER)
    assert rows.get_one(Report, reporter.id).received_on == (thursday if undecided else today)


def granted(rows: Session, epoch: Epoch) -> Sequence[str]:
    return rows.scalars(select(Grant.id).where((Grant.subject == epoch.id) | (Grant.grantee == epoch.id))).all()


def test_one_rule_that_fails_holds_up_no_other(
    client: TestClient, rows: Session, database: Database, settings: Settings, office: Office, today: date
) -> None:
    def fail(_: Session, __: datetime) -> None:
        raise RuntimeError

    due = jobs(keyring.load(settings.data_dir))
    epoch = office.open_epoch(days=2, kept=3)
    reporter = Reporter(epoch, today)
    client.put("/v1/report", content=reporter.body(), headers=reporter.headers).raise_for_status()
    client.post(
        "/v1/mailbox", content=reporter.post(MessageKind.WITHDRAW), headers=bearer(reporter.token)
    ).raise_for_status()

    with pytest.raises(ExceptionGroup, match="not done: fails"):
        replace(due, jobs=(Job("fails", fail), *due.jobs)).run(
            database,
            Blobs(settings.data_dir / "blobs"),
            factories.morning(today + timedelta(days=30)),
            clock_is_right=True,
        )

    assert granted(rows, epoch) == []
    assert left(rows, reporter)["body"] == 0
