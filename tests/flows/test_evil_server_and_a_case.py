"""A service that swaps what a case is made of: its journal, parts, key, consents and approvals.

Like `test_evil_server`, of which this is the staff's half: the client stops, or goes on without what does not count,
and writes nothing.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest

from app import age
from app.client import Staff
from app.client.casework import act_approvals, cases, coding_approvals, report_approvals, templates, triage
from app.client.casework.cases import OpenCase
from app.client.intake import epochs
from app.client.machine import sealed
from app.client.machine.sealed import Key
from app.client.machine.seen import SeenMarks
from app.client.machine.staff import NotGranted
from app.client.people import shared_keys
from app.clock import Clock
from app.main import create_app
from app.protocol import journal, statements
from app.protocol.card import TOKEN_SIZE
from app.protocol.case import (
    Assertion,
    Assessment,
    CardNote,
    CaseFile,
    Closing,
    Identity,
    Note,
    SafetyPlan,
    Task,
    of_part,
    tied,
)
from app.protocol.chain import Mark
from app.protocol.documents import Header, bare, parse_document, recipient_sha256, seal
from app.protocol.encoding import b64, canonical, new_id, sha256_hex, unb64
from app.protocol.errors import NotAuthentic
from app.protocol.grants import LOAN, seal_grant
from app.protocol.journal import Checkpoint, Entry, HeldNote, KeyNote, PartNote
from app.protocol.members import MemberList
from app.protocol.receipt import Receipt
from app.protocol.report import Consent, Form, Report
from app.protocol.selectors import Selector
from app.protocol.statements import ApprovalStatement, KeyKind, SharedKey
from app.protocol.types import TYPES
from app.settings import Settings
from app.vocabulary import (
    ApprovalState,
    ApprovalSubject,
    ConsentMethod,
    ConsentScope,
    ConsentStatus,
    GrantKind,
    Imminence,
    Outcome,
    Relation,
    RetentionClass,
    RiskLevel,
    Role,
    SafetyPlanStatus,
    TaskType,
)
from tests.client.casework.scene import CODING, DOCUMENT, FOUND
from tests.flows.evil import (
    HASH,
    Attacker,
    EvilServer,
    Lie,
    attacks,
    each_forgery,
    forgeries,
    grant_file,
    in_json,
    instead,
    stops,
)
from tests.flows.organisation import PASSPHRASE, Organisation
from tests.in_process import InProcess
from tests.strength import HASHER

CAST = {
    "sofia": {Role.SUPERVISOR},
    "tenzin": {Role.TRIAGER, Role.CASEWORKER},
    "leyla": {Role.TRIAGER, Role.CASEWORKER},
    "omid": {Role.CASEWORKER},
    "mina": {Role.TRIAGER},
}
NOW = "2026-06-15T09:00Z"
ELSEWHERE = b64(bytes(TOKEN_SIZE))  # the token of somebody in another case


@dataclass
class World:
    """An organisation with two cases of tenzin's and leyla's. omid, a colleague, has approved the coding of the first.

    leyla is asked too and has not decided. The first case has a part of each type, in two versions or more where it may
    have them. `recipient` is where it is sealed to: the attacker gets more than it can have.
    """

    organisation: Organisation
    case: str
    other: str
    approval: str
    asked: str
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
    with InProcess(create_app(settings, hasher=HASHER)) as http:
        organisation = Organisation(directory / "people", http, clock).found(settings, CAST)
        epochs.rotate(organisation.staff["sofia"])
        tenzin, leyla, omid = (organisation.staff[name] for name in ("tenzin", "leyla", "omid"))
        first, other = (_accepted(organisation, tenzin, leyla) for _ in range(2))
        opened = cases.open_(tenzin, first)
        person = cases.affected(Relation.SELF, statistics=ConsentStatus.GIVEN, by_reporter=None, can_be_asked=True)
        incident = cases.incident(tenzin, person, CODING)
        opened = cases.write(tenzin, opened, replace(opened.file, persons=(person,), incidents=(incident,)))
        opened = cases.write(tenzin, opened, _of_each_type(opened.file), holders=[leyla.person])
        opened = cases.write(tenzin, opened, _changed(opened.file))
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
        asked = coding_approvals.request(tenzin, cases.open_(tenzin, first), leyla.person)
        yield World(organisation, first, other, approval, asked, opened.identity.recipient)


def _of_each_type(file: CaseFile) -> CaseFile:
    """With an assertion, a selector, a card note, who the person is, and of which other case too."""
    [person], [incident] = file.persons, file.incidents
    file = tied(file, person.id, token=ELSEWHERE, by=incident.coder)
    file = file.with_identity(Identity(person.id, names="Lin Wei"))
    said = Assertion(by="the reporter", text="Two men waited.", basis="reporter_belief")
    file = file.with_incident(replace(incident, assertions=(said,)))
    card = CardNote(new_id("card"), incident.id, 0, incident.coder, "1.0.0")
    file = replace(file, selectors=(Selector.of("email", "them@example.org"),), cards=(card,))
    return replace(
        file,
        assessment=Assessment(RiskLevel.HIGH, date(2026, 6, 29)),
        plan=SafetyPlan(SafetyPlanStatus.DRAFT, "Stay with friends."),
        tasks=(Task(new_id("task"), TaskType.CONTACT, "Ask the friends."),),
        notes=(Note(new_id("note"), "They said yes."),),
        closing=Closing("risk_resolved", Outcome.SAFER, RetentionClass.SHORT),
    )


def _changed(file: CaseFile) -> CaseFile:
    """Everything otherwise that may be said otherwise."""
    [person], [incident], [selector] = file.persons, file.incidents, file.selectors
    file = file.with_incident(replace(incident, narrative="They waited twice."))
    file = file.with_identity(replace(file.identities[0], contacts="After seven."))
    changed = replace(selector, value="Them@Example.org")
    file = replace(file, summary="A summary.", persons=(replace(person, note="A note."),), selectors=(changed,))
    return replace(
        file,
        assessment=Assessment(RiskLevel.LOW, date(2026, 7, 29)),
        plan=SafetyPlan(SafetyPlanStatus.AGREED, "Stay with friends."),
        tasks=(replace(file.tasks[0], text="Ask all of them."),),
        closing=Closing("relocated", Outcome.SAFER, RetentionClass.SHORT),
    )


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


def contents(world: World) -> str:
    return f"/v1/cases/{world.case}/contents"


def appended(world: World, evil: EvilServer, after: int, *files: bytes) -> None:
    """The service shows more entries than there are, after the last."""
    more = [{"number": n, "hour": NOW, "file": b64(file)} for n, file in enumerate(files, start=after + 1)]
    evil.lies[contents(world)] = in_json(lambda answer: answer["entries"].extend(more))


def forgetful(world: World, evil: EvilServer, staff: Staff, *, of_all: bool = True) -> Staff:
    """The same person at a machine that has read nothing of any case, and knows, unless `of_all`, how far it was."""
    shutil.rmtree(staff.machine.directory / "journals", ignore_errors=True)
    if of_all:
        staff.machine.seen.unlink()
    http = httpx2.Client(transport=evil, base_url="https://tern.test")
    return Staff(staff.machine.directory, PASSPHRASE, http=http, clock=world.organisation.clock.now)


def test_without_a_lie_the_case_opens(world: World, evil: EvilServer, tenzin: Staff) -> None:
    opened = cases.open_(tenzin, world.case)

    assert (opened.spoiled, opened.set_aside, opened.journal.passed_over) == ((), (), ())
    assert {each.type for each in opened.said.values()} == set(PARTS)
    assert {opened.said[part].type for part, mark in opened.marks.items() if mark.version > 1} == set(CHAINED)
    assert len(cases.list_consents(tenzin, opened)) == 1
    assert len(coding_approvals.approved(tenzin, opened, world.approval).signatures) == 1
    assert evil.written == []


PARTS = [each.name for each in TYPES.values() if each.subjects == ("part",)]
CHAINED = [name for name in PARTS if TYPES[name].chained]


Test = TypeVar("Test", bound=Callable[..., None])


def on_parts(*, older: bool = False) -> Callable[[Test], Test]:
    """Tries a test with each type of part: every one, or those that have versions."""
    types = CHAINED if older else PARTS

    def mark(test: Test) -> Test:
        for each in types:
            test = attacks(each, older=older)(test)
        marked: Test = pytest.mark.parametrize("type_", types)(test)
        return marked

    return mark


def part_of(opened: OpenCase, type_: str) -> str:
    return next(part for part, said in opened.said.items() if said.type == type_)


@pytest.mark.parametrize("lie", ["another", "of another case", "left out"])
@on_parts()
def test_a_part_that_is_not_the_one_that_the_journal_names_is_not_shown(
    world: World, evil: EvilServer, tenzin: Staff, attacker: Attacker, lie: str, type_: str
) -> None:
    honest = cases.open_(world.organisation.staff["tenzin"], world.case)
    part, last = part_of(honest, type_), honest.marks[part_of(honest, type_)].version
    theirs = tenzin.service.get(f"/cases/{world.other}/contents").json()["parts"][0]["file"]
    line_1 = line(world, type_, dict(honest.said[part].body), author=tenzin.person) | {"subject": part}
    forged = b64(attacker.signed_document(line_1, type_, world.recipient, as_=tenzin.person))

    def change(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if lie == "left out":
            return [each for each in items if (each["id"], each["version"]) != (part, last)]
        file = forged if lie == "another" else theirs
        return [each | ({"file": file} if (each["id"], each["version"]) == (part, last) else {}) for each in items]

    evil.lies[contents(world)] = in_json(lambda answer: answer.update(parts=change(answer["parts"])))
    evil.lies[f"/v1/cases/{world.case}/parts/{part}"] = in_json(
        lambda answer: answer.update(items=change(answer["items"]))
    )

    found = cases.open_(tenzin, world.case)

    reason = "missing" if lie == "left out" else "part-hash"
    assert found.spoiled == (cases.SpoiledPart(part, last - 1 or None, f"not authentic: {reason}"),)
    assert {each for each in honest.said if found.said.get(each) == honest.said[each]} == honest.said.keys() - {part}
    assert evil.written == []


@on_parts(older=True)
def test_an_older_version_of_a_part_is_shown_as_such(world: World, evil: EvilServer, tenzin: Staff, type_: str) -> None:
    opened = cases.open_(tenzin, world.case)
    part = part_of(opened, type_)
    [older] = [each for each in versions_of(tenzin, world, part) if each["version"] == 1]
    evil.lies[contents(world)] = in_json(
        lambda answer: answer.update(parts=[older if each["id"] == part else each for each in answer["parts"]])
    )
    evil.lies[f"/v1/cases/{world.case}/parts/{part}"] = in_json(lambda answer: answer.update(items=[older]))

    found = cases.open_(tenzin, world.case)

    assert found.spoiled == (cases.SpoiledPart(part, 1, "not authentic: missing"),)
    assert evil.written == []


def versions_of(staff: Staff, world: World, part: str) -> list[dict[str, Any]]:
    return list(staff.service.items(f"/cases/{world.case}/parts/{part}"))


def test_parts_that_were_swapped_count_for_nothing(world: World, evil: EvilServer, tenzin: Staff) -> None:
    honest = cases.open_(tenzin, world.case)
    swapped = {part_of(honest, "part.person"), part_of(honest, "part.incident")}

    def swap(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        files = [each["file"] for each in items if each["id"] in swapped]
        return [each | ({"file": files.pop()} if each["id"] in swapped else {}) for each in items]

    evil.lies[contents(world)] = in_json(lambda answer: answer.update(parts=swap(answer["parts"])))

    found = cases.open_(tenzin, world.case)

    # The service still shows each version, by which the client sees what was written last.
    assert (found.file, found.spoiled) == (honest.file, ())


def new_key(opened: OpenCase, type_: str) -> age.HybridIdentity:
    """What a part of this type is sealed to: a key of its own, or that of its case."""
    return age.generate() if TYPES[type_].own_key else opened.identity


def key_notes(notes: list[PartNote], secret: age.HybridIdentity) -> tuple[KeyNote, ...]:
    """Those of the parts that have a key of their own."""
    name = recipient_sha256(secret.recipient)
    return tuple(KeyNote(note.id, 1, name) for note in notes if TYPES[note.type].own_key)


def held_notes(notes: list[PartNote], *people: Staff) -> tuple[HeldNote, ...]:
    """That these people have them."""
    held = frozenset(each.person for each in people)
    return tuple(HeldNote(note.id, held) for note in notes if TYPES[note.type].own_key)


def granted(by: Staff, to: Staff, notes: list[PartNote], secret: age.HybridIdentity) -> list[dict[str, Any]]:
    """Their keys, as an answer has them."""
    certified = by.certified(to.person)
    return [
        {"part": note.id, "holders": [], "grants": [by.grant(secret, note.id, certified, GrantKind.ASSIGNED)]}
        for note in notes
        if TYPES[note.type].own_key
    ]


@pytest.mark.parametrize("lie", ["another key", "of another part", "of no holder", "lent", "hidden"])
def test_a_part_whose_own_key_is_not_the_one_that_the_journal_names_stays_closed(
    world: World, evil: EvilServer, tenzin: Staff, lie: str
) -> None:
    """The rest of the case opens. That a grant was hidden a client cannot know: it says that the part is there."""
    leyla = world.organisation.staff["leyla"]
    honest = cases.open_(leyla, world.case)
    part = part_of(honest, "part.identity")
    secret = age.generate() if lie == "another key" else honest.keys.own[part].identity
    grant = leyla.grant(
        secret,
        new_id("part") if lie == "of another part" else part,
        leyla.certified(world.person("omid") if lie == "of no holder" else tenzin.person),
        GrantKind.APPROVAL if lie == "lent" else GrantKind.ASSIGNED,
    )
    grants = [] if lie == "hidden" else [{**grant, "grantee": tenzin.person}]
    evil.lies[contents(world)] = in_json(lambda answer: answer["part_keys"][0].update(grants=grants))

    found = cases.open_(tenzin, world.case)

    reasons = {"another key": "key-name", "of another part": "subject", "lent": "grant-kind"}
    problem = "does not open" if lie == "of no holder" else f"not authentic: {reasons.get(lie)}"
    assert found.spoiled == (() if lie == "hidden" else (cases.SpoiledPart(part, None, problem),))
    assert [each.part for each in found.closed] == ([part] if lie == "hidden" else [])
    assert found.file == replace(honest.file, identities=())
    assert evil.written == []


@on_parts()
def test_a_member_who_names_what_the_service_made_makes_nobody_believe_it(
    world: World, evil: EvilServer, tenzin: Staff, attacker: Attacker, type_: str
) -> None:
    """leyla names parts that nobody of the organisation signed, or that are no such parts: in every way at once."""
    leyla = world.organisation.staff["leyla"]
    honest = cases.open_(world.organisation.staff["tenzin"], world.case)
    body = dict(honest.said[part_of(honest, type_)].body)
    rows = forgeries(type_)
    secret = new_key(honest, type_)
    parts, notes, reasons = list[dict[str, Any]](), list[PartNote](), dict[str, str]()
    for changes, reason in rows.values():
        part = new_id("part")
        sealed_to = {"sealed_to": recipient_sha256(secret.recipient)}
        line_1 = line(world, type_, body, author=leyla.person) | {"subject": part} | sealed_to | changes
        forged = attacker.signed_document(
            line_1, type_, secret.recipient, as_=leyla.person, shown_key=leyla.keys.public_key
        )
        parts.append({"id": part, "version": 1, "file": b64(forged)})
        notes.append(PartNote(part, type_, 1, sha256_hex(forged), of_part(type_, body)))
        reasons[part] = f"not authentic: {reason}"
    entry = Entry(parts=tuple(notes), keys=key_notes(notes, secret), held=held_notes(notes, leyla))
    named = sealed.write(leyla, honest.key, "journal", entry.body(), after=honest.journal.mark)

    def lie(answer: dict[str, Any]) -> None:
        answer["entries"].append({**answer["entries"][-1], "number": honest.version + 1, "file": named.file})
        answer["parts"] += parts
        answer["part_keys"] += granted(leyla, tenzin, notes, secret)

    evil.lies[contents(world)] = in_json(lie)
    evil.answers |= {f"/v1/cases/{world.case}/parts/{each['id']}": canonical({"items": [each]}) for each in parts}

    found = cases.open_(tenzin, world.case)

    assert found.file == honest.file
    assert {each.part: each.problem for each in found.spoiled} == reasons
    assert evil.written == []


def test_a_part_of_a_members_that_breaks_the_rule_of_its_type_is_not_shown(
    world: World, evil: EvilServer, tenzin: Staff
) -> None:
    """leyla's client is a changed one: what she signs says too little, too much, or what another type says."""
    leyla = world.organisation.staff["leyla"]
    honest = cases.open_(world.organisation.staff["tenzin"], world.case)
    bodies = {type_: dict(honest.said[part_of(honest, type_)].body) for type_ in PARTS}
    parts, mark, entries = list[dict[str, Any]](), honest.journal.mark, list[dict[str, Any]]()
    part_keys = list[dict[str, Any]]()
    for type_, other in zip(PARTS, [*PARTS[1:], PARTS[0]], strict=True):
        notes, secret = list[PartNote](), new_key(honest, type_)
        for body in ({}, bodies[type_] | {"more": 1}, bodies[other]):
            part = new_id("part")
            written = sealed.write(leyla, Key(part, secret, 1), type_, body)
            parts.append({"id": part, "version": 1, "file": written.file})
            notes.append(PartNote(part, type_, 1, written.mark.sha256, of_part(type_, bodies[type_])))
        entry = Entry(parts=tuple(notes), keys=key_notes(notes, secret), held=held_notes(notes, leyla))
        named = sealed.write(leyla, honest.key, "journal", entry.body(), after=mark)
        mark = named.mark
        part_keys += granted(leyla, tenzin, notes, secret)
        entries.append({"number": mark.version, "hour": NOW, "file": named.file})

    def lie(answer: dict[str, Any]) -> None:
        answer["entries"] += entries
        answer["parts"] += parts
        answer["part_keys"] += part_keys

    evil.lies[contents(world)] = in_json(lie)
    evil.answers |= {f"/v1/cases/{world.case}/parts/{each['id']}": canonical({"items": [each]}) for each in parts}

    found = cases.open_(tenzin, world.case)

    assert (found.file, found.journal.passed_over) == (honest.file, ())
    assert {each.part for each in found.spoiled} == {each["id"] for each in parts}
    assert {each.version for each in found.spoiled} == {None}
    assert evil.written == []


