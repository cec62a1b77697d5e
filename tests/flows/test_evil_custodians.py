"""A service that swaps what two custodians have: a pair, an act, what was peeled, what was granted by both."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app import age
from app.client import Staff
from app.client.casework import cases, recoveries, triage
from app.client.intake import epochs
from app.client.people import custodians
from app.clock import Clock
from app.main import create_app
from app.protocol import intake
from app.protocol.documents import Header, recipient_sha256, seal, signed
from app.protocol.encoding import b64, new_id, sha256_hex, unb64
from app.protocol.pairs import Pair, Recovery, RecoveryReason
from app.protocol.types import TYPES
from app.settings import Settings
from app.vocabulary import GrantKind, Role
from tests.client.casework.scene import DOCUMENT, FOUND
from tests.flows.evil import HASH, Attacker, EvilServer, each_forgery, in_json, stops
from tests.flows.organisation import Organisation
from tests.in_process import InProcess
from tests.strength import HASHER

CAST = {
    "sofia": {Role.SUPERVISOR},
    "tenzin": {Role.TRIAGER, Role.CASEWORKER},
    "nima": {Role.CUSTODIAN},
    "rosa": {Role.CUSTODIAN},
}
NOW = "2026-06-15T09:00Z"


@dataclass
class World:
    """Two epochs with pairs. Of the second the second custodian has peeled theirs for the first, for the supervisor.

    Two cases with pairs; `old_pair` is of the second, from before its key turned.
    """

    organisation: Organisation
    epochs: list[str]
    pair: str
    recovery: str
    first: str
    second: str
    cases: list[str]
    old_pair: bytes

    @property
    def subject(self) -> str:
        return self.epochs[1]

    def staff(self, name: str) -> Staff:
        return self.organisation.staff[name]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, sqlite_tables: bytes) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("evil-custodians")
    (directory / "tern.sqlite").write_bytes(sqlite_tables)
    clock = Clock(directory / "clock")
    (directory / "clock").write_text("2026-06-15T09:00:00Z")
    settings = Settings(data_dir=directory, demo=True, demo_clock=clock.told_by)
    with InProcess(create_app(settings, hasher=HASHER)) as http:
        organisation = Organisation(directory / "people", http, clock).found(settings, CAST)
        sofia = organisation.staff["sofia"]
        epochs.rotate(sofia)
        ids = [intake.read(each).epoch for each in sofia.log.intakes]
        first, second = sorted(("nima", "rosa"), key=lambda name: organisation.staff[name].person)
        peeling = organisation.staff[second]
        pair = id_of_pair(peeling, ids[1])
        custodians.peel(peeling, ids[1], [sofia.person], RecoveryReason.LOST)
        [told] = custodians.recoveries(peeling)
        cases_ = [accepted(organisation) for _ in range(2)]
        old = pair_of(peeling, cases_[1])
        tenzin = organisation.staff["tenzin"]
        cases.turn(tenzin, cases.open_(tenzin, cases_[1]))
        yield World(organisation, ids, pair, told.id, first, second, cases_, old)


def accepted(organisation: Organisation) -> str:
    tenzin, sent = organisation.staff["tenzin"], organisation.reporter().submit(DOCUMENT)
    triage.claim(tenzin, triage.view(tenzin, sent.report))
    return triage.accept(tenzin, triage.open_(tenzin, sent.report), FOUND, owner=tenzin.person, title="A title")


def id_of_pair(second: Staff, subject: str) -> str:
    [pair] = [each.id for each in custodians.pairs(second) if each.subject == subject]
    return pair


def pair_of(second: Staff, subject: str) -> bytes:
    return unb64(second.service.get(f"/pairs/{id_of_pair(second, subject)}").json()["file"])


@pytest.fixture
def evil(world: World) -> EvilServer:
    return EvilServer(world.organisation.http._transport)


@pytest.fixture
def http(evil: EvilServer) -> Iterator[httpx2.Client]:
    with httpx2.Client(transport=evil, base_url="https://tern.test") as http:
        yield http


@pytest.fixture
def first(world: World, http: httpx2.Client, tmp_path: Path) -> Staff:
    return world.organisation.copy_of(world.first, tmp_path / "first", http)


@pytest.fixture
def second(world: World, http: httpx2.Client, tmp_path: Path) -> Staff:
    return world.organisation.copy_of(world.second, tmp_path / "second", http)


@pytest.fixture
def sofia(world: World, http: httpx2.Client, tmp_path: Path) -> Staff:
    return world.organisation.copy_of("sofia", tmp_path / "sofia", http)


@pytest.fixture
def attacker() -> Attacker:
    return Attacker()


def line(world: World, type_: str, author: str, to: age.HybridRecipient, body: dict[str, Any]) -> dict[str, Any]:
    """What the honest author would have written, up to who proves it."""
    return {
        "v": 1,
        "type": type_,
        "org": world.staff("sofia").org,
        "subject": world.subject,
        "version": 1,
        "previous": None,
        "generation": None,
        "sealed_to": recipient_sha256(to),
        "author": author,
        "at": NOW,
        "body": body,
    }


def peels(world: World, second: Staff) -> None:
    custodians.peel(second, world.subject, [world.staff("sofia").person], RecoveryReason.LOST)


def shows_pair(evil: EvilServer, world: World, file: bytes) -> None:
    evil.lies[f"/v1/pairs/{world.pair}"] = in_json(lambda answer: answer.update(file=b64(file)))


@each_forgery("pair")
def test_another_pair(
    world: World, evil: EvilServer, second: Staff, attacker: Attacker, changes: dict[str, Any], reason: str
) -> None:
    tenzin, to = world.staff("tenzin"), second.keys.identity.recipient
    line_1 = line(world, "pair", tenzin.person, to, {}) | changes
    forged = attacker.signed_document(line_1, "pair", to, as_=tenzin.person, shown_key=tenzin.keys.public_key)
    shows_pair(evil, world, forged)

    stops(evil, lambda: peels(world, second), reason)


def made_by_a_holder(world: World, second: Staff, pair: Pair, *, subject: str | None = None) -> bytes:
    """A pair that a triager signs who is on the attacker's side."""
    tenzin, to = world.staff("tenzin"), second.keys.identity.recipient
    header = Header.new(
        "pair", subject or world.subject, pair.body(), org=tenzin.org, author=tenzin.person, at=NOW, to=to
    )
    return seal(signed(header, tenzin.signer), to)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"generation": 99}, "recipient"),
        ({"recipient": HASH}, "recipient"),
        ({"custodians": ("per_" + "0" * 32, "per_" + "f" * 32)}, "pair"),
    ],
    ids=["generation 99", "of another key", "for other custodians"],
)
def test_a_pair_that_somebody_made_for_another_key_or_others(
    world: World, evil: EvilServer, second: Staff, change: dict[str, Any], reason: str
) -> None:
    tenzin = world.staff("tenzin")
    recipient = recipient_sha256(tenzin.epoch_key(world.subject).recipient)
    (length,) = TYPES["grant"].lengths
    pair = Pair(1, recipient, (world.staff(world.first).person, second.person), bytes(length))
    shows_pair(evil, world, made_by_a_holder(world, second, replace(pair, **change)))

    stops(evil, lambda: peels(world, second), reason)


