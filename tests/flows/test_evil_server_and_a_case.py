"""A service that swaps parts of a case: its document, key, members, consents and approvals. Like `test_evil_server`,
of which this is the staff's half: the client stops, and writes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from app import age
from app.client import Staff
from app.client.casework import cases, coding_approvals, report_approvals, triage
from app.client.casework.cases import OpenCase
from app.client.intake import epochs
from app.client.machine.staff import NotGranted
from app.client.people import shared_keys
from app.clock import Clock
from app.main import create_app
from app.protocol import statements
from app.protocol.chain import Mark
from app.protocol.documents import Header, bare, parse_document, recipient_sha256, seal, signed
from app.protocol.encoding import b64, canonical, new_id, sha256_hex, unb64
from app.protocol.errors import NotAuthentic
from app.protocol.grants import LOAN, seal_grant
from app.protocol.members import MemberList
from app.protocol.opening import Opened
from app.protocol.receipt import Receipt
from app.protocol.report import Consent, Form, Report
from app.protocol.statements import KeyKind, SharedKey
from app.settings import Settings
from app.vocabulary import (
    ApprovalSubject,
    ConsentMethod,
    ConsentScope,
    ConsentStatus,
    GrantKind,
    Imminence,
    Relation,
    Role,
)
from tests.client.casework.scene import CODING, DOCUMENT, FOUND
from tests.flows.evil import HASH, Attacker, EvilServer, attacks, each_forgery, grant_file, in_json, instead, stops
from tests.flows.organisation import PASSPHRASE, Organisation
from tests.strength import HASHER

CAST = {
    "sofia": {Role.SUPERVISOR},
    "tenzin": {Role.TRIAGER, Role.CASEWORKER},
    "leyla": {Role.TRIAGER, Role.CASEWORKER},
    "omid": {Role.CASEWORKER},
    "mina": {Role.TRIAGER},
}
NOW = "2026-06-15T09:00Z"


@dataclass
class World:
    """An organisation with two cases of tenzin's and leyla's. omid, a colleague, has approved the coding of the first.

    leyla is asked too and has not decided. `before` is the first case's document before its last change, `recipient`
    where the case is sealed to: the attacker gets more than it can have.
    """

    organisation: Organisation
    case: str
    other: str
    approval: str
    asked: str
    before: str
    recipient: age.HybridRecipient

    @property
    def pin(self) -> str:
        return self.organisation.pin

    def person(self, name: str) -> str:
        return self.organisation.staff[name].person


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, sqlite_tables: bytes) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("evil-case")
    (directory / "tern.sqlite").write_bytes(sqlite_tables)
    clock = Clock(directory / "clock")
    (directory / "clock").write_text("2026-06-15T09:00:00Z")
    settings = Settings(data_dir=directory, demo=True, demo_clock=clock.told_by)
    with TestClient(create_app(settings, hasher=HASHER), base_url="https://tern.test") as http:
        organisation = Organisation(directory / "people", http, clock).found(settings, CAST)
        epochs.rotate(organisation.staff["sofia"])
        tenzin, leyla, omid = (organisation.staff[name] for name in ("tenzin", "leyla", "omid"))
        first, other = (_accepted(organisation, tenzin, leyla) for _ in range(2))
        opened = cases.open_(tenzin, first)
        before = str(tenzin.service.get(f"/cases/{first}/document").json()["document"])
        person = cases.affected(Relation.SELF, statistics=ConsentStatus.GIVEN, by_reporter=None, can_be_asked=True)
        incident = cases.incident(tenzin, person, CODING)
        opened = cases.write(tenzin, opened, replace(opened.file, persons=(person,), incidents=(incident,)))
        cases.record_consent(
            tenzin,
            opened,
            person=person.id,
            consent=new_id("cons"),
            scope=ConsentScope.STATISTICS,
            status=ConsentStatus.GIVEN,
            method=ConsentMethod.SPOKEN,
        )
        approval = coding_approvals.request(tenzin, opened, omid.person)
        coding_approvals.decide(omid, coding_approvals.review(omid, approval), approved=True)
        asked = coding_approvals.request(tenzin, opened, leyla.person)
        yield World(organisation, first, other, approval, asked, before, opened.identity.recipient)


def _accepted(organisation: Organisation, triager: Staff, colleague: Staff) -> str:
    sent = organisation.reporter().submit(DOCUMENT)
    triage.claim(triager, triage.view(triager, sent.report))
    return triage.accept(
        triager,
        triage.open_(triager, sent.report),
        FOUND,
        owner=triager.person,
        colleagues=[colleague.person],
    )


@pytest.fixture
def evil(world: World) -> EvilServer:
    return EvilServer(world.organisation.http._transport)


@pytest.fixture
def tenzin(world: World, evil: EvilServer, tmp_path: Path) -> Iterator[Staff]:
    """Who has read and written the case before."""
    with httpx2.Client(transport=evil, base_url="https://tern.test") as http:
        yield world.organisation.copy_of("tenzin", tmp_path / "tenzin", http)


@pytest.fixture
def attacker() -> Attacker:
    return Attacker()


def line(world: World, type_: str, body: dict[str, Any], *, author: str) -> dict[str, Any]:
    """Line 1 as the attacker would have it, under a colleague's name."""
    return {
        "v": 1,
        "type": type_,
        "org": world.pin,
        "subject": world.case,
        "version": 1,
        "previous": None,
        "generation": 1,
        "sealed_to": recipient_sha256(world.recipient),
        "author": author,
        "at": NOW,
        "body": body,
    }