@each_forgery("journal")
def test_another_beginning_of_a_journal(
    world: World, evil: EvilServer, tenzin: Staff, attacker: Attacker, changes: dict[str, Any], reason: str
) -> None:
    leyla, tenzin = world.organisation.staff["leyla"], forgetful(world, evil, tenzin)
    line_1 = line(world, "journal", first_entry(world), author=leyla.person) | changes
    forged = attacker.signed_document(
        line_1, "journal", world.recipient, as_=leyla.person, shown_key=leyla.keys.public_key
    )
    evil.lies[contents(world)] = in_json(lambda answer: answer["entries"][0].update(file=b64(forged)))

    stops(evil, lambda: cases.open_(tenzin, world.case), reason)


@pytest.mark.parametrize(("junk", "reason"), [("of another length", "envelope"), ("to another key", "another key")])
def test_junk_as_the_beginning_of_a_journal(
    world: World, evil: EvilServer, tenzin: Staff, attacker: Attacker, junk: str, reason: str
) -> None:
    tenzin = forgetful(world, evil, tenzin)
    file = age.encrypt(bytes(4096 if junk == "to another key" else 4095), [attacker.secret.recipient])
    evil.lies[contents(world)] = in_json(lambda answer: answer["entries"][0].update(file=b64(file)))

    stops(evil, lambda: cases.open_(tenzin, world.case), reason)