def test_the_pair_of_another_epoch(world: World, evil: EvilServer, second: Staff) -> None:
    shows_pair(evil, world, pair_of(world.staff(world.second), world.epochs[0]))

    stops(evil, lambda: peels(world, second), "subject")


def test_the_pair_of_another_case(world: World, evil: EvilServer, second: Staff) -> None:
    """Who signs for one case would hand out the key of another."""
    case, other = world.cases
    honest, tenzin = world.staff(world.second), world.staff("tenzin").person
    theirs = b64(pair_of(honest, other))
    evil.lies[f"/v1/pairs/{id_of_pair(honest, case)}"] = in_json(lambda answer: answer.update(file=theirs))

    stops(evil, lambda: custodians.peel(second, case, [tenzin], RecoveryReason.LOST), "subject")


def test_the_pair_of_a_case_from_before_its_key_turned(
    world: World, evil: EvilServer, first: Staff, second: Staff
) -> None:
    """Who holds no newer key cannot tell. Whoever holds the newest passes over what they do by the older one."""
    case, sofia = world.cases[1], world.staff("sofia").person
    shown = id_of_pair(world.staff(world.second), case)
    evil.lies[f"/v1/pairs/{shown}"] = in_json(lambda answer: answer.update(file=b64(world.old_pair)))
    custodians.peel(second, case, [sofia], RecoveryReason.LOST)
    [waits] = [each.id for each in custodians.recoveries(first) if each.subject == case]
    recoveries.grant(first, custodians.waiting(first, waits))

    found = cases.open_(world.staff("tenzin"), case)
    theirs = cases.open_(world.staff("sofia"), case)

    assert set(found.members) == {world.staff("tenzin").person}
    assert found.journal.passed_over == (found.journal.mark.version,)
    assert (theirs.key.generation, len(theirs.journal.passed_over)) == (1, 1)