def shown_document(answer: dict[str, Any], document: str) -> None:
    answer["document"] = document


def test_without_a_lie_the_case_opens(world: World, evil: EvilServer, tenzin: Staff) -> None:
    opened = cases.open_(tenzin, world.case)

    assert opened.version == 2
    assert len(cases.list_consents(tenzin, opened)) == 1
    assert coding_approvals.approved_file(tenzin, opened, world.approval) == opened.file
    assert evil.written == []


@each_forgery(
    "case",
    ({"type": "consent"}, "type"),
    ({"type": "report"}, "malformed"),
    ({"version": 3, "previous": HASH}, "signature"),
    ({"generation": None}, "signature"),
)
def test_another_document_under_a_colleagues_name_and_key(
    world: World, evil: EvilServer, tenzin: Staff, attacker: Attacker, changes: dict[str, Any], reason: str
) -> None:
    leyla = world.organisation.staff["leyla"]
    body = cases.open_(world.organisation.staff["tenzin"], world.case).file.body()
    line_1 = line(world, "case", body | {"summary": "Nothing happened."}, author=leyla.person) | changes
    forged = attacker.signed_document(
        line_1, "case", world.recipient, as_=leyla.person, shown_key=leyla.keys.public_key
    )
    evil.lies[f"/v1/cases/{world.case}/document"] = in_json(lambda answer: shown_document(answer, b64(forged)))

    stops(evil, lambda: cases.open_(tenzin, world.case), reason)


@pytest.mark.parametrize(
    ("whose", "reason"),
    [("its own name", "uncertified"), ("a colleague's name", "uncertified"), ("nobody's", "malformed")],
)
def test_another_document_under_a_key_of_its_own(
    world: World, evil: EvilServer, tenzin: Staff, attacker: Attacker, whose: str, reason: str
) -> None:
    author = new_id("per") if whose == "its own name" else world.person("leyla")
    body = cases.open_(world.organisation.staff["tenzin"], world.case).file.body()
    line_1 = line(world, "case", body, author=author) | ({"author": None} if whose == "nobody's" else {})
    forged = attacker.signed_document(line_1, "case", world.recipient, as_=author)
    evil.lies[f"/v1/cases/{world.case}/document"] = in_json(lambda answer: shown_document(answer, b64(forged)))

    stops(evil, lambda: cases.open_(tenzin, world.case), reason)


@pytest.mark.parametrize(("under", "reason"), [("omid", "not-a-writer"), ("leyla", "author")])
def test_a_document_by_somebody_certified_who_is_no_member(
    world: World, evil: EvilServer, tenzin: Staff, attacker: Attacker, under: str, reason: str
) -> None:
    """omid was lent the key to approve, and conspires with the service."""
    omid = world.organisation.staff["omid"]
    body = cases.open_(world.organisation.staff["tenzin"], world.case).file.body()
    line_1 = line(world, "case", body, author=world.person(under))
    theirs = attacker.signed_document(line_1, "case", world.recipient, signer=omid.signer)
    evil.lies[f"/v1/cases/{world.case}/document"] = in_json(lambda answer: shown_document(answer, b64(theirs)))

    stops(evil, lambda: cases.open_(tenzin, world.case), reason)


