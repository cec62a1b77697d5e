"""The next root at the service: its signatures are gathered, and with the last it is the root."""

from dataclasses import replace
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.intake.key_log.models import LogEntry, RootProposal
from app.people.staff.models import Certificate, RootSupervisor
from app.protocol import roots, staff_log
from app.protocol.certificates import certificate
from app.protocol.documents import Document, Signer, parse_document
from app.protocol.encoding import sha256_hex
from app.protocol.roots import Paper, Root
from app.vocabulary import Role
from tests.factories import writes
from tests.intake.scene import Office, Staff

PAPER = Paper(f"paper_{1:032x}", bytes(16))


def listing(
    *people: Staff, k: int = 2, papers: tuple[Paper, ...] = (PAPER,), kept: tuple[str, ...] = ()
) -> dict[str, Any]:
    return roots.root_body(
        (each.certified for each in people),
        k=k,
        papers={each.id: each.signer.public_key for each in papers},
        kept_staff=roots.list_sha256(kept) if kept else None,
    )


def proposed(office: Office, body: dict[str, Any], *signers: Signer, after: Document | None = None) -> Document:
    before = Root.read(after or office.root)
    document = roots.propose_root(body, after=before, org=office.org, signer=signers[0], on=office.today)
    for each in signers[1:]:
        document = roots.sign_root(document, each)
    return document


def post(office: Office, document: Document, *, by: Staff | None = None, kept: tuple[str, ...] = ()) -> Response:
    return office.client.post(
        "/v1/root-proposals",
        json={"document": document.text.decode(), "kept": list(kept)},
        headers=office.as_(by or office.supervisor) | writes(),
    )


@pytest.fixture
def second(office: Office) -> Staff:
    return office.hire(Role.CASEWORKER)


def as_supervisor(person: Staff) -> Staff:
    person.roles = frozenset({Role.CASEWORKER, Role.SUPERVISOR})
    return person


def test_signatures_that_come_one_by_one_make_the_root(rows: Session, office: Office, second: Staff) -> None:
    body = listing(office.supervisor, as_supervisor(second))
    first = post(office, proposed(office, body, office.supervisor.signer))
    alone = roots.sign_root(proposed(office, body, office.supervisor.signer), PAPER.signer)

    last = post(office, alone, by=second)

    assert (first.json()["lacks"], last.json()["lacks"]) == (1, 0)
    assert rows.scalars(select(RootProposal)).all() == []
    assert rows.scalars(select(RootSupervisor.person_id).order_by(RootSupervisor.person_id)).all() == sorted(
        [office.supervisor.id, second.id]
    )
    assert office.client.get("/v1/service-key", headers=office.as_(second)).status_code == 200


def test_signatures_on_two_machines_are_put_together(office: Office, second: Staff) -> None:
    body = listing(office.supervisor, as_supervisor(second))
    whole = proposed(office, body, office.supervisor.signer)
    post(office, whole)

    answer = post(office, roots.sign_root(whole, second.signer), by=second)

    assert answer.json()["lacks"] == 0
    assert len(roots.signatures_of(parse_document(answer.json()["document"].encode()))) == 2


def test_nobody_who_is_not_listed_any_more_is_a_supervisor(rows: Session, office: Office, second: Staff) -> None:
    """What they signed counts where the root keeps it: here it is nothing, so nobody is certified but on the root."""
    hired = office.hire(Role.TRIAGER)
    duo = proposed(office, listing(office.supervisor, as_supervisor(second)), office.supervisor.signer, PAPER.signer)
    post(office, duo).raise_for_status()
    third = as_supervisor(office.hire(Role.CASEWORKER))

    gone = proposed(office, listing(second, third), second.signer, PAPER.signer, after=duo)
    assert post(office, gone, by=second).json()["lacks"] == 0

    assert office.client.get("/v1/service-key", headers=office.as_(office.supervisor)).status_code == 401
    assert office.client.get("/v1/epochs", headers=office.as_(hired)).status_code == 403
    assert office.client.get("/v1/epochs", headers=office.as_(second)).status_code == 200