def first_entry(world: World, *names: str) -> dict[str, Any]:
    """What the first entry of the case could say, of it and of these people."""
    people = frozenset(map(world.person, names or ("leyla", "tenzin")))
    key = KeyNote(world.case, 1, recipient_sha256(world.recipient))
    return Entry(members=MemberList(people), keys=(key,)).body()


@attacks("journal")
def test_later_entries_of_the_services_own_keep_their_places_and_change_nothing(
    world: World, evil: EvilServer, tenzin: Staff, attacker: Attacker
) -> None:
    """One after another, in every way; and what nobody can open, and an entry of another case."""
    leyla, omid = world.organisation.staff["leyla"], world.organisation.staff["omid"]
    honest = cases.open_(world.organisation.staff["tenzin"], world.case)
    mark, files = honest.journal.mark, list[bytes]()
    body = Entry(members=MemberList(frozenset([*honest.members, omid.person]), tenzin.person)).body()

    def follow(file: bytes) -> None:
        nonlocal mark
        files.append(file)
        mark = Mark(mark.version + 1, sha256_hex(file), 1)

    for changes, _ in forgeries("journal").values():
        following = {"version": mark.version + 1, "previous": mark.sha256}
        line_1 = line(world, "journal", body, author=leyla.person) | following | changes
        follow(
            attacker.signed_document(
                line_1, "journal", world.recipient, as_=leyla.person, shown_key=leyla.keys.public_key
            )
        )
    of_other = tenzin.service.get(f"/cases/{world.other}/contents").json()["entries"][0]["file"]
    follow(unb64(str(of_other)))
    follow(age.encrypt(bytes(4096), [attacker.secret.recipient]))
    appended(world, evil, honest.version, *files)

    found = cases.open_(tenzin, world.case)

    assert found.journal.passed_over == tuple(range(honest.version + 1, honest.version + len(files) + 1))
    assert (found.members, found.file) == (honest.members, honest.file)
    assert evil.written == []