@attacks("case", older=True)
def test_a_document_older_than_this_machine_has_seen(world: World, evil: EvilServer, tenzin: Staff) -> None:
    evil.lies[f"/v1/cases/{world.case}/document"] = in_json(lambda answer: shown_document(answer, world.before))

    stops(evil, lambda: cases.open_(tenzin, world.case), "version")


def test_the_document_of_another_case(world: World, evil: EvilServer, tenzin: Staff) -> None:
    theirs = str(tenzin.service.get(f"/cases/{world.other}/document").json()["document"])
    evil.lies[f"/v1/cases/{world.case}/document"] = in_json(lambda answer: shown_document(answer, theirs))

    stops(evil, lambda: cases.open_(tenzin, world.case), "another key")


GRANT_ROWS: list[tuple[dict[str, Any], str]] = [
    ({"v": 2}, "malformed"),
    ({"org": HASH}, "org"),
    ({"subject": new_id("case")}, "subject"),
    ({"generation": 2}, "uncertified"),
    ({"recipient": HASH}, "recipient"),
    ({"grantee": new_id("per")}, "grantee"),
    ({"sealed_to": HASH}, "sealed_to"),
    ({"kind": "epoch"}, "malformed"),
    ({"kind": "approval"}, "uncertified"),
    ({"grantor": new_id("per")}, "grantor"),
    ({"grantor": None}, "grantor"),
    ({"at": "2026-06-17T09:00Z"}, "at"),
    ({}, "uncertified"),
]


@attacks("grant")
@pytest.mark.parametrize(("changes", "reason"), GRANT_ROWS)
def test_another_key_of_the_case(
    world: World, evil: EvilServer, tenzin: Staff, attacker: Attacker, changes: dict[str, Any], reason: str
) -> None:
    mine = tenzin.keys.identity.recipient
    header = attacker.grant_header(world.pin, world.case, tenzin.person, mine)
    header |= {"kind": "assigned", "grantor": world.person("leyla"), "at": NOW} | changes
    forged = attacker.grant(header, mine, as_=world.person("leyla"))
    evil.lies[f"/v1/cases/{world.case}/grants"] = grant_file(tenzin.person, [forged])

    stops(evil, lambda: cases.open_(tenzin, world.case), reason)


def test_the_key_of_another_case(world: World, evil: EvilServer, tenzin: Staff) -> None:
    items = tenzin.service.get(f"/cases/{world.other}/grants").json()["items"]
    theirs = [unb64(str(item["file"])) for item in items if item["grantee"] == tenzin.person]
    evil.lies[f"/v1/cases/{world.case}/grants"] = grant_file(tenzin.person, theirs)

    stops(evil, lambda: cases.open_(tenzin, world.case), "subject")


def test_a_key_from_somebody_certified_who_was_never_a_member(world: World, evil: EvilServer, tenzin: Staff) -> None:
    """The real key, so that all that is sealed to it opens; but omid had it for an approval, and may not hand it on."""
    omid = world.organisation.staff["omid"]
    case = cases.open_(world.organisation.staff["tenzin"], world.case)
    me = omid.certified(tenzin.person)
    handed_on = unb64(str(omid.grant(case.identity, world.case, me, GrantKind.ASSIGNED, generation=1)["file"]))
    evil.lies[f"/v1/cases/{world.case}/grants"] = grant_file(tenzin.person, [handed_on])

    stops(evil, lambda: cases.open_(tenzin, world.case), "grantor")


@pytest.mark.parametrize(
    ("grantor", "kind", "reason"),
    [
        ("omid", "assigned", "role"),  # a caseworker who was never there, straight to leyla
        ("mina", "assigned", "version"),  # a triager, straight to leyla
        ("omid", "case", "not-a-writer"),  # to the case, whose recipient he knows
        ("nobody", "intake", "version"),  # as a report of an epoch, whose key leyla holds too
    ],
)
def test_another_report_in_the_place_of_one_in_the_case(
    world: World, evil: EvilServer, tmp_path: Path, attacker: Attacker, grantor: str, kind: str, reason: str
) -> None:
    """leyla has opened the case on this machine, and not yet the report."""
    with httpx2.Client(transport=evil, base_url="https://tern.test") as http:
        leyla = world.organisation.copy_of("leyla", tmp_path / "leyla", http)
        report = cases.open_(leyla, world.case).file.reports[0].id
        path = f"/v1/reports/{report}"
        told = leyla.service.get(f"/reports/{report}").json()
        if grantor == "nobody":
            to, where = leyla.epoch_key(told["epoch"]).recipient, told["epoch"]
            grant = seal_grant(attacker.secret, to, **intake_grant(world, report, where))
            evil.lies[path] = in_json(lambda answer: answer.update(case=None))
        else:
            where = leyla.person if kind == "assigned" else world.case
            to = leyla.keys.identity.recipient if kind == "assigned" else world.recipient
            grant = unb64(
                world.organisation.staff[grantor].seal_grant(attacker.secret, report, to, where, GrantKind(kind))
            )
        evil.lies[f"{path}/grants"] = grant_file(where, [grant])
        evil.lies[f"{path}/body"] = instead(another_report(world, report, attacker.secret.recipient))

        stops(evil, lambda: triage.open_(leyla, report), reason)


