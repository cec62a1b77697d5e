"""The key log: what it takes, what it serves, and what a client makes of it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import age
from app.clock import Clock
from app.intake.epochs import service as epochs
from app.intake.epochs.models import Epoch as EpochRow
from app.intake.key_log import service
from app.people.grants.models import Grant
from app.protocol import intake, key_log
from app.protocol.documents import parse_document
from app.protocol.encoding import b64, new_id
from app.protocol.roots import make_root
from app.vocabulary import Role
from tests.intake.scene import Epoch, Office


def next_intake(office: Office, **changes: object) -> tuple[intake.Intake, age.HybridIdentity]:
    identity = age.generate()
    stated = {
        "epoch": new_id("epoch"),
        "recipient": identity.recipient,
        "accepts_from": office.today,
        "accepts_until": office.today + timedelta(days=6),
        "destroyed_on": office.today + timedelta(days=13),
        "languages": ("en",),
        "attachment_limit": 1000,
        "notice": "",
    }
    return intake.Intake(**(stated | changes)), identity  # type: ignore[arg-type]  # a table of what differs


def test_a_client_that_knows_the_pin_believes_what_is_served(client: TestClient, office: Office, epoch: Epoch) -> None:
    served = client.get("/v1/intake").json()
    lines = client.get("/v1/key-log").content.splitlines()

    log = key_log.verify(lines, office.org)
    log.check_head(*key_log.parse_head(served["head"]))
    assert served["root"] == office.root.text.decode()
    assert served["intake"].encode() == log.intakes[-1].text
    assert intake.read(parse_document(served["intake"].encode())).epoch == epoch.id


def test_the_log_is_served_from_any_line_on(client: TestClient, epoch: Epoch) -> None:
    whole = client.get("/v1/key-log").content.splitlines()

    assert client.get("/v1/key-log", params={"from": 3}).content.splitlines() == whole[2:]
    assert client.get("/v1/key-log", params={"from": 99}).content == b""
    assert client.get("/v1/key-log", params={"from": 0}).status_code == 422


def test_a_page_says_whether_it_is_the_last(client: TestClient, epoch: Epoch, monkeypatch: pytest.MonkeyPatch) -> None:
    length = len(client.get("/v1/key-log").content.splitlines())
    monkeypatch.setattr(service, "PAGE", length)

    pages = [client.get("/v1/key-log", params={"from": first}) for first in (1, 2, length + 1)]

    assert [page.headers[key_log.ENDS] for page in pages] == ["no", "yes", "yes"]


def test_before_the_first_intake_document_nothing_is_open(client: TestClient, office: Office) -> None:
    answer = client.get("/v1/intake")

    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-open")


def test_the_present_document_is_the_newest_that_has_begun(client: TestClient, office: Office, today: date) -> None:
    now = office.open_epoch()
    office.open_epoch(starts=today + timedelta(days=1))

    served = client.get("/v1/intake").json()["intake"]

    assert intake.read(parse_document(served.encode())).epoch == now.id


def counted(office: Office, rows: Session, day: date) -> list[str]:
    rows.expire_all()
    return [each.id for each in epochs.taking_reports(rows, day)]


def shown(client: TestClient) -> str:
    return intake.read(parse_document(client.get("/v1/intake").json()["intake"].encode())).epoch


def test_reports_are_taken_for_what_counted_yesterday_or_today_and_the_newest_is_shown(
    client: TestClient, rows: Session, office: Office, clock: Clock, today: date
) -> None:
    def day(number: int) -> date:
        return today + timedelta(days=number)

    def go_to(number: int) -> None:
        assert clock.told_by is not None
        clock.told_by.write_text(f"{day(number)}T09:00:00+00:00")

    first = office.open_epoch()
    ahead = office.open_epoch(starts=day(7))
    assert counted(office, rows, today) == [first.id]
    second = office.open_epoch(starts=day(2), days=4)
    rows.get_one(EpochRow, second.id).signed_on = day(2)
    rows.commit()

    go_to(2)
    assert shown(client) == second.id
    assert counted(office, rows, day(2)) == [second.id, first.id]
    assert counted(office, rows, day(3)) == [second.id, first.id]  # it counted the day before, until it was replaced
    assert counted(office, rows, day(4)) == [second.id]
    assert counted(office, rows, day(7)) == [second.id, ahead.id]
    assert counted(office, rows, day(8)) == [ahead.id]
    go_to(14)
    assert counted(office, rows, day(14)) == [ahead.id]
    assert client.get("/v1/intake").status_code == 404
    assert counted(office, rows, day(15)) == []


def test_several_documents_come_in_one_request_or_none_does(rows: Session, office: Office, epoch: Epoch) -> None:
    entries, previous = [], office.intakes[-1]
    for place in (1, 2):
        stated, identity = next_intake(office)
        previous = intake.make(
            stated, org=office.org, previous=previous, signer=office.supervisor.signer, on=office.today
        )
        grant = {"grantee": office.supervisor.id, "file": b64(office.epoch_grant(stated.epoch, identity))}
        entries.append({"document": previous.text.decode(), "grants": [grant] if place == 1 else []})
    headers = office.as_(office.supervisor) | {"Idempotency-Key": "two"}

    answer = office.client.post("/v1/key-log", json={"entries": entries}, headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/epoch-without-holders")
    assert rows.scalars(select(EpochRow.id)).all() == [epoch.id]


def test_a_second_root_is_refused(office: Office) -> None:
    root = make_root([office.supervisor.certified], office.supervisor.signer, on=office.today)

    assert office.extend(root).status_code == 422


def test_an_intake_document_that_does_not_follow_is_refused(rows: Session, office: Office, epoch: Epoch) -> None:
    stated, identity = next_intake(office)
    document = intake.make(stated, org=office.org, previous=None, signer=office.supervisor.signer, on=office.today)

    answer = office.extend(document, (office.supervisor.id, office.epoch_grant(stated.epoch, identity)))

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/not-a-log-entry")
    assert rows.scalars(select(EpochRow.id)).all() == [epoch.id]


def test_a_document_that_no_supervisor_signed_is_refused(office: Office) -> None:
    triager = office.hire(Role.TRIAGER)
    stated, identity = next_intake(office)
    document = intake.make(stated, org=office.org, previous=None, signer=triager.signer, on=office.today)

    answer = office.extend(document, (office.supervisor.id, office.epoch_grant(stated.epoch, identity)))

    assert answer.status_code == 422


def test_an_epoch_of_an_id_that_was_used_is_refused(office: Office, epoch: Epoch) -> None:
    stated, identity = next_intake(office, epoch=epoch.id)
    document = intake.make(
        stated, org=office.org, previous=office.intakes[-1], signer=office.supervisor.signer, on=office.today
    )

    answer = office.extend(document, (office.supervisor.id, office.epoch_grant(stated.epoch, identity)))

    assert answer.status_code == 422


def test_only_a_supervisor_extends_the_log(office: Office) -> None:
    triager = office.hire(Role.TRIAGER)
    stated, _ = next_intake(office)
    document = intake.make(stated, org=office.org, previous=None, signer=office.supervisor.signer, on=office.today)

    assert office.extend(document, by=triager).status_code == 403


def test_the_same_entry_twice_is_one(rows: Session, office: Office) -> None:
    stated, identity = next_intake(office)
    document = intake.make(stated, org=office.org, previous=None, signer=office.supervisor.signer, on=office.today)
    wanted = {
        "document": document.text.decode(),
        "grants": [{"grantee": office.supervisor.id, "file": b64(office.epoch_grant(stated.epoch, identity))}],
    }
    headers = office.as_(office.supervisor) | {"Idempotency-Key": "one"}

    answers = [office.client.post("/v1/key-log", json={"entries": [wanted]}, headers=headers) for _ in range(2)]

    assert [(answer.status_code, answer.json()) for answer in answers] == [(201, {"n": 3})] * 2
    assert len(rows.scalars(select(Grant)).all()) == 1