def test_the_list_of_what_is_kept_is_shown_to_staff_and_holds(
    client: TestClient, office: Office, second: Staff
) -> None:
    hired = office.hire(Role.TRIAGER)
    lines = client.get("/v1/staff-log", headers=office.as_(hired)).content.splitlines()
    certificates = staff_log.verify(lines).certificates
    kept = tuple(sha256_hex(each.text) for each in certificates if each.header.subject == hired.id)
    duo = proposed(office, listing(office.supervisor, as_supervisor(second)), office.supervisor.signer, PAPER.signer)
    post(office, duo).raise_for_status()
    third = as_supervisor(office.hire(Role.CASEWORKER))
    gone = proposed(office, listing(second, third, kept=kept), second.signer, PAPER.signer, after=duo)

    refused = post(office, gone, by=second)
    taken = post(office, gone, by=second, kept=kept)

    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/not-a-root-proposal")
    assert taken.json()["lacks"] == 0
    assert client.get("/v1/root-kept", headers=office.as_(hired)).json() == {"hashes": sorted(kept)}
    assert client.get("/v1/epochs", headers=office.as_(hired)).status_code == 200


@pytest.mark.parametrize(
    "lie", ["a stranger's", "no signature of the root before", "a root of another k", "the first again"]
)
def test_what_cannot_be_the_next_root_is_not_kept(rows: Session, office: Office, second: Staff, lie: str) -> None:
    body = listing(office.supervisor, as_supervisor(second))
    document = {
        "a stranger's": lambda: proposed(office, body, office.hire(Role.TRIAGER).signer),
        "no signature of the root before": lambda: proposed(
            office, listing(as_supervisor(second), k=1, papers=()), second.signer
        ),
        "a root of another k": lambda: proposed(office, {**body, "k": 3}, office.supervisor.signer),
        "the first again": lambda: office.root,
    }[lie]()

    answer = post(office, document)

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/not-a-root-proposal")
    assert rows.scalars(select(RootProposal)).all() == []
    assert len(rows.scalars(select(LogEntry)).all()) == 2


def test_who_proposes_another_takes_the_first_back(rows: Session, office: Office, second: Staff) -> None:
    body = listing(office.supervisor, as_supervisor(second))
    post(office, proposed(office, body, office.supervisor.signer))

    post(office, proposed(office, {**body, "supervisors": body["supervisors"][::-1]}, office.supervisor.signer))

    assert len(rows.scalars(select(RootProposal)).all()) == 1


def test_nobody_else_puts_what_an_author_has_taken_back_in_the_place_of_what_they_propose(
    rows: Session, office: Office, second: Staff
) -> None:
    body = listing(office.supervisor, as_supervisor(second))
    earlier = proposed(office, body, office.supervisor.signer)
    later = proposed(office, {**body, "supervisors": body["supervisors"][::-1]}, office.supervisor.signer)
    post(office, earlier)
    post(office, later)

    replayed = post(office, earlier, by=office.hire(Role.AUDITOR))

    assert (replayed.status_code, replayed.json()["type"]) == (422, "/problems/not-a-root-proposal")
    assert rows.scalars(select(RootProposal.sha256)).all() == [sha256_hex(later.line)]


def test_who_is_on_the_root_has_of_a_certificate_what_it_says(rows: Session, office: Office, second: Staff) -> None:
    duo = proposed(office, listing(office.supervisor, as_supervisor(second)), office.supervisor.signer, PAPER.signer)
    post(office, duo).raise_for_status()
    before = rows.scalars(select(Certificate.document).where(Certificate.person_id == second.id)).one()
    said = certificate(
        replace(second.certified, roles=frozenset({Role.AUDITOR})),
        org=office.org,
        signer=office.supervisor.signer,
        valid_from=office.today,
        valid_until=office.today,
        previous=parse_document(before.encode()),
    )

    headers = office.as_(office.supervisor) | writes()
    office.client.post("/v1/certificates", json={"document": said.text.decode()}, headers=headers).raise_for_status()

    kept = select(Certificate.roles).where(Certificate.sha256 == sha256_hex(said.text))
    assert rows.scalars(kept).one() == {Role.AUDITOR}


def test_the_log_takes_no_later_root_but_as_a_proposal(office: Office, second: Staff) -> None:
    body = listing(office.supervisor, as_supervisor(second))

    answer = office.extend(proposed(office, body, office.supervisor.signer, PAPER.signer))

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/not-a-log-entry")