def test_a_report_that_the_service_calls_by_another_id_is_the_one_that_was_asked_for(
    world: World, evil: EvilServer, tenzin: Staff
) -> None:
    first, other = (cases.open_(tenzin, case).file.reports[0].id for case in (world.case, world.other))
    evil.lies[f"/v1/reports/{first}"] = in_json(lambda answer: answer.update(id=other))

    assert triage.open_(tenzin, first).id == first


def test_a_case_that_lists_another_report_than_the_one_that_was_read(
    world: World, evil: EvilServer, tenzin: Staff
) -> None:
    """leyla is a member, and her version is authentic; tenzin read the report when he accepted it."""
    opened = cases.open_(tenzin, world.other)
    tenzin.machine.seen.unlink()
    tenzin.seen.record("report", opened.file.reports[0].id, Mark(1, HASH, 1))

    stops(evil, lambda: cases.open_(tenzin, world.other), "report")


def intake_grant(world: World, report: str, epoch: str) -> dict[str, Any]:
    """What an unsigned grant says, which anybody can make."""
    return {
        "org": world.pin,
        "subject": report,
        "generation": 1,
        "grantee": epoch,
        "kind": GrantKind.INTAKE,
        "at": NOW[:10],
        "signer": None,
        "language": "fa",
        "danger_now": Imminence.NOW,
    }


def another_report(world: World, report: str, recipient: age.HybridRecipient) -> bytes:
    """A report under this id, and a mailbox of the attacker's for what leyla would answer."""
    receipt = Receipt.generate()
    scopes = (ConsentScope.SERVICE, ConsentScope.CONTACT)
    consents = tuple(Consent(scope, True, new_id("cons")) for scope in scopes)
    form = Form.read({"language": "fa", "text": "x", "answers": {"danger_now": "now", "consent": [*scopes]}})
    mailbox, thread_key = str(receipt.identity.recipient), b64(receipt.thread_key)
    body = Report(
        form=form,
        mailbox=mailbox,
        thread_key=thread_key,
        withdrawal=receipt.withdrawal_sha256,
        attachments=(),
        consents=consents,
    ).body()
    header = Header(
        type="report",
        org=world.pin,
        subject=report,
        version=1,
        previous=None,
        generation=1,
        sealed_to=recipient_sha256(recipient),
        author=None,
        at=NOW[:10],
        body=body,
    )
    return seal(bare(header), recipient)


@each_forgery("members", ({"body": {"members": []}}, "signature"))
def test_another_list_of_members(
    world: World, evil: EvilServer, tenzin: Staff, attacker: Attacker, changes: dict[str, Any], reason: str
) -> None:
    leyla = world.organisation.staff["leyla"]
    listed = MemberList(frozenset([tenzin.person, leyla.person, world.person("omid")]), tenzin.person).body()
    line_1 = line(world, "members", listed, author=leyla.person) | changes
    forged = attacker.signed_document(
        line_1, "members", world.recipient, as_=leyla.person, shown_key=leyla.keys.public_key
    )
    evil.lies[f"/v1/cases/{world.case}/members"] = in_json(
        lambda answer: answer["items"][0].update(statement=b64(forged))
    )

    stops(evil, lambda: cases.open_(tenzin, world.case), reason)


