"""What is stored of each sealed type is destroyed when the type's row says, and not before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

import app.main
from app import age, keyring
from app.blobs import Blobs
from app.casework.cases.models import Case, CheckpointPiece
from app.casework.consents.models import Consent
from app.casework.templates.models import TemplatesVersion
from app.database import Base, Database
from app.intake.epochs.models import Epoch
from app.intake.lifecycle import service as lifecycle
from app.intake.mailbox import service as mailbox
from app.intake.reports import service as reports
from app.intake.reports.models import Report
from app.people.copies.models import KeyCopy
from app.people.grants.models import Grant
from app.people.memories.models import Memory
from app.people.pairs.models import Recovery
from app.people.shared_keys.models import SharedKey
from app.people.staff.models import Person
from app.protocol.encoding import b64, new_id, sha256_hex
from app.protocol.key_copy import COPY, sign_file
from app.protocol.mailbox import FIRST_STAFF_SLOT, STATE_SLOT, THREAD_STATE_SLOT, MessageKind
from app.protocol.memory import MEMORY
from app.protocol.sizes import Kind, classes
from app.protocol.statements import KeyKind
from app.protocol.types import TYPES, End, Place, SealedType
from app.settings import Settings
from app.vocabulary import ApprovalSubject, ConsentMethod, ConsentStatus, ReportState, Role
from tests import factories
from tests.intake import tus
from tests.intake.scene import Office, Reporter, Staff, bearer
from tests.statistics.conftest import CARD_TOKEN, card_headers
from tests.strength import COPY_WORK_FACTOR

# Each destroys what its row holds by triggers of its own.
pytestmark = pytest.mark.both_databases

CARD = new_id("card")
# Of three types that lie in one column, which rows are whose; and of keys those that are of a report.
SLOTS = Base.metadata.tables["slots"].c.number
OF_SHARED_KEY = Base.metadata.tables["grants"].c.subject.startswith("key_")
WHOSE = {
    "grant": ~OF_SHARED_KEY,
    "thread-state": SLOTS == THREAD_STATE_SLOT,
    "state": SLOTS == STATE_SLOT,
    "message.staff": SLOTS >= FIRST_STAFF_SLOT,
}


@dataclass(frozen=True)
class Kept:
    """A report in triage with all that belongs to it, an upload that was left half done, and a card."""

    client: TestClient
    rows: Session
    office: Office
    reporter: Reporter
    blobs: Path

    def left(self, of: SealedType, place: Place) -> set[object]:
        """Which rows hold something of this type; of what lies in blobs, their names, of which each has its file."""
        column = Base.metadata.tables[place.table].c[place.column]
        found = self.rows.execute(
            sa.select(*column.table.primary_key, column).where(column.is_not(None), WHOSE.get(of.name, sa.true()))
        )
        left = {row[-1] if place.is_blob else row[:-1] for row in found}
        if place.is_blob:
            assert left <= self.files
        return left

    @property
    def files(self) -> set[str]:
        """The names of the files in the blob store, without what tells an unfinished one."""
        return {path.stem for path in self.blobs.rglob("*") if path.is_file()}


@pytest.fixture
def kept(client: TestClient, database: Database, rows: Session, settings: Settings, today: date) -> Kept:
    office = Office(database, client, today).found(keyring.load(settings.data_dir).digest)
    reporter = Reporter(office.open_epoch(), today)
    file, token = reporter.attachment(), reporter.token
    client.put("/v1/report", content=reporter.body(), headers=reporter.headers).raise_for_status()
    tus.send(client, token, new_id("att"), file).raise_for_status()
    begun = tus.begin(client, token, new_id("att"), len(file))
    tus.add(client, token, begun.headers["Location"], file[:1000]).raise_for_status()
    client.post("/v1/mailbox", content=reporter.post(), headers=bearer(token)).raise_for_status()
    with database.write() as session:
        report = reports.get(session, reporter.id)
        lifecycle.change_state(session, report, ReportState.IN_TRIAGE, today=today)
        mailbox.put_staff_slots(session, report.id, [factories.sealed(Kind.SLOT)], reply=1, today=today)
        mailbox.keep_reply(session, report.id, factories.sealed(Kind.MESSAGE), reply=1)
        session.add(_card_key(today))
    client.put("/v1/card", content=factories.sealed(Kind.CARD), headers=card_headers(CARD)).raise_for_status()
    leave_a_copy(client, office.supervisor)
    leave_a_memory(client, office.supervisor, 1)
    desk = factories.desk_key(rows, rows.get_one(Person, office.supervisor.id))
    write_templates(client, office.supervisor, desk.id, 1)
    custodians = [factories.certified(rows, Role.CUSTODIAN) for _ in range(2)]
    rows.commit()
    pair = factories.pair(rows, reporter.epoch.id, *custodians)
    factories.recovery(rows, pair)
    rows.commit()
    return Kept(client, rows, office, reporter, settings.data_dir / "blobs")


def open_a_case(kept: Kept) -> None:
    """Of a report that its reporter took back, with one of everything that a case can have."""
    rows = kept.rows
    owner, other = (factories.certified(rows, Role.CASEWORKER) for _ in range(2))
    case = factories.case(rows, owner)
    factories.report(rows, rows.get_one(Epoch, kept.reporter.epoch.id), state=ReportState.WITHDRAWN, case=case)
    approval = factories.approval(rows, owner, other, subject=ApprovalSubject.CODING, of=case)
    approval.comment, approval.statement = factories.sealed(Kind.TASK), factories.sealed(Kind.MESSAGE)
    piece, answer = factories.sealed(Kind.PART), factories.sealed(Kind.MESSAGE)
    rows.add(CheckpointPiece(case_id=case.id, entry=1, piece=1, sha256=sha256_hex(piece), file=piece))
    rows.add(
        Consent(
            id=factories.id_("con"),
            case_id=case.id,
            person_id=factories.id_("psn"),
            consent_id=factories.id_("cons"),
            number=1,
            status=ConsentStatus.GIVEN,
            method=ConsentMethod.FORM,
            file=answer,
        )
    )
    rows.commit()


def _card_key(today: date) -> SharedKey:
    return SharedKey(
        id=new_id("key"),
        kind=KeyKind.CARD_WRITING,
        recipient="",
        document="",
        token_sha256=sha256_hex(CARD_TOKEN.encode()),
        version=1,
        valid_from=today,
        valid_until=today,
    )


def wait(kept: Kept) -> None:
    """Nobody does anything."""


def withdraw(kept: Kept) -> None:
    post = kept.reporter.post(MessageKind.WITHDRAW)
    kept.client.post("/v1/mailbox", content=post, headers=bearer(kept.reporter.token)).raise_for_status()


def withdraw_the_card(kept: Kept) -> None:
    kept.client.delete("/v1/card", headers=card_headers(CARD)).raise_for_status()


def give_grants_a_last_day(kept: Kept) -> None:
    kept.rows.execute(sa.update(Grant).values(until=kept.office.today + timedelta(days=2)))


def make_another_sheet(kept: Kept) -> None:
    earlier = kept.rows.scalars(sa.select(KeyCopy.file)).all()
    leave_a_copy(kept.client, kept.office.supervisor)
    assert kept.rows.scalars(sa.select(KeyCopy.file).where(KeyCopy.file.in_(earlier))).all() == []
    kept.rows.execute(sa.delete(KeyCopy).where(KeyCopy.file.is_not(None)))  # the one of the other sheet is no subject


def leave_three_more_memories(kept: Kept) -> None:
    for number in (2, 3, 4):
        leave_a_memory(kept.client, kept.office.supervisor, number)
    kept.rows.execute(sa.delete(Memory).where(Memory.number > 1))  # the later ones are no subject


def write_another_version_of_the_templates(kept: Kept) -> None:
    desk = kept.rows.scalars(sa.select(SharedKey.id).where(SharedKey.kind == KeyKind.DESK)).one()
    write_templates(kept.client, kept.office.supervisor, desk, 2)
    kept.rows.execute(sa.delete(TemplatesVersion).where(TemplatesVersion.version > 1))  # that one is no subject


def write_templates(client: TestClient, whose: Staff, key: str, version: int) -> None:
    body = {"version": version, "key": key, "file": factories.in_json(Kind.PART)}
    client.put("/v1/templates", json=body, headers={"Authorization": f"Bearer {whose.session}"}).raise_for_status()


def leave_a_memory(client: TestClient, whose: Staff, number: int) -> None:
    file = factories.sealed(Kind.MEMORY)
    body = {"number": number, "file": b64(file), "signature": b64(sign_file(MEMORY.name, file, whose.signer))}
    headers = {"Authorization": f"Bearer {whose.session}"}
    client.put("/v1/memories", json=body, headers=headers).raise_for_status()


def leave_a_copy(client: TestClient, whose: Staff) -> None:
    """As a machine does it; what is in it is nobody's keys."""
    file = age.encrypt(bytes(classes(Kind.KEYS)[0]), [age.Passphrase("of a sheet", COPY_WORK_FACTOR)])
    body = {"file": b64(file), "signature": b64(sign_file(COPY.name, file, whose.signer))}
    headers = {"Authorization": f"Bearer {whose.session}"}
    client.put("/v1/copy", json=body, headers=headers).raise_for_status()


