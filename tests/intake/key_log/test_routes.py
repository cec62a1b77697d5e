"""The key log: what it takes, what it serves, and what a client makes of it."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import age
from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.intake.epochs.models import Epoch as EpochRow
from app.people.grants.models import Grant
from app.protocol import intake, key_log
from app.protocol.certificates import Trust, make_root
from app.protocol.documents import parse_document
from app.protocol.encoding import b64, new_id, unb64
from app.protocol.grants import open_grant
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


def test_before_the_first_intake_document_nothing_is_open(client: TestClient, office: Office) -> None:
    answer = client.get("/v1/intake")

    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-open")


def test_the_present_document_is_the_newest_that_has_begun(client: TestClient, office: Office, today: date) -> None:
    now = office.open_epoch()
    office.open_epoch(starts=today + timedelta(days=1))

    served = client.get("/v1/intake").json()["intake"]

    assert intake.read(parse_document(served.encode())).epoch == now.id


def test_a_second_root_is_refused(office: Office) -> None:
    root = make_root([office.supervisor.certified], office.supervisor.signer, on=office.today)

    assert office.extend(root).status_code == 422


def test_an_intake_document_that_does_not_follow_is_refused(rows: Session, office: Office, epoch: Epoch) -> None:
    stated, identity = next_intake(office)
    document = intake.make(stated, org=office.org, previous=None, signer=office.supervisor.signer)

    answer = office.extend(document, (office.supervisor.id, office.epoch_grant(stated.epoch, identity)))

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/not-a-log-entry")
    assert rows.scalars(select(EpochRow.id)).all() == [epoch.id]


def test_a_document_that_no_supervisor_signed_is_refused(office: Office) -> None:
    triager = office.hire(Role.TRIAGER)
    stated, identity = next_intake(office)
    document = intake.make(stated, org=office.org, previous=None, signer=triager.signer)

    answer = office.extend(document, (office.supervisor.id, office.epoch_grant(stated.epoch, identity)))

    assert answer.status_code == 422


def test_an_epoch_comes_with_people_who_hold_its_key(rows: Session, office: Office) -> None:
    stated, identity = next_intake(office)
    document = intake.make(stated, org=office.org, previous=None, signer=office.supervisor.signer)
    caseworker = office.hire(Role.CASEWORKER)

    nobody = office.extend(document)
    wrong = office.extend(document, (caseworker.id, office.epoch_grant(stated.epoch, identity, caseworker)))
    stranger = office.extend(document, (new_id("per"), office.epoch_grant(stated.epoch, identity)))

    types = [answer.json()["type"] for answer in (nobody, wrong, stranger)]
    assert types == ["/problems/epoch-without-holders", "/problems/not-certified", "/problems/not-certified"]
    assert rows.scalars(select(EpochRow)).all() == []


def test_an_epoch_of_an_id_that_was_used_is_refused(office: Office, epoch: Epoch) -> None:
    stated, identity = next_intake(office, epoch=epoch.id)
    document = intake.make(stated, org=office.org, previous=office.intakes[-1], signer=office.supervisor.signer)

    answer = office.extend(document, (office.supervisor.id, office.epoch_grant(stated.epoch, identity)))

    assert answer.status_code == 422


def test_only_a_supervisor_extends_the_log(office: Office) -> None:
    triager = office.hire(Role.TRIAGER)
    stated, _ = next_intake(office)
    document = intake.make(stated, org=office.org, previous=None, signer=office.supervisor.signer)

    assert office.extend(document, by=triager).status_code == 403


def test_a_holder_fetches_the_key_of_an_epoch_and_it_is_recorded(
    client: TestClient, rows: Session, office: Office, epoch: Epoch
) -> None:
    answer = client.get(f"/v1/epochs/{epoch.id}/grants", headers=office.as_(office.supervisor)).json()

    (item,) = answer["items"]
    trust = Trust.pinned(office.root, office.org)
    opened = open_grant(
        unb64(item["file"]),
        office.supervisor.identity,
        org=office.org,
        subject=epoch.id,
        grantee=office.supervisor.id,
        trust=trust,
        day=office.today,
    )
    assert opened.identity.recipient == epoch.identity.recipient
    fetched = rows.scalars(select(AuditEvent).where(AuditEvent.action == Action.GRANT_FETCHED.value)).one()
    assert (fetched.actor_id, fetched.object_id) == (office.supervisor.id, epoch.id)


def test_nobody_fetches_the_grants_of_others(client: TestClient, office: Office, epoch: Epoch) -> None:
    triager = office.hire(Role.TRIAGER)

    answer = client.get(f"/v1/epochs/{epoch.id}/grants", headers=office.as_(triager))

    assert answer.json() == {"items": []}


def test_epochs_are_listed_newest_first(client: TestClient, office: Office, epoch: Epoch) -> None:
    second = office.open_epoch()

    items = client.get("/v1/epochs", headers=office.as_(office.supervisor)).json()["items"]

    assert [item["id"] for item in items] == [second.id, epoch.id]
    assert items[1]["document"].encode() == office.intakes[0].text


def test_the_same_entry_twice_is_one(rows: Session, office: Office) -> None:
    stated, identity = next_intake(office)
    document = intake.make(stated, org=office.org, previous=None, signer=office.supervisor.signer)
    wanted = {
        "document": document.text.decode(),
        "grants": [{"grantee": office.supervisor.id, "file": b64(office.epoch_grant(stated.epoch, identity))}],
    }
    headers = office.as_(office.supervisor) | {"Idempotency-Key": "one"}

    answers = [office.client.post("/v1/key-log", json=wanted, headers=headers) for _ in range(2)]

    assert [(answer.status_code, answer.json()) for answer in answers] == [(201, {"n": 3})] * 2
    assert len(rows.scalars(select(Grant)).all()) == 1