def test_a_member_who_let_themselves_in(world: World, evil: EvilServer, tenzin: Staff, attacker: Attacker) -> None:
    """omid signs the next statement with his own certified key, and the service hangs it on."""
    omid = world.organisation.staff["omid"]
    shown = tenzin.service.get(f"/cases/{world.case}/members").json()["items"]
    genesis = sha256_hex(unb64(str(shown[0]["statement"])))
    listed = MemberList(frozenset([tenzin.person, world.person("leyla"), omid.person]), tenzin.person).body()
    line_1 = line(world, "members", listed, author=omid.person) | {"version": 2, "previous": genesis}
    theirs = attacker.signed_document(line_1, "members", world.recipient, signer=omid.signer)
    evil.lies[f"/v1/cases/{world.case}/members"] = in_json(
        lambda answer: answer["items"].append({"version": 2, "statement": b64(theirs)})
    )

    opened = cases.open_(tenzin, world.case)

    assert opened.members == {tenzin.person, world.person("leyla")}
    assert opened.member_list.passed_over == (2,)


@attacks("members")
def test_a_later_list_that_is_junk_closes_no_case(
    world: World, evil: EvilServer, tenzin: Staff, attacker: Attacker
) -> None:
    evil.lies[f"/v1/cases/{world.case}/members"] = in_json(
        lambda answer: answer["items"].append(
            {"version": 2, "statement": b64(age.encrypt(bytes(64 * 1024), [attacker.secret.recipient]))}
        )
    )

    opened = cases.open_(tenzin, world.case)

    assert opened.members == {tenzin.person, world.person("leyla")}
    assert opened.member_list.passed_over == (2,)


def test_a_whole_case_of_somebody_elses_in_the_place_of_the_one_that_was_seen(
    world: World, evil: EvilServer, tenzin: Staff
) -> None:
    """omid was never on it: key, members and document are his, all longer by two than what tenzin has seen."""
    omid, mine = world.organisation.staff["omid"], age.generate()
    chain: list[Opened] = []
    files: list[bytes] = []
    for names in (["omid"], ["omid"], ["omid", "leyla", "tenzin"]):
        header = Header.new(
            "members",
            world.case,
            MemberList(frozenset(map(world.person, names))).body(),
            org=world.pin,
            author=omid.person,
            at=omid.hour,
            to=mine.recipient,
            generation=1,
            after=chain[-1].mark if chain else None,
        )
        statement = signed(header, omid.signer)
        files.append(seal(statement, mine.recipient))
        chain.append(Opened(statement, sha256_hex(files[-1]), None))
    forged = by(omid, world, mine, version=4, previous=HASH)
    handed = unb64(str(omid.grant(mine, world.case, omid.certified(tenzin.person), GrantKind.ASSIGNED)["file"]))
    evil.lies[f"/v1/cases/{world.case}/grants"] = grant_file(tenzin.person, [handed])
    evil.lies[f"/v1/cases/{world.case}/members"] = in_json(
        lambda answer: answer.update(items=[{"version": n, "statement": b64(file)} for n, file in enumerate(files, 1)])
    )
    evil.lies[f"/v1/cases/{world.case}/document"] = in_json(lambda answer: shown_document(answer, b64(forged)))

    stops(evil, lambda: cases.open_(tenzin, world.case), "members-chain")


def test_a_document_that_leaves_out_the_versions_that_lead_to_it(world: World, evil: EvilServer, tenzin: Staff) -> None:
    """leyla is a member. What she shows is two versions on from what tenzin has seen, and does not follow from it."""
    leyla = world.organisation.staff["leyla"]
    key = cases.open_(world.organisation.staff["tenzin"], world.case).identity
    between = by(leyla, world, key, version=3, previous=cases.open_(tenzin, world.case).sha256)
    last = by(leyla, world, key, version=4, previous=HASH)
    evil.lies[f"/v1/cases/{world.case}/document"] = in_json(lambda answer: shown_document(answer, b64(last)))
    evil.answers[f"/v1/cases/{world.case}/documents/3"] = canonical({"document": b64(between)})

    stops(evil, lambda: cases.open_(tenzin, world.case), "previous")


def by(author: Staff, world: World, key: age.HybridIdentity, *, version: int, previous: str) -> bytes:
    """The case as it is, in another version that this colleague has signed."""
    body = cases.open_(world.organisation.staff["tenzin"], world.case).file.body()
    header = Header(
        type="case",
        org=world.pin,
        subject=world.case,
        version=version,
        previous=previous,
        generation=1,
        sealed_to=recipient_sha256(key.recipient),
        author=author.person,
        at=author.hour,
        body=body,
    )
    return seal(signed(header, author.signer), key.recipient)


@attacks("members", older=True)
def test_a_chain_of_members_that_was_cut_off(world: World, evil: EvilServer, tenzin: Staff) -> None:
    evil.lies[f"/v1/cases/{world.case}/members"] = in_json(lambda answer: answer.update(items=[]))

    stops(evil, lambda: cases.open_(tenzin, world.case), "members-chain")