def take_a_case_back(kept: Kept) -> None:
    """As the client of a member does it, when its only reporter has."""
    case = kept.rows.scalars(sa.select(Case)).one()
    report = kept.rows.scalars(sa.select(Report).where(Report.case_id == case.id)).one()
    headers = factories.signed_in(kept.rows, kept.rows.get_one(Person, case.owner_id)) | factories.writes(version=1)
    kept.rows.commit()
    body = {"report": report.id, "last": [factories.in_json(Kind.SLOT)]}
    kept.client.post(f"/v1/cases/{case.id}/withdrawals", json=body, headers=headers).raise_for_status()


def act_on_it(kept: Kept) -> None:
    """As the first custodian, who gives the key to somebody who may hold it."""
    recovery = kept.rows.scalars(sa.select(Recovery)).one()
    first = kept.rows.get_one(Person, recovery.first_id)
    triager = factories.certified(kept.rows, Role.TRIAGER)
    headers = factories.signed_in(kept.rows, first) | factories.writes()
    kept.rows.commit()
    body = {"grants": [{"grantee": triager.id, "file": factories.in_json(Kind.GRANT)}]}
    kept.client.post(f"/v1/recoveries/{recovery.id}/grants", json=body, headers=headers).raise_for_status()


def make_pairs_anew(kept: Kept) -> None:
    """As a triager does who holds the epoch's key, when no custodian is left."""
    holder = kept.office.supervisor
    headers = {"Authorization": f"Bearer {holder.session}"} | factories.writes()
    body = {"subject": kept.reporter.epoch.id, "generation": 1, "pairs": []}
    kept.client.post("/v1/pairs", json=body, headers=headers).raise_for_status()


