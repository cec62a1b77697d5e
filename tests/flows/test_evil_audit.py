"""Whoever runs the service writes the audit chain again, and signs it again: the service key lies on that machine."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import keyring
from app.audit import service as acts
from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.audit.models import AuditHead as Newest
from app.client import Staff
from app.client.people import audit, sign_in
from app.clock import Clock
from app.database import Database
from app.people.audit_heads import service as heads
from app.people.audit_heads.models import AuditHeadDocument, Countersignature
from app.protocol import audit_chain, audit_heads
from app.protocol.audit_heads import AuditHead
from app.protocol.chain import Mark
from app.protocol.documents import SERVICE, Document, Signer, parse_document
from app.protocol.errors import NotAuthentic
from app.settings import Settings
from tests.flows.evil import attacks
from tests.flows.organisation import PASSWORD, Organisation

READS = {Action.GRANT_FETCHED, Action.PERSON_JOINED}


@dataclass
class Operator:
    """Who has the machine on which the service runs: its database, its clock, its keyring."""

    database: Database
    settings: Settings
    clock: Clock
    organisation: Organisation

    def day(self, day: date, *, signer: Signer | None = None) -> None:
        """It is this day's morning: a head is signed, and everybody signs in."""
        assert self.clock.told_by is not None
        self.clock.told_by.write_text(datetime(day.year, day.month, day.day, 9, tzinfo=UTC).isoformat())
        for person in self.organisation.staff.values():
            sign_in.sign_in(person, PASSWORD)
        self.sign(signer)

    def sign(self, signer: Signer | None = None) -> None:
        with self.database.write() as session:
            if signer:
                self._sign(session, self.clock.today(), acts.last_event(session), signer)
            else:
                heads.sign_daily(session, keyring.load(self.settings.data_dir), self.clock.now())

    @property
    def newest(self) -> AuditHead:
        with self.database.read() as session:
            return self._heads(session)[-1]

    def put(self, head: AuditHead, seen: Document, person: str) -> None:
        """Show this among the countersignatures of a head."""
        with self.database.write() as session:
            session.add(Countersignature(version=head.mark.version, person_id=person, document=seen.text.decode()))

    def forget_heads(self) -> list[AuditHead]:
        with self.database.write() as session:
            before = self._heads(session)
            session.execute(delete(Countersignature))
            session.execute(delete(AuditHeadDocument))
            return before

    def rewrite(self, leaves_out: Callable[[AuditEvent, AuditEvent], bool], *, signs_anew: bool = False) -> None:
        """Chain the events anew without some of them, each of which is shown beside the last."""
        with self.database.write() as session:
            before = list(session.scalars(acts.events().order_by(AuditEvent.seq)))
            left = [event for event in before if not leaves_out(event, before[-1])]
            session.execute(delete(AuditEvent))
            session.flush()
            _chain(session, left)
        if not signs_anew:
            return
        numbers = {old.seq: new for new, old in enumerate(left, start=1)}
        signed = self.forget_heads()
        with self.database.write() as session:
            for head in signed:
                seq = max(new for old, new in numbers.items() if old <= head.seq)
                self._sign(session, head.day, Mark(seq, session.get_one(AuditEvent, seq).hash), None)

    def _sign(self, session: Session, day: date, event: Mark | None, signer: Signer | None) -> None:
        assert event is not None
        document = audit_heads.state_head(
            day=day,
            event=event,
            org=self.organisation.pin,
            signer=signer or keyring.load(self.settings.data_dir).signer,
            after=next(reversed(self._heads(session)), None),
        )
        mark = AuditHead.read(document).mark
        row = AuditHeadDocument(version=mark.version, sha256=mark.sha256, day=day, document=document.text.decode())
        session.add(row)
        session.flush()

    def _heads(self, session: Session) -> list[AuditHead]:
        rows = session.scalars(heads.every().order_by(AuditHeadDocument.version))
        return [AuditHead.read(parse_document(row.document.encode())) for row in rows]


def _chain(session: Session, events: list[AuditEvent]) -> None:
    previous = audit_chain.GENESIS
    for seq, event in enumerate(events, start=1):
        said = replace(acts.as_event(event), seq=seq, previous=previous)
        hash_ = audit_chain.event_hash(
            seq=seq,
            hour=said.hour,
            actor=said.actor,
            action=said.action,
            object_=said.object,
            object_hash=said.object_hash,
            previous=previous,
        )
        session.add(
            AuditEvent(
                seq=seq,
                hour=event.hour,
                actor_id=said.actor,
                action=said.action,
                object_id=said.object,
                object_hash=said.object_hash,
                previous=previous,
                hash=hash_,
            )
        )
        previous = hash_
    session.flush()
    row = session.scalars(select(Newest)).one()
    row.seq, row.hash = len(events), previous


@pytest.fixture
def operator(database: Database, settings: Settings, clock: Clock, organisation: Organisation) -> Operator:
    made = Operator(database, settings, clock, organisation)
    made.sign()
    return made


@pytest.fixture
def supervisor(organisation: Organisation) -> Staff:
    return organisation.staff["sofia"]


