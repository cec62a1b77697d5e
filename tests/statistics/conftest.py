"""An organisation with real keys: an analyst asks for releases, two supervisors may approve them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import age, keyring
from app.actor import Actor
from app.cli.demo_population import population
from app.clock import Clock
from app.database import Database
from app.people.shared_keys import service as keys
from app.people.staff import service as staff
from app.people.staff.models import Person as PersonRow
from app.people.staff.models import Team
from app.protocol import card as cards_
from app.protocol.card import SignedCard, StatCard, TokenCard
from app.protocol.certificates import certificate
from app.protocol.documents import parse_document
from app.protocol.encoding import b64, new_id, sha256_hex
from app.protocol.roots import Root, make_root, org_of
from app.protocol.statements import KeyKind, SharedKey, state_key
from app.settings import Settings
from app.vocabulary import Role
from tests.factories import signed_in, writes
from tests.founded import Rows, is_empty, put, rows_of
from tests.protocol.organisation import Person, person

DAY = date(2026, 6, 15)
LAST_DAY = date(2026, 12, 31)
ANALYST, APPROVER, COLLEAGUE, TRIAGER = (
    person(Role.ANALYST),
    person(Role.SUPERVISOR),
    person(Role.SUPERVISOR),
    person(Role.TRIAGER),
)
ROOT = make_root([APPROVER.certified, COLLEAGUE.certified], APPROVER.signer, on=DAY)
PIN = org_of(ROOT)
STATISTICS, CARD_WRITING = age.generate(), age.generate()
CARD_TOKEN = b64(b"the card token of a month".ljust(32, b"."))


@dataclass(frozen=True)
class Office:
    """The service with its people, over HTTP. `headers` are those of each person's session."""

    http: TestClient
    clock: Clock
    headers: dict[str, dict[str, str]]

    def by(self, who: Person) -> dict[str, str]:
        return self.headers[who.id]

    def let_the_quarter_end(self) -> None:
        assert self.clock.told_by is not None
        self.clock.told_by.write_text("2026-07-01T09:00:00Z")


@pytest.fixture
def office(client: TestClient, database: Database, rows: Session, clock: Clock, settings: Settings) -> Office:
    """Made once in a process for all services of one keyring, and copied for the others."""
    asked = keyring.load(settings.data_dir).digest
    if asked in _FOUNDED:
        made, headers = _FOUNDED[asked]
        put(database, made)
    else:
        is_alone = is_empty(database)
        headers = _found(database, rows)
        if is_alone:
            _FOUNDED[asked] = rows_of(database), headers
    return Office(client, clock, headers)


_FOUNDED: dict[str, tuple[Rows, dict[str, dict[str, str]]]] = {}


def _found(database: Database, rows: Session) -> dict[str, dict[str, str]]:
    """The organisation, its keys, and everybody's headers."""
    now = datetime(2026, 6, 15, 9, tzinfo=UTC)
    people = (ANALYST, APPROVER, COLLEAGUE, TRIAGER)
    with database.write() as session:
        team = Team(id=new_id("team"))
        session.add(team)
        session.flush()
        session.add_all(_row(each, team.id) for each in people)
        session.flush()
        staff.adopt_root(session, Root.read(ROOT), ())
        actor = Actor(id=APPROVER.id, roles=APPROVER.roles, team_id=team.id, today=DAY)
        for each in (ANALYST, TRIAGER):
            document = certificate(
                each.certified, org=PIN, signer=APPROVER.signer, valid_from=DAY, valid_until=LAST_DAY
            )
            staff.certify(session, actor, document.text.decode(), now=now)
        for kind, identity, until, token_sha256 in (
            (KeyKind.STATISTICS, STATISTICS, LAST_DAY, None),
            (KeyKind.CARD_WRITING, CARD_WRITING, date(2026, 6, 30), sha256_hex(CARD_TOKEN.encode())),
        ):
            stated = SharedKey(new_id("key"), kind, identity.recipient, DAY, until)
            document = state_key(stated, org=PIN, signer=APPROVER.signer)
            keys.make(
                session, actor, document=document.text.decode(), token_sha256=token_sha256, first_grants=[], now=now
            )
    return {each.id: signed_in(rows, rows.get_one(PersonRow, each.id)) for each in people}


def state_statistics_key(
    office: Office, identity: age.HybridIdentity, *, valid_from: date, valid_until: date = LAST_DAY
) -> None:
    """One more statistics key, over HTTP."""
    listed = office.http.get("/v1/keys", headers=office.by(APPROVER)).json()["items"]
    texts = [each["document"].encode() for each in listed if each["kind"] == KeyKind.STATISTICS]
    last = max(map(parse_document, texts), key=lambda document: document.header.version)
    key = SharedKey(
        new_id("key"),
        KeyKind.STATISTICS,
        identity.recipient,
        valid_from,
        valid_until,
        version=last.header.version + 1,
        previous=sha256_hex(last.text),
    )
    document = state_key(key, org=PIN, signer=APPROVER.signer)
    body = {"document": document.text.decode(), "grants": []}
    answer = office.http.post("/v1/keys", json=body, headers=office.by(APPROVER) | writes())
    assert answer.status_code == 201, answer.text


def seal_card(card: StatCard | TokenCard) -> bytes:
    return age.encrypt(cards_.encode(signed(card)), [STATISTICS.recipient])


def signed(card: StatCard | TokenCard, writer: Person = COLLEAGUE, approver: Person = APPROVER) -> SignedCard:
    return SignedCard(card, cards_.sign(card, writer.signer), cards_.sign(card, approver.signer))


def card_headers(card: str, *, revision: int = 0, token: str = CARD_TOKEN) -> dict[str, str]:
    """Those of a request that brings or withdraws a card: no session."""
    return {
        "Authorization": f"Bearer {token}",
        "Tern-Card": card,
        "Tern-Revision": str(revision),
        "Content-Type": "application/octet-stream",
    }


@cache
def sealed_population() -> tuple[tuple[str, bytes], ...]:
    """The ids and sealed cards of `PERSONS` invented persons."""
    return tuple((card.id, seal_card(card)) for card in population(PERSONS, b"office"))


PERSONS = 437


def _row(who: Person, team_id: str) -> PersonRow:
    return PersonRow(
        id=who.id,
        handle=who.id[-8:],
        invited_as=frozenset(),
        team_id=team_id,
        password_hash="",
        recipient=str(who.identity.recipient),
        key=b64(who.signer.public_key),
    )