@each_forgery("consent")
def test_another_consent(
    world: World, evil: EvilServer, tenzin: Staff, attacker: Attacker, changes: dict[str, Any], reason: str
) -> None:
    leyla = world.organisation.staff["leyla"]
    opened = cases.open_(tenzin, world.case)
    body = {
        "person": opened.file.persons[0].id,
        "consent": new_id("cons"),
        "scope": "publication",
        "status": "given",
        "method": "form",
        "wording": "",
    }
    line_1 = line(world, "consent", body, author=leyla.person) | changes
    forged = attacker.signed_document(
        line_1, "consent", world.recipient, as_=leyla.person, shown_key=leyla.keys.public_key
    )
    evil.lies[f"/v1/cases/{world.case}/consents"] = in_json(
        lambda answer: answer["items"].append(
            {
                **{name: body[name] for name in ("person", "consent", "status", "method")},
                "number": 1,
                "file": b64(forged),
            }
        )
    )

    found = cases.read_consents(tenzin, opened)

    assert body["consent"] not in {each.id for each in found.newest}
    assert [(each.id, each.problem) for each in found.spoiled] == [(body["consent"], f"not authentic: {reason}")]


def test_a_consent_that_the_service_shows_as_another_answer(world: World, evil: EvilServer, tenzin: Staff) -> None:
    """What was sealed counts, and the difference is told."""
    opened = cases.open_(tenzin, world.case)
    honest = cases.read_consents(tenzin, opened)
    evil.lies[f"/v1/cases/{world.case}/consents"] = in_json(
        lambda answer: answer["items"][0].update(status="withdrawn")
    )

    found = cases.read_consents(tenzin, opened)

    assert found.newest == honest.newest
    assert [each.problem for each in found.spoiled] == ["shown as another answer"]


def test_a_withdrawal_that_the_service_shows_before_the_consent(world: World, evil: EvilServer, tenzin: Staff) -> None:
    opened = twice_answered(world)
    evil.lies[f"/v1/cases/{world.other}/consents"] = in_json(lambda answer: answer["items"].reverse())

    assert [each.status for each in cases.list_consents(tenzin, opened)] == [ConsentStatus.WITHDRAWN]


@attacks("key", older=True)
@pytest.mark.parametrize("left_out", [1, 2])
def test_a_shared_key_that_the_service_leaves_out(world: World, evil: EvilServer, tenzin: Staff, left_out: int) -> None:
    for _ in range(2):
        shared_keys.make_shared(world.organisation.staff["sofia"], KeyKind.STATISTICS)
    newest = shared_keys.newest_key(tenzin, KeyKind.STATISTICS).version
    evil.lies["/v1/keys"] = in_json(
        lambda answer: answer.update(
            items=[each for each in answer["items"] if version_of(each["document"]) != newest - left_out + 1]
        )
    )

    stops(evil, lambda: shared_keys.newest_key(tenzin, KeyKind.STATISTICS), "key-chain")


@attacks("key")
@pytest.mark.parametrize(("under", "reason"), [("sofia", "signer"), ("leyla", "signer")])
def test_a_shared_key_of_the_services_own(
    world: World, evil: EvilServer, tenzin: Staff, attacker: Attacker, under: str, reason: str
) -> None:
    today = tenzin.today
    key = SharedKey(new_id("key"), KeyKind.STATISTICS, attacker.secret.recipient, today, today)
    forged = statements.state_key(key, org=world.pin, signer=attacker.signer(world.person(under))).text.decode()
    evil.lies["/v1/keys"] = in_json(lambda answer: answer.update(items=[{"document": forged}]))

    stops(evil, lambda: shared_keys.newest_key(tenzin, KeyKind.STATISTICS), reason)


def version_of(document: str) -> int:
    return parse_document(document.encode()).header.version


@attacks("consent", older=True)
@pytest.mark.parametrize("left_out", [[0], [1], [0, 1]])
def test_an_answer_that_the_service_leaves_out(
    world: World, evil: EvilServer, tenzin: Staff, left_out: list[int]
) -> None:
    """Also where it leaves out all answers of a consent id."""
    opened = twice_answered(world)
    cases.list_consents(tenzin, opened)

    def change(answer: dict[str, Any]) -> None:
        answer["items"] = [item for place, item in enumerate(answer["items"]) if place not in left_out]

    evil.lies[f"/v1/cases/{world.other}/consents"] = in_json(change)

    stops(evil, lambda: cases.list_consents(tenzin, opened), "consent-chain")


