"""Reports arrive over HTTP."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import age
from app.age import bech32
from app.clock import Clock
from app.intake.epochs.models import Epoch as EpochRow
from app.intake.mailbox.models import Mailbox, Slot
from app.intake.reports.models import Report, ReportFile
from app.people.grants.models import Grant
from app.protocol.encoding import new_id
from app.protocol.grants import open_grant
from app.protocol.mailbox import SLOT_SIZE
from app.vocabulary import IntakeChannel, ReportState
from tests.intake.scene import BYTES, Epoch, Office, Reporter

if TYPE_CHECKING:
    from app.intake.arrivals.state import Arrivals

# Its X25519 half is of low order: nothing can be sealed to it, so no state of such a report could ever be told.
NOBODYS = bech32.encode("age1pq", age.identity_from_seed(bytes(32)).recipient.public_key[:1184] + bytes(32))


def put(client: TestClient, reporter: Reporter, body: bytes | None = None) -> int:
    return client.put("/v1/report", content=body or reporter.body(), headers=reporter.headers).status_code


def test_a_report_is_stored_as_it_was_sealed(client: TestClient, rows: Session, reporter: Reporter) -> None:
    body = reporter.body()

    status = put(client, reporter, body)

    report = rows.get_one(Report, reporter.id)
    assert status == 201
    assert (report.state, report.intake_channel, report.received_on) == (
        ReportState.RECEIVED,
        IntakeChannel.CLIENT,
        reporter.day,
    )
    assert body.endswith(rows.get_one(ReportFile, reporter.id).body)


def test_the_epoch_opens_the_grant_and_the_grant_the_report(
    client: TestClient, rows: Session, reporter: Reporter
) -> None:
    put(client, reporter)

    grant = rows.scalars(select(Grant).where(Grant.grantee == reporter.epoch.id)).one()
    assert grant.file is not None
    opened = open_grant(
        grant.file, reporter.epoch.identity, org=reporter.epoch.org, subject=reporter.id, grantee=reporter.epoch.id
    )
    plaintext = age.decrypt(rows.get_one(ReportFile, reporter.id).body, [opened.identity])
    assert reporter.text.encode() in plaintext


def test_the_same_report_again_is_known_and_changes_nothing(
    client: TestClient, rows: Session, reporter: Reporter
) -> None:
    body = reporter.body()

    statuses = [put(client, reporter, body) for _ in range(3)]

    assert statuses == [201, 200, 200]
    assert len(rows.scalars(select(Grant).where(Grant.subject == reporter.id)).all()) == 1


def test_another_report_under_the_same_id_is_refused_and_the_first_stays(
    client: TestClient, rows: Session, reporter: Reporter
) -> None:
    first = reporter.body()
    put(client, reporter, first)

    answer = client.put("/v1/report", content=reporter.body(), headers=reporter.headers)

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/report-exists")
    assert first.endswith(rows.get_one(ReportFile, reporter.id).body)


def test_a_token_serves_one_report(client: TestClient, rows: Session, reporter: Reporter) -> None:
    put(client, reporter)
    second = Reporter(reporter.epoch, reporter.day, receipt=reporter.receipt)

    status = put(client, second)

    assert status == 409
    assert rows.get(Report, second.id) is None
    assert rows.get_one(Mailbox, reporter.token_sha256).report_id == reporter.id


def test_the_same_bytes_under_another_token_are_another_report(client: TestClient, reporter: Reporter) -> None:
    body = reporter.body()
    put(client, reporter, body)
    thief = Reporter(reporter.epoch, reporter.day, id=reporter.id)

    assert put(client, thief, body) == 409


def test_an_epoch_takes_reports_on_each_day_on_which_it_counted_or_the_day_before(
    client: TestClient, clock: Clock, office: Office, epoch: Epoch, today: date
) -> None:
    newer = office.open_epoch()
    assert clock.told_by is not None

    statuses = []
    for day in (0, 1, 2):
        clock.told_by.write_text(f"{today + timedelta(days=day)}T00:00:00Z")
        statuses.append([put(client, Reporter(each, today)) for each in (epoch, newer)])

    assert statuses == [[201, 201], [201, 201], [409, 201]]


def test_an_epoch_that_has_not_begun_takes_no_report(client: TestClient, office: Office, today: date) -> None:
    coming = office.open_epoch(starts=today + timedelta(days=1))

    answer = client.put("/v1/report", content=Reporter(coming, today).body(), headers=Reporter(coming, today).headers)

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/epoch-closed")


@pytest.mark.parametrize(("kept", "status"), [(1, 409), (2, 201)])
def test_an_epoch_whose_day_has_come_takes_no_report_on_the_day_after_its_last(
    client: TestClient, clock: Clock, office: Office, today: date, kept: int, status: int
) -> None:
    epoch = office.open_epoch(days=2, kept=kept)
    assert clock.told_by is not None
    clock.told_by.write_text(f"{today + timedelta(days=3)}T00:00:00Z")

    assert put(client, Reporter(epoch, today)) == status


def test_an_epoch_that_has_ended_takes_no_report_whatever_the_day(
    client: TestClient, rows: Session, office: Office, today: date
) -> None:
    before, epoch = office.open_epoch(), office.open_epoch()
    rows.get_one(EpochRow, epoch.id).ended_on = today
    rows.commit()

    statuses = [put(client, Reporter(each, today)) for each in (epoch, before)]

    assert statuses == [409, 201]
    # No client would seal to the one before: it is not the highest of its day any more.
    assert client.get("/v1/intake").json()["type"] == "/problems/not-open"


def test_an_epoch_whose_key_nobody_holds_takes_no_report(
    client: TestClient, rows: Session, office: Office, today: date
) -> None:
    epoch = office.open_epoch()
    rows.execute(delete(Grant).where(Grant.subject == epoch.id))

    assert put(client, Reporter(epoch, today)) == 409
    assert client.get("/v1/intake").json()["type"] == "/problems/not-open"


def test_an_unknown_epoch_is_closed(client: TestClient, reporter: Reporter) -> None:
    assert put(client, reporter, reporter.body(epoch=new_id("epoch"))) == 409


@pytest.mark.parametrize(
    "line",
    [
        {"v": 2},
        {"v": True},
        {"epoch": "epoch_1"},
        {"epoch": None},
        {"mailbox": "age1pq1qqqq"},
        {"mailbox": NOBODYS},
        {"mailbox": ""},
        {"withdrawal": "0" * 63},
        {"withdrawal": "A" * 64},
        {"withdrawal": None},
        {"more": 1},
    ],
)
def test_another_first_line_is_refused(client: TestClient, reporter: Reporter, line: dict[str, object]) -> None:
    answer = client.put("/v1/report", content=reporter.body(**line), headers=reporter.headers)

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")


def test_what_is_no_envelope_of_an_allowed_length_is_refused(client: TestClient, reporter: Reporter) -> None:
    whole = reporter.body()
    line, _, files = whole.partition(b"\n")
    bodies = [
        whole[:-1],
        whole + b" ",
        line + b"\n",
        line + b"\n" + files[SLOT_SIZE:],
        line + b"\n" + files.replace(b"-> mlkem768x25519", b"-> mlkem768x25510"),
        line + b"\n" + files[: 2 * SLOT_SIZE] + age.encrypt(bytes(8192), [age.parse_identity(X25519).recipient]),
    ]

    answers = [client.put("/v1/report", content=body, headers=reporter.headers) for body in bodies]

    assert {(answer.status_code, answer.json()["type"]) for answer in answers} == {(422, "/problems/not-an-envelope")}


def test_what_is_refused_leaves_nothing(client: TestClient, rows: Session, reporter: Reporter) -> None:
    client.put("/v1/report", content=reporter.body()[:-1], headers=reporter.headers)

    assert rows.get(Report, reporter.id) is None
    assert rows.scalars(select(Slot)).all() == []


def test_a_report_that_is_larger_than_any_class_is_not_read(client: TestClient, reporter: Reporter) -> None:
    headers = reporter.headers | {"Content-Length": str(10**9)}

    assert client.put("/v1/report", content=b"", headers=headers).status_code == 413


def test_a_report_needs_a_token_and_an_id(client: TestClient, reporter: Reporter) -> None:
    statuses = [
        client.put("/v1/report", content=reporter.body(), headers=headers).status_code
        for headers in (BYTES, reporter.headers | {"Tern-Report": "rep_1"}, {"Tern-Report": reporter.id} | BYTES)
    ]

    assert statuses == [401, 422, 401]


def test_what_cannot_be_stored_now_is_asked_for_again(client: TestClient, reporter: Reporter) -> None:
    state: Arrivals = client.app.state  # type: ignore[attr-defined]  # the test client declares any ASGI app
    state.writer.close()

    answer = client.put("/v1/report", content=reporter.body(), headers=reporter.headers)

    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/intake-busy")
    assert answer.headers["Retry-After"] == "1"


X25519 = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