@pytest.mark.parametrize("author", ["omid", "mina"])
def test_an_entry_by_somebody_who_is_no_member_changes_nothing(
    world: World, evil: EvilServer, tenzin: Staff, author: str
) -> None:
    """omid was lent the key to approve, mina was removed. Each signs the next entry with a certified key of theirs."""
    leyla, them = world.organisation.staff["leyla"], world.organisation.staff[author]
    if author == "mina":  # in a case of its own, whose key turns
        triager = world.organisation.staff["tenzin"]
        world = replace(world, case=_accepted(world.organisation, triager, leyla))
        cases.change_members(leyla, cases.open_(leyla, world.case), add=[them.person])
        cases.change_members(leyla, cases.open_(leyla, world.case), remove=[them.person])
    honest = cases.open_(leyla, world.case)
    let_in = MemberList(honest.members | {them.person}, honest.member_list.owner)
    entry = sealed.write(them, honest.key, "journal", Entry(members=let_in).body(), after=honest.journal.mark)
    appended(world, evil, honest.version, unb64(entry.file))

    found = cases.open_(tenzin, world.case)

    assert (found.members, found.journal.passed_over) == (honest.members, (honest.version + 1,))
    assert evil.written == []


@attacks("journal", older=True)
@pytest.mark.parametrize("lie", ["the newest left out", "one left out", "swapped", "of one number", "emptied"])
def test_a_journal_that_is_not_the_one_that_was_seen(world: World, evil: EvilServer, tenzin: Staff, lie: str) -> None:
    """Shown to a machine that knows how far it was, and asks for all of it."""

    def change(answer: dict[str, Any]) -> None:
        entries = answer["entries"]
        match lie:
            case "the newest left out":
                entries.pop()
            case "one left out":
                del entries[1]
            case "swapped":
                entries[1]["file"], entries[-1]["file"] = entries[-1]["file"], entries[1]["file"]
            case "of one number":
                entries.append(entries[-1])
            case _:
                entries.clear()

    cases.open_(tenzin, world.case)
    tenzin = forgetful(world, evil, tenzin, of_all=False)
    evil.lies[contents(world)] = in_json(change)

    stops(evil, lambda: cases.open_(tenzin, world.case), "journal")


def test_a_machine_that_knows_a_journal_wants_its_last_entry_shown_again(
    world: World, evil: EvilServer, tenzin: Staff
) -> None:
    cases.open_(tenzin, world.case)
    evil.lies[contents(world)] = in_json(lambda answer: answer["entries"].pop())

    stops(evil, lambda: cases.open_(tenzin, world.case), "journal")


def test_an_entry_left_out_before_a_machine_that_has_seen_none_leaves_nothing_that_follows_it(
    world: World, evil: EvilServer, tenzin: Staff
) -> None:
    """It cannot know that there was more, and sees that what it is shown does not follow."""
    tenzin = forgetful(world, evil, tenzin)

    def change(answer: dict[str, Any]) -> None:
        del answer["entries"][1]
        for number, each in enumerate(answer["entries"], start=1):
            each["number"] = number

    evil.lies[contents(world)] = in_json(change)

    found = cases.open_(tenzin, world.case)

    assert found.journal.passed_over == tuple(range(2, found.version + 1))
    assert found.file.persons == ()
    assert evil.written == []


def test_of_two_entries_of_one_number_a_machine_believes_the_one_that_it_saw_first(
    world: World, evil: EvilServer, tenzin: Staff
) -> None:
    """Both are leyla's and authentic: the service shows one to tenzin, and the other a day later."""
    leyla = world.organisation.staff["leyla"]
    honest = cases.open_(leyla, world.case)
    one, other = (
        unb64(sealed.write(leyla, honest.key, "journal", Entry().body(), after=honest.journal.mark).file)
        for _ in range(2)
    )
    appended(world, evil, honest.version, one)
    assert cases.open_(tenzin, world.case).version == honest.version + 1
    appended(world, evil, honest.version, other)

    stops(evil, lambda: cases.open_(tenzin, world.case), "journal")


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
    head = {"n": 1, "sha256": HASH}
    header |= {"kind": "assigned", "grantor": world.person("leyla"), "at": NOW, "head": head} | changes
    forged = attacker.grant(header, mine, as_=world.person("leyla"))
    evil.lies[contents(world)] = grant_file(tenzin.person, [forged], among="grants")

    stops(evil, lambda: cases.open_(tenzin, world.case), reason)


def test_the_key_of_another_case(world: World, evil: EvilServer, tenzin: Staff) -> None:
    items = tenzin.service.get(f"/cases/{world.other}/contents").json()["grants"]
    theirs = [unb64(str(item["file"])) for item in items if item["grantee"] == tenzin.person]
    evil.lies[contents(world)] = grant_file(tenzin.person, theirs, among="grants")

    stops(evil, lambda: cases.open_(tenzin, world.case), "subject")