def twice_answered(world: World) -> OpenCase:
    """The second case, with an answer that was withdrawn by another colleague than who took it."""
    tenzin, leyla = (world.organisation.staff[name] for name in ("tenzin", "leyla"))
    opened = cases.open_(tenzin, world.other)
    if not cases.list_consents(tenzin, opened):
        consent, person, after = new_id("cons"), new_id("psn"), None
        for who, status in ((tenzin, ConsentStatus.GIVEN), (leyla, ConsentStatus.WITHDRAWN)):
            cases.record_consent(
                who,
                opened,
                person=person,
                consent=consent,
                scope=ConsentScope.PUBLICATION,
                status=status,
                method=ConsentMethod.SPOKEN,
                after=after,
            )
            [after] = [each.mark for each in cases.list_consents(who, opened)]
    return opened


@pytest.mark.parametrize("asked", [ApprovalSubject.WAITING, ApprovalSubject.ABUSIVE])
def test_a_signature_is_under_what_was_reviewed(
    world: World, evil: EvilServer, tmp_path: Path, asked: ApprovalSubject
) -> None:
    """The service says, once the report was read, that something else was asked about it."""
    tenzin, colleague = world.organisation.staff["tenzin"], "sofia" if asked is ApprovalSubject.WAITING else "mina"
    sent = world.organisation.reporter().submit(DOCUMENT)
    triage.claim(tenzin, triage.view(tenzin, sent.report))
    opened = triage.open_(tenzin, sent.report)
    approval = report_approvals.request(tenzin, opened, asked, world.person(colleague))
    other = next(each for each in (ApprovalSubject.WAITING, ApprovalSubject.ABUSIVE) if each is not asked)
    with httpx2.Client(transport=evil, base_url="https://tern.test") as http:
        theirs = world.organisation.copy_of(colleague, tmp_path / colleague, http)
        reviewed = report_approvals.review(theirs, approval)
        evil.lies[f"/v1/approvals/{approval}"] = in_json(lambda answer: answer.update(subject=other.value))
        report_approvals.decide(theirs, reviewed, approved=True)

    signed_one = unb64(str(tenzin.service.get(f"/approvals/{approval}").json()["statement"]))
    said = parse_document(age.decrypt(signed_one, [opened.identity])).header.body
    assert (said["subject"], said["object"], said["of"]) == (asked, sent.report, opened.sha256)


@each_forgery("approval")
def test_another_approval(
    world: World, evil: EvilServer, tenzin: Staff, attacker: Attacker, changes: dict[str, Any], reason: str
) -> None:
    omid = world.organisation.staff["omid"]
    opened = cases.open_(tenzin, world.case)
    body = {
        "approval": world.approval,
        "subject": "coding",
        "object": world.case,
        "of": opened.sha256,
        "decision": "approved",
    }
    line_1 = line(world, "approval", body, author=omid.person) | changes
    forged = attacker.signed_document(
        line_1, "approval", world.recipient, as_=omid.person, shown_key=omid.keys.public_key
    )
    evil.lies[f"/v1/approvals/{world.approval}"] = in_json(lambda answer: answer.update(statement=b64(forged)))

    stops(evil, lambda: coding_approvals.approved_file(tenzin, opened, world.approval), reason)


def test_an_approval_by_somebody_else_than_who_was_asked(world: World, evil: EvilServer, tenzin: Staff) -> None:
    opened = cases.open_(tenzin, world.case)
    evil.lies[f"/v1/approvals/{world.approval}"] = in_json(lambda answer: answer.update(approver=world.person("leyla")))

    stops(evil, lambda: coding_approvals.approved_file(tenzin, opened, world.approval), "request")


def test_an_approval_by_somebody_whom_the_service_chose(
    world: World, evil: EvilServer, tenzin: Staff, attacker: Attacker
) -> None:
    """omid, who had the key for another approval, signs on this one, which leyla was asked for, in the right words."""
    opened = cases.open_(tenzin, world.case)
    word = {"approval": world.asked, "subject": "coding", "object": world.case, "of": opened.sha256}
    omid = world.organisation.staff["omid"]
    line_1 = line(world, "approval", word | {"decision": "approved"}, author=omid.person)
    signed_one = attacker.signed_document(line_1, "approval", world.recipient, signer=omid.signer)
    shown = {"approver": omid.person, "state": "approved", "statement": b64(signed_one)}
    evil.lies[f"/v1/approvals/{world.asked}"] = in_json(lambda answer: answer.update(shown))

    stops(evil, lambda: coding_approvals.approved_file(tenzin, opened, world.asked), "request")