@pytest.fixture
def triager(organisation: Organisation) -> Staff:
    return organisation.staff["leyla"]


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(NotAuthentic) as refusal:
        act()
    return refusal.value.reason


def test_a_supervisors_machine_countersigns_each_days_head_once_and_others_remember_it(
    operator: Operator, supervisor: Staff, triager: Staff, today: date, rows: Session
) -> None:
    days = [today, today + timedelta(days=1)]

    for day in days:
        operator.day(day)
        newest = [audit.follow(each) for each in (triager, supervisor, supervisor)]
        assert {each.day for each in newest if each} == {day}

    verified = audit.verify_all(supervisor)
    assert [each.head.day for each in verified.heads] == days
    assert [len(each.countersignatures) for each in verified.heads] == [1, 1]
    assert [each.person for each in verified.by] == [supervisor.person]
    assert len(rows.scalars(select(Countersignature)).all()) == 2


@attacks("audit-head")
@attacks("audit-head", older=True)
@pytest.mark.parametrize(
    ("lie", "triagers", "supervisors"),
    [
        ("reads and fetches of keys left out, and every head signed anew", "audit-head", "audit-head"),
        ("all but the first left out, and every head signed anew", "audit-head", "audit-head"),
        ("reads and fetches of keys left out", None, "audit-chain"),
        ("the last events left out", None, "audit-chain"),
        ("no heads", "audit-head", "audit-head"),
        ("a head by another key", "audit-head", "audit-head"),
    ],
)
def test_a_chain_that_was_written_again_is_not_that_of_which_a_machine_saw_the_head(
    operator: Operator,
    supervisor: Staff,
    triager: Staff,
    today: date,
    lie: str,
    triagers: str | None,
    supervisors: str,
) -> None:
    for each in (triager, supervisor):
        audit.follow(each)
    match lie:
        case "no heads":
            operator.forget_heads()
        case "a head by another key":
            operator.day(today + timedelta(days=1), signer=Signer(SERVICE, Ed25519PrivateKey.generate()))
        case "the last events left out":
            operator.rewrite(lambda event, last: event.seq > last.seq - 3)
        case "all but the first left out, and every head signed anew":
            operator.rewrite(lambda event, _: event.seq > 1, signs_anew=True)
        case _:
            operator.rewrite(lambda event, _: event.action in READS, signs_anew="anew" in lie)

    if triagers is None:
        assert audit.follow(triager)
    else:
        assert refused(lambda: audit.follow(triager)) == triagers
    assert refused(lambda: audit.follow(supervisor)) == supervisors
    assert refused(lambda: audit.verify_all(supervisor)) == supervisors


def test_a_new_machine_begins_at_the_head_that_a_supervisor_countersigned(
    operator: Operator, organisation: Organisation, supervisor: Staff, today: date, tmp_path: Path
) -> None:
    audit.follow(supervisor)
    operator.day(today + timedelta(days=1))
    new = organisation.copy_of("sofia", tmp_path / "new", organisation.http)
    new.machine.seen.unlink()
    first = audit.verify_all(supervisor).heads[0].head
    with operator.database.write() as session:  # where it does not look
        session.execute(delete(AuditEvent).where(AuditEvent.seq < first.seq))

    newest = audit.follow(new)

    assert newest is not None
    assert newest.mark.version == 2
    assert refused(lambda: audit.verify_all(new)) == "audit-chain"


@attacks("audit-seen")
@pytest.mark.parametrize("by", ["the service, as a supervisor", "a triager", "a supervisor, of another head"])
def test_who_is_said_to_have_followed_the_chain_has_signed_so(
    operator: Operator, supervisor: Staff, triager: Staff, today: date, by: str
) -> None:
    verified = audit.verify_all(supervisor)
    first = verified.heads[0].head
    operator.day(today + timedelta(days=1))
    signer = {
        "the service, as a supervisor": Signer(supervisor.person, Ed25519PrivateKey.generate()),
        "a triager": triager.signer,
        "a supervisor, of another head": supervisor.signer,
    }[by]
    of = operator.newest if by == "a supervisor, of another head" else first
    operator.put(first, audit_heads.state_seen(of, org=supervisor.org, signer=signer, on=today), signer.person)

    shown = audit.verify_all(supervisor)

    assert len(shown.heads[0].countersignatures) == 1
    assert shown.countersigned is None


def test_heads_that_were_kept_elsewhere_are_held_to_what_the_service_shows(
    operator: Operator, organisation: Organisation, supervisor: Staff, tmp_path: Path
) -> None:
    kept = audit.read_heads(audit.write_heads(audit.verify_all(supervisor).heads))
    audit.compare(supervisor, kept, audit.verify_all(supervisor))
    operator.rewrite(lambda event, _: event.action in READS, signs_anew=True)
    supervisor.machine.seen.unlink()  # a machine that has seen nothing
    newcomer = organisation.copy_of("sofia", tmp_path / "new", organisation.http)

    shown = audit.verify_all(newcomer)

    assert refused(lambda: audit.compare(newcomer, kept, shown)) == "audit-head"
