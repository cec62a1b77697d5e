"""Epochs: who holds their keys, and how they are told of."""

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.intake.epochs.models import Epoch as EpochRow
from app.protocol import intake
from app.protocol.certificates import Trust
from app.protocol.encoding import new_id, unb64
from app.protocol.grants import open_grant
from app.vocabulary import Role
from tests.intake.key_log.test_routes import next_intake
from tests.intake.scene import Epoch, Office


def test_an_epoch_comes_with_people_who_hold_its_key(rows: Session, office: Office) -> None:
    stated, identity = next_intake(office)
    document = intake.make(stated, org=office.org, previous=None, signer=office.supervisor.signer, on=office.today)
    caseworker = office.hire(Role.CASEWORKER)

    nobody = office.extend(document)
    wrong = office.extend(document, (caseworker.id, office.epoch_grant(stated.epoch, identity, caseworker)))
    stranger = office.extend(document, (new_id("per"), office.epoch_grant(stated.epoch, identity)))

    types = [answer.json()["type"] for answer in (nobody, wrong, stranger)]
    assert types == ["/problems/epoch-without-holders", "/problems/not-certified", "/problems/not-certified"]
    assert rows.scalars(select(EpochRow)).all() == []


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