def test_a_grant_counts_by_the_name_of_its_key_whoever_granted_it(
    world: World, evil: EvilServer, tenzin: Staff
) -> None:
    """The real key, which omid had for an approval: what it opens is the case, and he tells nobody anything new."""
    omid = world.organisation.staff["omid"]
    honest = cases.open_(world.organisation.staff["tenzin"], world.case)
    me = omid.certified(tenzin.person)
    head = honest.journal.mark
    grant = omid.grant(honest.identity, world.case, me, GrantKind.ASSIGNED, generation=1, head=head)
    handed_on = unb64(str(grant["file"]))
    evil.lies[contents(world)] = grant_file(tenzin.person, [handed_on], among="grants")

    assert cases.open_(tenzin, world.case).file == honest.file


@attacks("grant")
@pytest.mark.parametrize("generation", [1, 2])
@pytest.mark.parametrize(("knows", "reason"), [("the journal", "key-name"), ("nothing", "another key")])
def test_a_key_that_no_entry_names_opens_nothing_whoever_granted_it(
    world: World, evil: EvilServer, tenzin: Staff, attacker: Attacker, knows: str, generation: int, reason: str
) -> None:
    """leyla is a member, and grants another key, a higher one too, under a day before any entry was written."""
    leyla, me = world.organisation.staff["leyla"], tenzin.keys.identity.recipient
    cases.open_(tenzin, world.case)
    if knows == "nothing":
        tenzin = forgetful(world, evil, tenzin)
    granted = seal_grant(
        attacker.secret,
        me,
        org=world.pin,
        subject=world.case,
        generation=generation,
        grantee=tenzin.person,
        kind=GrantKind.ASSIGNED,
        at="2026-06-15T00:00Z",
        signer=leyla.signer,
        head=Mark(1, HASH),
    )
    evil.lies[contents(world)] = grant_file(tenzin.person, [granted], among="grants")

    stops(evil, lambda: cases.open_(tenzin, world.case), reason)


@pytest.mark.parametrize("fault", ["a false key of a high number", "junk"])
def test_a_grant_that_is_not_of_the_case_keeps_no_other_back(
    world: World, evil: EvilServer, tenzin: Staff, attacker: Attacker, fault: str
) -> None:
    """leyla, a member, shuts nobody out by a grant beside the real one."""
    leyla, me = world.organisation.staff["leyla"], tenzin.keys.identity.recipient
    honest = cases.open_(tenzin, world.case)
    items = tenzin.service.get(contents(world).removeprefix("/v1")).json()["grants"]
    real = next(unb64(str(item["file"])) for item in items if item["grantee"] == tenzin.person)
    false = seal_grant(
        attacker.secret,
        me,
        org=world.pin,
        subject=world.case,
        generation=99,
        grantee=tenzin.person,
        kind=GrantKind.ASSIGNED,
        at=NOW,
        signer=leyla.signer,
        head=Mark(1, HASH),
    )
    beside = false if fault.startswith("a false key") else bytes(len(false))
    for order in ([beside, real], [real, beside]):
        evil.lies[contents(world)] = grant_file(tenzin.person, order, among="grants")

        assert cases.open_(tenzin, world.case).file == honest.file


@pytest.fixture
def turned(world: World) -> str:
    """A case with words under each of three keys."""
    tenzin, leyla = (world.organisation.staff[name] for name in ("tenzin", "leyla"))
    opened = cases.open_(tenzin, _accepted(world.organisation, tenzin, leyla))
    for number in (2, 3):
        opened = cases.turn(tenzin, opened)
        opened = cases.write(tenzin, opened, replace(opened.file, title=f"Under key {number}."))
    return opened.id


@attacks("grant")
@pytest.mark.parametrize("hidden", [1, 2])
def test_an_older_key_that_the_service_leaves_out_hides_what_lies_under_it_and_nothing_is_written(
    world: World, evil: EvilServer, tenzin: Staff, turned: str, hidden: int
) -> None:
    """A machine that has read the journal misses reports and earlier versions; a new one has no beginning."""
    honest = cases.open_(tenzin, turned)
    part = part_of(honest, "part.case")
    evil.lies[f"/v1/cases/{turned}/contents"] = in_json(
        lambda answer: answer.update(grants=[each for each in answer["grants"] if each["generation"] > hidden])
    )

    found = cases.open_(tenzin, turned)

    assert found.file == honest.file
    assert len(cases.versions(tenzin, found, part)) == 3 - hidden
    stops(evil, lambda: triage.open_(tenzin, honest.file.reports[0].id), "another key")
    stops(evil, lambda: cases.open_(forgetful(world, evil, tenzin), turned), "another key")


@attacks("grant")
@pytest.mark.parametrize("generation", [1, 2, 3])
def test_a_false_older_key_beside_the_real_one_keeps_it_from_nobody(
    world: World, evil: EvilServer, tenzin: Staff, attacker: Attacker, turned: str, generation: int
) -> None:
    """leyla, a member, seals another to the newest and to each before it."""
    leyla = world.organisation.staff["leyla"]
    honest = cases.open_(leyla, turned)
    false = [
        {
            "grantee": turned,
            "file": leyla.seal_grant(
                attacker.secret,
                turned,
                key.identity.recipient,
                turned,
                GrantKind.CASE,
                generation=generation,
                head=honest.journal.mark,
            ),
        }
        for key in honest.key.all
    ]
    evil.lies[f"/v1/cases/{turned}/contents"] = in_json(
        lambda answer: answer.update(grants=[*false, *answer["grants"], *false])
    )

    found = cases.open_(forgetful(world, evil, tenzin), turned)

    assert (found.file, found.spoiled, found.journal) == (honest.file, (), honest.journal)
    assert [each.generation for each in found.key.older] == [2, 1]


def test_a_duty_to_turn_a_case_that_nobody_left(world: World, evil: EvilServer, tenzin: Staff) -> None:
    cases.turn_where_due(tenzin, world.case)

    assert evil.written == []