@each_forgery("recovery")
def test_another_act(
    world: World, evil: EvilServer, first: Staff, attacker: Attacker, changes: dict[str, Any], reason: str
) -> None:
    by, to = world.staff(world.second), first.keys.identity.recipient
    line_1 = line(world, "recovery", by.person, to, {}) | changes
    forged = attacker.signed_document(line_1, "recovery", to, as_=by.person, shown_key=by.keys.public_key)
    evil.lies[f"/v1/recoveries/{world.recovery}"] = in_json(lambda answer: answer.update(act=b64(forged)))

    stops(evil, lambda: custodians.waiting(first, world.recovery), reason)


def test_another_file_than_was_peeled(world: World, evil: EvilServer, first: Staff) -> None:
    """Of the very key, and by somebody who holds it: it is not what the other custodian has signed."""
    tenzin = world.staff("tenzin")
    file = tenzin.seal_grant(
        tenzin.epoch_key(world.subject), world.subject, first.keys.identity.recipient, first.person, GrantKind.CUSTODIAN
    )
    evil.lies[f"/v1/recoveries/{world.recovery}"] = in_json(lambda answer: answer.update(file=file))

    stops(evil, lambda: custodians.waiting(first, world.recovery), "recovery")


def granted(world: World, sofia: Staff, grantor: Staff, act: str | None, kind: GrantKind) -> bytes:
    key = world.staff("tenzin").epoch_key(world.subject)
    return unb64(grantor.seal_grant(key, world.subject, sofia.keys.identity.recipient, sofia.person, kind, act=act))


def act_by(world: World, author: Staff, **changes: Any) -> str:
    """An act for the supervisor by somebody, to the first custodian."""
    to = world.staff(world.first).keys.identity.recipient
    recipient = recipient_sha256(world.staff("tenzin").epoch_key(world.subject).recipient)
    act = Recovery(
        world.subject, 1, recipient, (world.staff("sofia").person,), RecoveryReason.LOST, (sha256_hex(b"a file"),)
    )
    body = replace(act, **changes).body()
    header = Header.new("recovery", act.subject, body, org=author.org, author=author.person, at=NOW, to=to)
    return signed(header, author.signer).text.decode()


def shows_grant(evil: EvilServer, world: World, sofia: Staff, file: bytes) -> None:
    lie = in_json(lambda answer: answer.update(items=[{"grantee": sofia.person, "file": b64(file)}]))
    evil.lies[f"/v1/epochs/{world.subject}/grants"] = lie


def test_what_two_custodians_sign_is_taken(world: World, evil: EvilServer, sofia: Staff) -> None:
    file = granted(world, sofia, world.staff(world.first), act_by(world, world.staff(world.second)), GrantKind.RECOVERY)
    shows_grant(evil, world, sofia, file)

    assert sofia.epoch_key(world.subject).secret == world.staff("tenzin").epoch_key(world.subject).secret


def test_a_recovery_by_one_alone_or_for_another_key_or_person(world: World, evil: EvilServer, sofia: Staff) -> None:
    first, second = world.staff(world.first), world.staff(world.second)
    for act in (
        act_by(world, first),
        act_by(world, second, generation=99),
        act_by(world, second, recipient=HASH),
        act_by(world, second, subject=world.epochs[0]),
        act_by(world, second, people=(first.person,)),
    ):
        shows_grant(evil, world, sofia, granted(world, sofia, first, act, GrantKind.RECOVERY))
        stops(evil, lambda: sofia.epoch_key(world.subject), "recovery")
    shows_grant(evil, world, sofia, granted(world, sofia, first, None, GrantKind.CUSTODIAN))
    stops(evil, lambda: sofia.epoch_key(world.subject), "grant-kind")


def test_the_act_of_a_custodian_whom_nobody_certifies(world: World, evil: EvilServer, sofia: Staff) -> None:
    """So it is with one whom only an old root's supervisor certified, and no newer root keeps."""
    first, impostor = world.staff(world.first), Attacker().signer(new_id("per"))
    act = Recovery(world.subject, 1, HASH, (sofia.person,), RecoveryReason.LOST, (HASH,))
    to = first.keys.identity.recipient
    header = Header.new("recovery", world.subject, act.body(), org=sofia.org, author=impostor.person, at=NOW, to=to)
    text = signed(header, impostor).text.decode()
    shows_grant(evil, world, sofia, granted(world, sofia, first, text, GrantKind.RECOVERY))

    stops(evil, lambda: sofia.epoch_key(world.subject), "uncertified")