def test_a_machine_that_did_not_ask_believes_no_approval_of_an_outsider(
    world: World, evil: EvilServer, tmp_path: Path
) -> None:
    """Whether anybody asked omid, leyla has the service's word for alone; tenzin did."""
    path = f"/approvals/{world.approval}"
    evil.answers[f"/v1{path}"] = world.organisation.staff["tenzin"].service.get(path).content
    with httpx2.Client(transport=evil, base_url="https://tern.test") as http:
        leyla = world.organisation.copy_of("leyla", tmp_path / "leyla", http)
        opened = cases.open_(leyla, world.case)

        stops(evil, lambda: coding_approvals.approved_file(leyla, opened, world.approval), "not-a-writer")


@pytest.mark.parametrize("name", ["subject", "object", "requester", "approver", "of"])
def test_what_was_shown_in_one_run_is_what_is_signed_in_the_next(
    world: World, evil: EvilServer, tmp_path: Path, name: str
) -> None:
    tenzin = world.organisation.staff["tenzin"]
    sent = world.organisation.reporter().submit(DOCUMENT)
    triage.claim(tenzin, triage.view(tenzin, sent.report))
    opened = triage.open_(tenzin, sent.report)
    approval = report_approvals.request(tenzin, opened, ApprovalSubject.ABUSIVE, world.person("mina"))
    others = {
        "subject": "waiting",
        "object": cases.open_(tenzin, world.case).file.reports[0].id,
        "requester": world.person("leyla"),
        "approver": world.person("leyla"),
        "of": HASH,
    }
    with httpx2.Client(transport=evil, base_url="https://tern.test") as http:
        mina = world.organisation.copy_of("mina", tmp_path / "mina", http)
        report_approvals.review(mina, approval)
        evil.lies[f"/v1/approvals/{approval}"] = in_json(lambda answer: answer.update({name: others[name]}))
        next_run = Staff(mina.machine.directory, PASSPHRASE, http=http, clock=mina._clock)

        stops(evil, lambda: report_approvals.review(next_run, approval), "request")


@pytest.mark.parametrize(("lie", "found"), [("its lender has left", "grantor"), ("its days are over", "")])
def test_what_was_lent_opens_no_longer_whatever_the_service_gives(
    world: World, evil: EvilServer, tmp_path: Path, lie: str, found: str
) -> None:
    """The service gives omid again what tenzin has lent him."""
    tenzin, leyla, omid = (world.organisation.staff[name] for name in ("tenzin", "leyla", "omid"))
    case = _accepted(world.organisation, tenzin, leyla)
    asked = coding_approvals.request(tenzin, cases.open_(tenzin, case), omid.person)
    told = [f"/cases/{case}/{part}" for part in ("grants", "members", "document")]
    evil.answers |= {f"/v1{path}": omid.service.get(path).content for path in told}
    if found:
        mina = world.organisation.staff["mina"]
        cases.change_members(leyla, cases.open_(leyla, case), add=[mina.person])
        cases.change_members(mina, cases.open_(mina, case), agree=[tenzin.person])
        cases.change_members(leyla, cases.open_(leyla, case), remove=[tenzin.person], owner=leyla.person)
        for path in told[1:]:
            evil.answers[f"/v1{path}"] = leyla.service.get(path).content
    assert omid.service.get(f"/approvals/{asked}").status == 200
    later = omid.now if found else omid.now + LOAN + timedelta(days=1)
    with httpx2.Client(transport=evil, base_url="https://tern.test") as http:
        theirs = world.organisation.copy_of("omid", tmp_path / "omid", http)
        theirs._clock = lambda: later

        with pytest.raises((NotAuthentic, NotGranted)) as caught:
            cases.open_(theirs, case)

    assert getattr(caught.value, "reason", "") == found


def test_the_approval_of_another_request(world: World, evil: EvilServer, tenzin: Staff) -> None:
    opened = cases.open_(tenzin, world.case)
    approved = tenzin.service.get(f"/approvals/{world.approval}").content
    evil.lies[f"/v1/approvals/{world.asked}"] = instead(approved)

    stops(evil, lambda: coding_approvals.approved_file(tenzin, opened, world.asked), "request")