@attacks("grant", older=True)
@pytest.mark.parametrize("knows", ["the journal", "how far it was", "nothing"])
def test_a_machine_that_was_given_a_newer_key_writes_nothing_under_an_older_one(
    world: World, evil: EvilServer, tenzin: Staff, turned: str, knows: str
) -> None:
    """The service gives the grant of before. A new machine sees that there are entries which it cannot open."""
    opened = cases.open_(tenzin, turned)
    me = tenzin.certified(tenzin.person)
    first = tenzin.service.get(f"/cases/{turned}/contents").json()["entries"][0]["file"]
    head = Mark(1, sha256_hex(unb64(str(first))))
    older = tenzin.grant(opened.key.of(1).identity, turned, me, GrantKind.ASSIGNED, generation=1, head=head)
    evil.lies[f"/v1/cases/{turned}/contents"] = in_json(lambda answer: answer.update(grants=[older]))
    if knows != "the journal":
        tenzin = forgetful(world, evil, tenzin, of_all=knows == "nothing")

    if knows == "nothing":
        found = cases.open_(tenzin, turned)
        assert found.journal.passed_over == tuple(range(2, opened.version + 1))
    else:
        stops(evil, lambda: cases.open_(tenzin, turned), "generation")
    assert evil.written == []


def shown_once(evil: EvilServer, case: str, change: Callable[[dict[str, Any]], None]) -> None:
    """The service lies to a machine that asks for a checkpoint, and tells all entries to who asks for these."""
    told = list[bool]()

    def lie(answer: dict[str, Any]) -> None:
        if not told:
            change(answer)
        told.append(True)

    evil.lies[f"/v1/cases/{case}/contents"] = in_json(lie)


@each_forgery("checkpoint")
def test_a_checkpoint_that_the_service_made_is_not_believed(
    world: World, evil: EvilServer, tenzin: Staff, attacker: Attacker, changes: dict[str, Any], reason: str
) -> None:
    """leyla, a member, names it, and it says what she wants."""
    leyla = world.organisation.staff["leyla"]
    honest = cases.open_(leyla, world.case)
    text = journal.summary(replace(honest.journal, parts={}))
    [body] = journal.pieces(text)
    line_1 = line(world, "checkpoint", body, author=leyla.person) | changes
    forged = attacker.signed_document(
        line_1, "checkpoint", world.recipient, as_=leyla.person, shown_key=leyla.keys.public_key
    )
    said = Entry(checkpoint=Checkpoint(sha256_hex(text), (sha256_hex(forged),)))
    named = sealed.write(leyla, honest.key, "journal", said.body(), after=honest.journal.mark)
    entry = {"number": honest.version + 1, "hour": NOW, "file": named.file}
    shown_once(evil, world.case, lambda answer: answer.update(entries=[entry], checkpoint=[b64(forged)]))

    found = cases.open_(forgetful(world, evil, tenzin), world.case)

    assert (found.file, found.journal, found.spoiled) == (honest.file, honest.journal, ())
    assert evil.written == []


@attacks("checkpoint")
@pytest.mark.parametrize(
    "lie", ["another file", "a piece left out", "of an entry that names none", "by another member", "of another case"]
)
def test_a_checkpoint_that_is_not_as_it_was_named_is_not_believed(
    world: World, evil: EvilServer, tenzin: Staff, lie: str
) -> None:
    leyla = world.organisation.staff["leyla"]
    honest = cases.open_(leyla, world.case)
    if lie == "of another case":
        text = journal.summary(replace(honest.journal, case=world.other))
    else:
        text = journal.summary(honest.journal)
    halves = (text[:9].decode(), text[9:].decode())
    author = world.organisation.staff["tenzin" if lie == "by another member" else "leyla"]
    pieces = [
        sealed.write(author, honest.key, "checkpoint", {"piece": number, "pieces": 2, "text": half})
        for number, half in enumerate(halves, start=1)
    ]
    said = Checkpoint(sha256_hex(text), tuple(each.mark.sha256 for each in pieces))
    body = Entry(checkpoint=None if lie == "of an entry that names none" else said).body()
    named = sealed.write(leyla, honest.key, "journal", body, after=honest.journal.mark)
    files = [each.file for each in pieces]
    match lie:
        case "another file":
            files[1] = sealed.write(leyla, honest.key, "checkpoint", {}).file
        case "a piece left out":
            files.pop()
    entry = {"number": honest.version + 1, "hour": NOW, "file": named.file}
    shown_once(evil, world.case, lambda answer: answer.update(entries=[entry], checkpoint=files))

    found = cases.open_(forgetful(world, evil, tenzin), world.case)

    assert (found.file, found.journal) == (honest.file, honest.journal)
    assert evil.written == []


@attacks("checkpoint")
@pytest.mark.parametrize("who", ["mina", "omid", "leyla"])
def test_a_checkpoint_of_somebody_who_is_no_member_is_believed_by_nobody_who_has_read_the_case(
    world: World, evil: EvilServer, tenzin: Staff, who: str
) -> None:
    """They say that they are one, or leyla, who is, that nothing happened. A new machine shows whose word that is."""
    leyla, them = world.organisation.staff["leyla"], world.organisation.staff[who]
    honest = cases.open_(leyla, world.case)
    known = cases.open_(tenzin, world.case).journal
    people = honest.members | {them.person}
    false = replace(honest.journal, members=replace(honest.member_list, present=people, ever=people), parts={})
    text = journal.summary(false)
    [piece] = [sealed.write(them, honest.key, "checkpoint", body) for body in journal.pieces(text)]
    said = Entry(checkpoint=Checkpoint(sha256_hex(text), (piece.mark.sha256,)))
    named = sealed.write(them, honest.key, "journal", said.body(), after=honest.journal.mark)
    entry = {"number": honest.version + 1, "hour": NOW, "file": named.file}
    appended(world, evil, honest.version, unb64(named.file))
    found = cases.open_(tenzin, world.case)
    assert (found.file, found.journal.passed_over) == (honest.file, (*known.passed_over, entry["number"]))
    shown: dict[str, Any] = {"entries": [entry], "checkpoint": [piece.file]}
    shown_once(evil, world.case, lambda answer: answer.update(shown))
    new = forgetful(world, evil, tenzin)

    found = cases.open_(new, world.case)

    assert (found.file.incidents, found.journal.summed_up_by) == ((), them.person)
    evil.lies.clear()
    appended(world, evil, honest.version, unb64(named.file))
    stops(evil, lambda: cases.write(new, found, replace(found.file, title="On sand.")), "checkpoint")
    assert cases.open_(new, world.case).file == honest.file