@dataclass(frozen=True)
class Way:
    """How an end comes: after what somebody does, which destroys by itself, or else after so many more days."""

    begins: Callable[[Kept], None]
    days: int | None


WAYS: Mapping[End, tuple[Way, ...]] = {
    End.REPORT: (Way(withdraw, None),),
    End.MAILBOX: (Way(withdraw, 30),),
    End.REPLY: (Way(wait, 60), Way(withdraw, None)),
    # The key of a report that nobody decides, and the epoch's with the last of them.
    End.GRANT: (Way(wait, 60), Way(give_grants_a_last_day, 2)),
    End.UPLOAD: (Way(wait, 3), Way(withdraw, None)),
    End.CARD: (Way(withdraw_the_card, None),),
    End.PAIR: (Way(wait, 60), Way(make_pairs_anew, None)),
    End.ACT: (Way(wait, 14), Way(act_on_it, None)),
    End.CASE: (Way(take_a_case_back, None),),
    End.SHEET: (Way(make_another_sheet, None),),
    End.TEMPLATES: (Way(write_another_version_of_the_templates, None),),
    End.MEMORY: (Way(leave_three_more_memories, None),),
}
PLACES = [
    pytest.param(of, place, way, id=f"{of.name} in {place}: {way.begins.__name__}")
    for of in TYPES.values()
    if of.name == "part.case" or not of.name.startswith("part.")  # the service cannot tell one part from another
    for place in of.stored
    for way in WAYS.get(place.end, ())
]


@pytest.mark.parametrize(("of", "place", "way"), PLACES)
def test_what_is_stored_goes_at_its_end(
    kept: Kept, database: Database, today: date, of: SealedType, place: Place, way: Way
) -> None:
    blobs = Blobs(kept.blobs)
    if place.end is End.CASE:
        open_a_case(kept)
    before = kept.left(of, place)
    assert before, f"the scene keeps nothing of {of.name} in {place}"

    way.begins(kept)
    if way.days is not None:
        _sweep(database, blobs, today + timedelta(days=way.days))
        assert kept.left(of, place), f"{of.name} in {place} goes before its end: {place.end}"
        _sweep(database, blobs, today + timedelta(days=way.days + 1))

    assert kept.left(of, place) == set(), f"{of.name} in {place} outlives its end: {place.end}"
    assert not place.is_blob or before & kept.files == set()


def _sweep(database: Database, blobs: Blobs, day: date) -> None:
    app.main.jobs(keyring.load(blobs.directory.parent)).run(
        database, blobs, factories.morning(day), clock_is_right=True
    )


def test_the_key_of_a_report_goes_with_it_and_that_of_its_epoch_stays(
    kept: Kept,
) -> None:
    withdraw(kept)

    subjects = kept.rows.scalars(sa.select(Grant.subject).where(Grant.file.is_not(None), ~OF_SHARED_KEY)).all()
    assert set(subjects) == {kept.reporter.epoch.id}


def test_every_end_but_these_is_brought_about_here() -> None:
    # A proposed root, which is public, ends in tests/intake/key_log/test_proposals.py.
    assert set(End) - set(WAYS) == {End.NEVER, End.KEPT, End.ROOT}
