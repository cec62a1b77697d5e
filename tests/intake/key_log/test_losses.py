"""A loss at the service: it stands behind the last line of the key log once as many supervisors have signed it."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.service import last_event
from app.intake.key_log.models import LogEntry, RootProposal
from app.protocol import key_log, losses, roots
from app.protocol.chain import Mark
from app.protocol.documents import Document, Signer
from app.vocabulary import Role
from tests.factories import writes
from tests.intake.key_log.test_proposals import PAPER, as_supervisor, listing, post, proposed
from tests.intake.scene import Office


def lines(rows: Session) -> list[bytes]:
    rows.rollback()  # what others committed since
    return [line.encode() for line in rows.scalars(select(LogEntry.line).order_by(LogEntry.n))]


def loss(rows: Session, office: Office, *signers: Signer, **other: Any) -> Document:
    """Of what there is now, or of something else."""
    log, event = key_log.verify(lines(rows), office.org), last_event(rows)
    said = {"day": office.today, "key_log": log.marks[-1], "audit": event, "org": office.org, "on": office.today}
    document = losses.state_loss(**{**said, **other}, signer=signers[0])
    more = [each.sign("loss", document.line) for each in signers[1:]]
    return roots.with_signatures(document, more)


def test_what_one_supervisor_of_one_accepts_is_the_next_line_of_the_log(rows: Session, office: Office) -> None:
    document = loss(rows, office, office.supervisor.signer)

    answer = post(office, document)

    assert answer.json()["lacks"] == 0
    (found,) = key_log.verify(lines(rows), office.org).losses
    assert found.document.text == document.text
    assert rows.scalars(select(RootProposal)).all() == []


def test_two_of_three_accept_it_one_after_the_other(rows: Session, office: Office) -> None:
    second = as_supervisor(office.hire(Role.CASEWORKER))
    body = listing(office.supervisor, second)
    post(office, proposed(office, body, office.supervisor.signer, PAPER.signer)).raise_for_status()
    document = loss(rows, office, office.supervisor.signer)
    first = post(office, document)
    headers = office.as_(second)
    waiting = office.client.get("/v1/root-proposals", headers=headers).json()["items"]

    last = post(office, roots.with_signatures(document, [second.signer.sign("loss", document.line)]), by=second)

    assert (first.json()["lacks"], last.json()["lacks"]) == (1, 0)
    assert [each["sha256"] for each in waiting] == [first.json()["sha256"]]
    assert len(key_log.verify(lines(rows), office.org).losses) == 1
    assert office.client.get("/v1/root-proposals", headers=headers).json()["items"] == []


@pytest.mark.parametrize(
    "other",
    [
        {"key_log": Mark(1, "0" * 64)},
        {"audit": Mark(1, "0" * 64)},
        {"audit": Mark(2**40, "0" * 64)},
        {"org": "0" * 64},
    ],
)
def test_what_names_another_place_or_organisation_is_refused(
    rows: Session, office: Office, other: dict[str, Any]
) -> None:
    answer = post(office, loss(rows, office, office.supervisor.signer, **other))

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/not-a-root-proposal")


def test_no_loss_comes_as_an_entry_of_a_supervisor_nor_by_who_is_none(rows: Session, office: Office) -> None:
    hired = office.hire(Role.TRIAGER)
    genuine = loss(rows, office, office.supervisor.signer)
    entry = {"document": genuine.text.decode(), "grants": []}

    as_entry = office.client.post(
        "/v1/key-log", json={"entries": [entry]}, headers=office.as_(office.supervisor) | writes()
    )
    by_other = post(office, loss(rows, office, hired.signer), by=hired)
    with_list = post(office, genuine, kept=("0" * 64,))

    assert [each.status_code for each in (as_entry, by_other, with_list)] == [422, 422, 422]