@attacks("journal", older=True)
@pytest.mark.parametrize("lie", ["the newest left out", "of one number"])
@pytest.mark.parametrize("who", ["a new member", "an approver"])
def test_a_new_machine_is_shown_no_case_older_than_who_granted_its_key_had_seen(
    world: World, evil: EvilServer, tmp_path: Path, lie: str, who: str
) -> None:
    tenzin, leyla = (world.organisation.staff[name] for name in ("tenzin", "leyla"))
    opened = cases.open_(tenzin, _accepted(world.organisation, tenzin, leyla))
    opened = cases.write(tenzin, opened, replace(opened.file, title="Which came later."))
    name = "mina" if who == "a new member" else "omid"
    if who == "a new member":
        cases.change_members(tenzin, opened, add=[world.person(name)])
    else:
        coding_approvals.request(tenzin, opened, world.person(name))
    other = sealed.write(leyla, opened.key, "journal", Entry().body(), after=Mark(1, HASH))

    def change(answer: dict[str, Any]) -> None:
        # What is left is one less than the grantor had seen, whose own entry came after.
        del answer["entries"][1:]
        if lie == "of one number":
            answer["entries"].append({"number": 2, "hour": NOW, "file": other.file})

    evil.lies[f"/v1/cases/{opened.id}/contents"] = in_json(change)
    with httpx2.Client(transport=evil, base_url="https://tern.test") as http:
        theirs = world.organisation.copy_of(name, tmp_path / name, http)

        # Where the entry is left out that says of the loan, there is none.
        stops(evil, lambda: cases.open_(theirs, opened.id), "journal" if who == "a new member" else "loan")

        evil.lies.clear()
        assert cases.open_(theirs, opened.id).file == opened.file


def test_a_false_word_of_what_a_grantor_had_seen_shuts_out_nobody_who_has_read_the_case(
    world: World, evil: EvilServer, tenzin: Staff
) -> None:
    """leyla is a member and holds the key. A new machine of tenzin's stops, the one that he works at goes on."""
    leyla = world.organisation.staff["leyla"]
    honest = cases.open_(tenzin, world.case)
    me, head = leyla.certified(tenzin.person), Mark(honest.version + 1, HASH)
    grant = leyla.grant(honest.identity, world.case, me, GrantKind.ASSIGNED, head=head)
    evil.lies[contents(world)] = in_json(lambda answer: answer["grants"].append(grant))

    assert cases.open_(tenzin, world.case).file == honest.file
    stops(evil, lambda: cases.open_(forgetful(world, evil, tenzin), world.case), "journal")


@pytest.mark.parametrize(
    ("grantor", "kind", "reason"),
    [
        ("omid", "assigned", "role"),  # a caseworker who was never there, straight to leyla
        ("mina", "assigned", "version"),  # a triager, straight to leyla
        ("omid", "case", "key-name"),  # to the case, whose recipient he knows
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


def test_a_whole_case_of_somebody_elses_in_the_place_of_the_one_that_was_seen(
    world: World, evil: EvilServer, tenzin: Staff
) -> None:
    """omid was never on it: key and journal are his, and as long as what tenzin has seen and longer."""
    omid, mine = world.organisation.staff["omid"], Key(world.case, age.generate(), 1)
    honest = cases.open_(tenzin, world.case)
    tenzin = forgetful(world, evil, tenzin, of_all=False)
    key = KeyNote(world.case, 1, recipient_sha256(mine.identity.recipient))
    entry = Entry(members=MemberList(frozenset(map(world.person, ["omid", "leyla", "tenzin"]))), keys=(key,))
    entries, mark = list[dict[str, Any]](), None
    for number in range(1, honest.version + 3):
        written = sealed.write(omid, mine, "journal", entry.body(), after=mark)
        entries.append({"number": number, "hour": NOW, "file": written.file})
        entry, mark = Entry(), written.mark
    me = omid.certified(tenzin.person)
    handed = omid.grant(mine.identity, world.case, me, GrantKind.ASSIGNED, head=mark)
    shown = {"grants": [handed], "entries": entries, "parts": []}
    evil.lies[contents(world)] = in_json(lambda answer: answer.update(shown))

    stops(evil, lambda: cases.open_(tenzin, world.case), "journal")


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


@pytest.fixture(scope="module")
def ready(world: World) -> list[dict[str, Any]]:
    """What the service had of answers that are ready, version by version."""
    sofia, shown = world.organisation.staff["sofia"], list[dict[str, Any]]()
    shared_keys.make_shared(sofia, KeyKind.DESK)
    for text in ("We read it.", "We read it today."):
        templates.put(sofia, "read", {"en": text})
        shown.append(sofia.service.get("/templates").json())
    return shown


def shown_as(file: bytes, version: int) -> Lie:
    """The service shows this file as that version."""
    return in_json(lambda answer: answer.update(version=version, sha256=sha256_hex(file), sealed_file=b64(file)))


@each_forgery("templates", type="malformed")
def test_other_answers_that_are_ready(
    world: World,
    ready: list[dict[str, Any]],
    evil: EvilServer,
    tenzin: Staff,
    attacker: Attacker,
    changes: dict[str, Any],
    reason: str,
) -> None:
    held, sofia = shared_keys.hold(tenzin, KeyKind.DESK), world.organisation.staff["sofia"]
    line_1 = line(world, "templates", {"templates": []}, author=sofia.person) | {"subject": "templates"}
    line_1 |= {"sealed_to": recipient_sha256(held.identity.recipient)} | changes
    forged = attacker.signed_document(
        line_1, "templates", held.identity.recipient, as_=sofia.person, shown_key=sofia.keys.public_key
    )
    evil.lies["/v1/templates"] = shown_as(forged, line_1["version"])

    stops(evil, lambda: templates.library(tenzin), reason)


@attacks("templates", older=True)
def test_answers_that_were_ready_before(ready: list[dict[str, Any]], evil: EvilServer, tenzin: Staff) -> None:
    assert templates.named(tenzin, "read").words["en"].text == "We read it today."
    evil.lies["/v1/templates"] = in_json(lambda answer: answer.update(ready[0]))

    stops(evil, lambda: templates.library(tenzin), "version")


@attacks("templates", older=True)
@pytest.mark.parametrize("number", [1, 3])
def test_answers_that_are_ready_under_another_number(
    ready: list[dict[str, Any]], evil: EvilServer, tenzin: Staff, number: int
) -> None:
    evil.lies["/v1/templates"] = in_json(lambda answer: answer.update(version=number))

    stops(evil, lambda: templates.library(tenzin), "number")


@attacks("templates")
@pytest.mark.parametrize(
    "lie", [{"sha256": "0" * 64}, {"sealed_file": None}, {"also": ""}], ids=["hash", "hidden", "more"]
)
def test_answers_that_are_ready_and_hidden_from_who_holds_their_key(
    ready: list[dict[str, Any]], evil: EvilServer, tenzin: Staff, lie: dict[str, Any]
) -> None:
    evil.lies["/v1/templates"] = in_json(lambda answer: answer.update(lie))

    stops(evil, lambda: templates.library(tenzin), "malformed")


@attacks("templates", older=True)
@pytest.mark.parametrize("changes", [{"version": 1}, {"sha256": "0" * 64}])
def test_an_older_version_that_is_said_to_lie_under_another_key(
    ready: list[dict[str, Any]], evil: EvilServer, tenzin: Staff, changes: dict[str, Any]
) -> None:
    templates.library(tenzin)
    evil.lies["/v1/templates"] = in_json(lambda answer: answer.update({"sealed_file": None} | changes))

    stops(evil, lambda: templates.library(tenzin), "version")


@attacks("templates")
def test_answers_of_somebody_who_is_no_supervisor(
    world: World, ready: list[dict[str, Any]], evil: EvilServer, tenzin: Staff, attacker: Attacker
) -> None:
    held, leyla = shared_keys.hold(tenzin, KeyKind.DESK), world.organisation.staff["leyla"]
    line_1 = line(world, "templates", {"templates": []}, author=leyla.person) | {"subject": "templates"}
    line_1 |= {"sealed_to": recipient_sha256(held.identity.recipient)}
    forged = attacker.signed_document(line_1, "templates", held.identity.recipient, signer=leyla.signer)
    evil.lies["/v1/templates"] = shown_as(forged, 1)

    stops(evil, lambda: templates.library(tenzin), "role")


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
        "of": HASH,
        "decision": "approved",
        "cards": [],
    }
    line_1 = line(world, "approval", body, author=omid.person) | changes
    forged = attacker.signed_document(
        line_1, "approval", world.recipient, as_=omid.person, shown_key=omid.keys.public_key
    )
    evil.lies[f"/v1/approvals/{world.approval}"] = in_json(lambda answer: answer.update(statement=b64(forged)))

    stops(evil, lambda: coding_approvals.approved(tenzin, opened, world.approval), reason)


def test_an_approval_by_somebody_else_than_who_was_asked(world: World, evil: EvilServer, tenzin: Staff) -> None:
    opened = cases.open_(tenzin, world.case)
    evil.lies[f"/v1/approvals/{world.approval}"] = in_json(lambda answer: answer.update(approver=world.person("leyla")))

    stops(evil, lambda: coding_approvals.approved(tenzin, opened, world.approval), "request")


def test_an_approval_by_somebody_whom_the_service_chose(
    world: World, evil: EvilServer, tenzin: Staff, attacker: Attacker
) -> None:
    """omid, who had the key for another approval, signs on this one, which leyla was asked for, in the right words."""
    opened = cases.open_(tenzin, world.case)
    word = {"approval": world.asked, "subject": "coding", "object": world.case, "of": HASH}
    omid = world.organisation.staff["omid"]
    line_1 = line(world, "approval", word | {"decision": "approved", "cards": []}, author=omid.person)
    signed_one = attacker.signed_document(line_1, "approval", world.recipient, signer=omid.signer)
    shown = {"approver": omid.person, "state": "approved", "statement": b64(signed_one)}
    evil.lies[f"/v1/approvals/{world.asked}"] = in_json(lambda answer: answer.update(shown))

    stops(evil, lambda: coding_approvals.approved(tenzin, opened, world.asked), "request")


def test_a_machine_that_did_not_ask_believes_no_approval_of_an_outsider(
    world: World, evil: EvilServer, tmp_path: Path
) -> None:
    """Whether anybody asked omid, leyla has the service's word for alone; tenzin did."""
    path = f"/approvals/{world.approval}"
    evil.answers[f"/v1{path}"] = world.organisation.staff["tenzin"].service.get(path).content
    with httpx2.Client(transport=evil, base_url="https://tern.test") as http:
        leyla = world.organisation.copy_of("leyla", tmp_path / "leyla", http)
        opened = cases.open_(leyla, world.case)

        stops(evil, lambda: coding_approvals.approved(leyla, opened, world.approval), "not-a-writer")


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
    path = f"/cases/{case}/contents"
    lent = omid.service.get(path).json()
    evil.answers[f"/v1{path}"] = canonical(lent)
    if found:
        cases.change_members(tenzin, cases.open_(tenzin, case), remove=[tenzin.person], owner=leyla.person)
        now = leyla.service.get(path).json()
        evil.answers[f"/v1{path}"] = canonical({**now, "grants": lent["grants"]})
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

    stops(evil, lambda: coding_approvals.approved(tenzin, opened, world.asked), "request")


def _update(lie: dict[str, Any], answer: dict[str, Any]) -> None:
    answer.update(lie)


def test_an_approval_of_two_that_the_service_puts_in_the_place_of_another(
    world: World, evil: EvilServer, tmp_path: Path
) -> None:
    """leyla asked mina whether tenzin may be put out. The service shows other words than hers, and leyla's own."""
    tenzin, leyla, mina = (world.organisation.staff[name] for name in ("tenzin", "leyla", "mina"))
    case = _accepted(world.organisation, tenzin, leyla)
    opened = cases.change_members(leyla, cases.open_(leyla, case), add=[mina.person])
    out = act_approvals.removal(opened, remove=frozenset([tenzin.person]), owner=leyla.person)
    taken = act_approvals.removal(opened, remove=frozenset(), owner=leyla.person)
    given = dict[str, dict[str, Any]]()
    for name, act in (("asked", out), ("of another act", taken)):
        id_ = act_approvals.request(leyla, opened, act, mina.person)
        act_approvals.decide(mina, act_approvals.review(mina, id_), approved=True)
        given[name] = leyla.service.get(f"/approvals/{id_}").json()
    asked = given["asked"]["id"]
    word = ApprovalStatement(asked, ApprovalSubject.REMOVAL, case, out.sha256(case), ApprovalState.APPROVED)
    own = sealed.write(leyla, opened.key, "approval", word.body()).file
    elsewhere = sealed.write(mina, replace(opened.key, subject=world.other), "approval", word.body()).file
    lies: list[tuple[dict[str, Any], str, bool]] = [
        ({"statement": given["of another act"]["statement"]}, "approval", True),
        ({"statement": elsewhere}, "subject", True),
        ({"statement": own}, "not-a-writer", True),
        ({"statement": own, "approver": leyla.person}, "request", True),
        # A machine that did not ask finds it out before it sends anything.
        ({"statement": own, "approver": leyla.person}, "approval", False),
    ]
    with httpx2.Client(transport=evil, base_url="https://tern.test") as http:
        theirs = world.organisation.copy_of("leyla", tmp_path / "leyla", http)
        for lie, reason, is_known in lies:
            evil.lies[f"/v1/approvals/{asked}"] = in_json(partial(_update, lie))
            if not is_known:
                theirs.seen = SeenMarks(tmp_path / "nothing", theirs.keys.identity)
                shutil.rmtree(theirs.machine.journals)

            def put_out() -> None:
                found = cases.open_(theirs, case)
                text = act_approvals.given(theirs, found, out, asked)
                cases.change_members(theirs, found, remove=[tenzin.person], owner=leyla.person, approval=text)

            stops(evil, put_out, reason)
