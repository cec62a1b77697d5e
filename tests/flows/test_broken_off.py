"""An act that ends in the middle, wherever, is begun again from what lies on disk, and comes to what it comes to whole.

What an act leaves behind are the requests that it writes with and the files of its machine, one after the other. What
lies there before each of them is copied: that is what a process leaves that is killed then, of which nothing else is
there any more. Before the second is after the first, whether or not its answer was read; what a request does, the
service does whole or not at all.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import httpx2
import pytest

from app.cli import duties as waits
from app.client import Staff
from app.client.casework import cases, leaving, recoveries, triage
from app.client.intake import epochs
from app.client.machine import trust
from app.client.machine.passphrases import WrongPassphrase
from app.client.machine.seen import SeenMarks
from app.client.machine.transport import Refused, Unreachable
from app.client.people import (
    colleagues,
    copies,
    custodians,
    duties,
    losses,
    machines,
    memories,
    new_keys,
    roots,
    shared_keys,
    sign_in,
)
from app.client.statistics import cards
from app.clock import Clock
from app.main import create_app
from app.protocol import intake
from app.protocol.case import Identity
from app.protocol.key_copy import AccountKey
from app.protocol.pairs import RecoveryReason
from app.protocol.statements import KeyKind
from app.settings import Settings
from app.vocabulary import ConsentStatus, Relation, Role
from tests.client.casework.scene import CODING, DOCUMENT, FOUND, approved
from tests.client.installation import PAPERS
from tests.flows.organisation import PASSPHRASE, PASSWORD, Organisation
from tests.in_process import InProcess
from tests.strength import COPY_WORK_FACTOR, HASHER, WORK_FACTOR

CAST = {
    "sofia": {Role.SUPERVISOR},
    "tenzin": {Role.TRIAGER, Role.CASEWORKER},
    "leyla": {Role.TRIAGER, Role.CASEWORKER},
    "nadia": {Role.CUSTODIAN},
    "omar": {Role.CUSTODIAN},
}
SERVER = "https://tern.test"
BEGUN, HANDED_ON = "2026-06-15T09:00:00Z", "2026-06-29T09:00:00Z"
NEW_PASSPHRASE, NEW_PASSWORD = "five other words of one machine", "another password of one person"


class Steps:
    """Counts what an act leaves behind, and tells of each `before` it is."""

    def __init__(self) -> None:
        self.taken = 0
        self.before: Callable[[int], object] = lambda _: None

    def step(self) -> None:
        """Something is about to be left behind."""
        self.before(self.taken)
        self.taken += 1


class Wire(httpx2.BaseTransport):
    """What asks changes nothing; all else is a step. Of that with the number `lost` the answer does not arrive."""

    def __init__(self, service: httpx2.BaseTransport, steps: Steps) -> None:
        self.written = 0
        self.lost: int | None = None
        self._service = service
        self._steps = steps

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            return self._service.handle_request(request)
        self._steps.step()
        self.written += 1
        answer = self._service.handle_request(request)
        if self.written == self.lost:
            raise httpx2.ReadError("the service was killed once it had done it")
        return answer


@dataclass(eq=False)
class World:
    """An organisation as it is before each act, with a case of two and its names, and what was peeled for a custodian.

    `printed` are the words of tenzin's sheets, the newest last: paper stays when a process ends.
    """

    organisation: Organisation
    clock: Clock
    database: Path
    wire: Wire
    steps: Steps
    kept: Path
    case: str = ""
    epoch: str = ""
    first: str = ""
    second: str = ""
    invitation: str = ""
    token: str = ""
    sheet: str = ""
    approval: str = ""
    signed: int = 0
    printed: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)

    @property
    def http(self) -> httpx2.Client:
        return self.organisation.http

    def machine(self, name: str) -> Path:
        return self.organisation.directory / name

    def at(self, name: str) -> Staff:
        """Somebody's machine, opened anew; they are signed in."""
        return Staff(self.machine(name), PASSPHRASE, http=self.http, clock=self.clock.now)

    def keep(self, name: str = "begun") -> None:
        kept = self.kept / name
        kept.mkdir()
        self.back_up(name)
        shutil.copytree(self.organisation.directory, kept / "machines")
        (kept / "clock").write_text(self.clock.now().isoformat())
        (kept / "printed").write_text("\n".join(self.printed))

    def restore(self, name: str = "begun") -> None:
        kept = self.kept / name
        self.put_back(name)
        shutil.rmtree(self.organisation.directory)
        shutil.copytree(kept / "machines", self.organisation.directory)
        self.tell_time((kept / "clock").read_text())
        self.printed = (kept / "printed").read_text().splitlines()

    def keep_steps(self, act: Callable[["World"], None], at_most: int) -> list[str]:
        """Do it, and keep what lay there after each of its first steps: by these names."""
        kept: list[str] = []

        def keep(number: int) -> None:
            if 0 < number <= at_most:
                kept.append(f"step-{number}")
                shutil.rmtree(self.kept / kept[-1], ignore_errors=True)
                self.keep(kept[-1])

        self.steps.taken, self.steps.before = 0, keep
        act(self)
        self.steps.before = lambda _: None
        keep(self.steps.taken)
        return kept

    def back_up(self, name: str) -> None:
        """The service alone, and not what its people's machines know of it."""
        with (
            closing(sqlite3.connect(self.database)) as now,
            closing(sqlite3.connect(self.kept / name / "rows")) as kept,
        ):
            now.backup(kept)

    def put_back(self, name: str) -> None:
        with (
            closing(sqlite3.connect(self.database)) as now,
            closing(sqlite3.connect(self.kept / name / "rows")) as kept,
        ):
            kept.backup(now)

    def tell_time(self, moment: str) -> None:
        assert self.clock.told_by is not None
        self.clock.told_by.write_text(moment)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, sqlite_tables: bytes) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("broken-off")
    (directory / "tern.sqlite").write_bytes(sqlite_tables)
    (directory / "clock").write_text(BEGUN)
    clock, steps = Clock(directory / "clock"), Steps()
    settings = Settings(data_dir=directory, demo=True, demo_clock=clock.told_by)
    with InProcess(create_app(settings, hasher=HASHER)) as service:
        wire = Wire(service._transport, steps)
        http = httpx2.Client(transport=wire, base_url=SERVER)
        organisation = Organisation(directory / "people", http, clock).found(settings, CAST)
        kept = directory / "kept"
        kept.mkdir()
        made = World(organisation, clock, directory / "tern.sqlite", wire, steps, kept)
        with counted(steps):
            begin(made)
            made.keep()
            yield made


@contextmanager
def counted(steps: Steps) -> Iterator[None]:
    """Each file of a machine that is put in its place, or taken away, and each change of what it has seen is a step."""
    put, take, writing = Path.replace, Path.unlink, SeenMarks._writing

    def put_counted(path: Path, target: Path) -> Path:
        steps.step()
        return put(path, target)

    def take_counted(path: Path, missing_ok: bool = False) -> None:
        if path.exists() and not path.name.startswith("."):
            steps.step()
        take(path, missing_ok)

    @contextmanager
    def writing_counted(seen: SeenMarks) -> Iterator[sqlite3.Connection]:
        with writing(seen) as database:
            yield database
            if database.total_changes:
                steps.step()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", put_counted)
        patch.setattr(Path, "unlink", take_counted)
        patch.setattr(SeenMarks, "_writing", writing_counted)
        yield


def begin(world: World) -> None:
    sofia, tenzin, leyla = (world.organisation.staff[name] for name in ("sofia", "tenzin", "leyla"))
    for kind in KeyKind:
        shared_keys.make_shared(sofia, kind)
    sent = world.organisation.reporter().submit(DOCUMENT)
    triage.claim(tenzin, triage.view(tenzin, sent.report))
    opened = triage.open_(tenzin, sent.report)
    world.case = triage.accept(tenzin, opened, FOUND, owner=tenzin.person, colleagues=[leyla.person], title="A title")
    case = cases.open_(tenzin, world.case)
    person = cases.affected(Relation.SELF, statistics=ConsentStatus.GIVEN, by_reporter=None, can_be_asked=True)
    incident, said = cases.incident(tenzin, person, CODING), Identity(person.id, names="Lin Wei")
    file = replace(case.file, persons=(person,), incidents=(incident,), identities=(said,))
    world.approval = approved(tenzin, cases.write(tenzin, case, file, holders=case.members), leyla)
    first, second = sorted(("nadia", "omar"), key=lambda name: world.organisation.staff[name].person)
    world.first, world.second = first, second
    world.epoch = opened.view.epoch
    for subject in (world.case, world.epoch):
        custodians.peel(world.organisation.staff[second], subject, [tenzin.person], RecoveryReason.LOST)
    world.invitation = colleagues.invite(sofia, {Role.TRIAGER})
    world.token = new_keys.issue_token(sofia, leyla.person)
    drafted = copies.draft(tenzin, PASSPHRASE, work_factor=COPY_WORK_FACTOR)
    copies.keep(tenzin, drafted)
    world.sheet = drafted.sheet.words
    world.printed.append(world.sheet)
    world.signed = len(world.at("sofia").log.intakes)
    for name in CAST:
        shared_keys.newest_key(world.at(name), KeyKind.STATISTICS)  # they have looked at all that there is to know


@dataclass(frozen=True)
class Act:
    """What somebody does, and what it comes to. It is done again as it was, by who does not know how far it came.

    `steps` are those that are tried; what follows is a sign-in, or a write under the new key, as any other. `after` is
    what was done before it, which nothing ends.
    """

    do: Callable[[World], None]
    comes_to: Callable[[World], object]
    steps: int = 20
    after: Callable[[World], None] | None = None

    def restore(self, world: World) -> None:
        """As it is right before the act."""
        name = "begun" if self.after is None else self.after.__name__
        if not (world.kept / name).exists():
            world.restore()
            assert self.after is not None
            self.after(world)
            world.keep(name)
        world.restore(name)


def leave(world: World) -> None:
    leaving.leave(world.at("sofia"), world.organisation.staff["leyla"].person)


def left(world: World) -> object:
    sofia, leyla = world.at("sofia"), world.organisation.staff["leyla"].person
    keys = [each["id"] for each in sofia.service.items("/keys")]
    waits = {hint.kind for hint in duties.waiting(sofia)}
    return sofia.trust.is_ended(leyla), len(sofia.log.intakes), len(keys), waits, leaving.holdings(sofia, leyla).shared


def join(world: World) -> None:
    sign_in.join(
        world.machine("nora"),
        SERVER,
        invitation=world.invitation,
        handle="nora",
        password=PASSWORD,
        passphrase=PASSPHRASE,
        pin=world.organisation.pin,
        work_factor=WORK_FACTOR,
        http=world.http,
    )


def joined(world: World) -> object:
    nora, sofia = world.at("nora"), world.at("sofia")
    [shown] = [each for each in sofia.service.items("/people") if each["handle"] == "nora"]
    return shown["id"] == nora.person, shown["key"] == nora.keys.public_key, nora.about.pin == world.organisation.pin


def print_sheet(world: World) -> None:
    tenzin = world.at("tenzin")
    drafted = copies.draft(tenzin, PASSPHRASE, work_factor=COPY_WORK_FACTOR)
    world.printed.append(drafted.sheet.words)  # the sheet is printed before the copy counts
    copies.keep(tenzin, drafted)


def sheet_opens(world: World) -> object:
    """The newest that was printed."""
    sign_in.sign_in(world.at("tenzin"), PASSWORD)
    return add_by(world, world.printed[-1]).keys.public_key == world.at("tenzin").keys.public_key


def add_machine(world: World) -> None:
    if not (world.machine("second") / "keys.age").exists():
        add_by(world, world.sheet)


def add_by(world: World, words: str, passphrase: str = PASSPHRASE) -> Staff:
    return machines.add(
        world.machine("second"),
        SERVER,
        handle="tenzin",
        password=PASSWORD,
        passphrase=passphrase,
        account_key=AccountKey.read(words),
        work_factor=WORK_FACTOR,
        http=world.http,
        clock=world.clock.now,
    )


def machine_added(world: World) -> object:
    """From its first moment it knows what the copy says that was seen, and which copy that is."""
    second = world.at("second")
    of = {"root": second.about.pin, "key-log": second.about.pin, "copy": second.person}
    known = [second.seen.highest(type_, str(subject).partition(":")[0]) for type_, subject in of.items()]
    sign_in.sign_in(second, PASSWORD)
    return second.person, known, cases.open_(second, world.case).file.title


def give_epoch(world: World) -> None:
    give(world, world.epoch, custodians.grant)


def give_case(world: World) -> None:
    give(world, world.case, recoveries.grant)


def give(world: World, subject: str, grant: Callable[[Staff, custodians.Waiting], object]) -> None:
    first = world.at(world.first)
    [told] = [each for each in custodians.recoveries(first) if each.subject == subject]
    if told.granted_on is None:
        grant(first, custodians.waiting(first, told.id))


def given(world: World) -> object:
    tenzin = world.at("tenzin")
    found = cases.open_(tenzin, world.case)
    done = [(each.subject, each.granted_on) for each in custodians.recoveries(world.at("sofia"))]
    return len(found.journal.recovered), found.members, found.file.identities, sorted(done), found.journal.mark.version


def peel(world: World) -> None:
    second, sofia = world.at(world.second), world.organisation.staff["sofia"].person
    custodians.peel(second, statistics_key(world), [sofia], RecoveryReason.LOST)


def peeled(world: World) -> object:
    """Whatever waits for the first custodian, they can give."""
    first, key = world.at(world.first), statistics_key(world)
    waits = [each for each in custodians.recoveries(first) if each.subject == key]
    return {custodians.waiting(first, each.id).key.header.subject == key for each in waits}


def statistics_key(world: World) -> str:
    return shared_keys.newest_key(world.at("sofia"), KeyKind.STATISTICS).id


def write(world: World) -> None:
    """What was peeled of the case's key has not been given: so it turns first, and its reporter is told."""
    tenzin = world.at("tenzin")
    case = cases.open_(tenzin, world.case)
    cases.write(tenzin, case, replace(case.file, title="Another"))


def written(world: World) -> object:
    found = [cases.open_(world.at(name), world.case) for name in ("tenzin", "leyla")]
    return [(each.key.generation, each.file, each.spoiled, each.closed) for each in found]


def adopt_root(world: World) -> None:
    sofia, omar = world.at("sofia"), world.at("omar")
    newcomers = {omar.person: colleagues.fingerprint(omar)}
    if sofia.log.trust.root.mark.version == 1:
        drafted = roots.draft_next(sofia, add=newcomers, drop=[PAPERS[1].id])
        proposed = next(iter(roots.proposals(sofia)), None) or roots.propose(sofia, drafted)
        roots.sign(sofia, proposed, words=proposed.root.words, newcomers=newcomers, paper=PAPERS[0])


def root_adopted(world: World) -> object:
    root = world.at("omar").log.trust.root
    return root.mark.version, sorted(root.supervisors), sorted(root.papers), len(roots.proposals(world.at("sofia")))


def bring_new_keys(world: World) -> None:
    new_keys.bring(
        world.machine("anew"),
        SERVER,
        token=world.token,
        handle="leyla",
        password=PASSWORD,
        passphrase=PASSPHRASE,
        pin=world.organisation.pin,
        work_factor=WORK_FACTOR,
        http=world.http,
    )


def certify_new_keys(world: World) -> None:
    if not (world.machine("anew") / "keys.age").exists() or world.at("anew").about.person is None:
        bring_new_keys(world)
    anew, sofia = world.at("anew"), world.at("sofia")
    if not sofia.trust.replaced(anew.person):
        words = colleagues.fingerprint(anew)
        colleagues.certify(sofia, anew.person, words, CAST["leyla"], new_keys=True)


def certified_anew(world: World) -> object:
    anew = world.at("anew")
    sign_in.sign_in(anew, PASSWORD)
    return anew.certified(anew.person).key == anew.signer.public_key, len(anew.trust.replaced(anew.person))


def keep_memory(world: World) -> None:
    memories.keep(world.at("tenzin"))


def memory_kept(world: World) -> object:
    """A machine that knows nothing takes it."""
    world.at("tenzin").machine.seen.unlink()
    taken = memories.take(world.at("tenzin"))
    return taken is not None, world.at("tenzin").seen.highest("journal", world.case)


def sign_intake(world: World) -> None:
    sofia = world.at("sofia")
    if len(sofia.log.intakes) == world.signed:
        epochs.rotate(sofia)


def intake_signed(world: World) -> object:
    sofia, tenzin = world.at("sofia"), world.at("tenzin")
    held = [bool(tenzin.epoch_key(intake.read(each).epoch)) for each in sofia.log.intakes]
    return held, sofia.log.covered_until(sofia.today), {hint.kind for hint in duties.waiting(tenzin)}


def write_cards(world: World) -> None:
    cards.write(world.at("tenzin"), world.case, world.approval)


def cards_written(world: World) -> object:
    """Each waits once, and leaves."""
    tenzin = world.at("tenzin")
    shared_keys.keep_card_token(tenzin)
    written = [(note.written, note.revision) for note in cases.open_(tenzin, world.case).file.cards]
    return written, cards.waiting(tenzin), cards.send(tenzin, now=True)


def lose_a_day(world: World) -> None:
    """The service is put back to a backup, after which an epoch was signed, a case written and somebody left."""
    adopt_root(world)
    (world.kept / "night").mkdir(exist_ok=True)
    world.back_up("night")
    sofia = world.at("sofia")
    epochs.rotate(sofia)
    write(world)
    colleagues.end(sofia, world.organisation.staff["leyla"].person)
    _ = sofia.log, sofia.trust
    world.put_back("night")


def accept_loss(world: World) -> None:
    for name in ("sofia", "omar"):
        losses.accept(world.at(name))
    losses.write_again(world.at("sofia"))
    cases.look_after_loss(world.at("tenzin"))


def loss_accepted(world: World) -> object:
    sofia, leyla = world.at("sofia"), world.organisation.staff["leyla"].person
    known = [world.at(name).trust.is_ended(leyla) for name in ("sofia", "omar", "tenzin")]
    title = cases.open_(world.at("tenzin"), world.case).file.title
    return (
        len(sofia.log.losses),
        losses.proposals(sofia),
        losses.missing(sofia),
        known,
        title,
        len(trust.fetch_staff_marks(sofia.service)),
    )


def ask_for_grants(world: World) -> None:
    certify_new_keys(world)
    sign_in.sign_in(world.at("anew"), PASSWORD)


def grant_again(world: World) -> None:
    """What waits for somebody's new keys is done by a colleague who has compared them."""
    tenzin, anew = world.at("tenzin"), world.at("anew")
    colleagues.compare(tenzin, anew.person, colleagues.fingerprint(anew))
    do_duties(tenzin)


def granted_again(world: World) -> object:
    tenzin, anew = world.at("tenzin"), world.at("anew")
    opened = cases.open_(anew, world.case)
    return (
        opened.file.title,
        opened.journal.mark.version,
        opened.key.generation,
        bool(anew.epoch_key(world.epoch)),
        waiting(tenzin),
    )


def do_duties(staff: Staff) -> None:
    waits.act(staff, duties.waiting(staff), ask=lambda _: True)


def waiting(staff: Staff) -> list[tuple[str, str]]:
    return sorted((hint.kind, hint.object) for hint in duties.waiting(staff))


def name_custodian(world: World) -> None:
    """A third, who holds no key of a case or of intake."""
    sofia = world.at("sofia")
    invitation = colleagues.invite(sofia, {Role.CUSTODIAN})
    world.invitation, kept = invitation, world.invitation
    join(world)
    world.invitation = kept
    nora = world.at("nora")
    colleagues.certify(sofia, nora.person, colleagues.fingerprint(nora), {Role.CUSTODIAN})
    sign_in.sign_in(nora, PASSWORD)


def make_pairs(world: World) -> None:
    for name in ("tenzin", "sofia"):
        do_duties(world.at(name))


def pairs_made(world: World) -> object:
    """Each opens for its second custodian, and is there once."""
    found = []
    for name in ("nadia", "omar", "nora"):
        staff = world.at(name)
        held = sorted((each.subject.partition("_")[0], each.first) for each in custodians.pairs(staff))
        found.append((held, custodians.look(staff).faults))
    return found


def change_passphrase(world: World) -> None:
    """Whoever does not know whether the new one counts tries both."""
    directory, typed = world.machine("tenzin"), PASSPHRASE
    try:
        tenzin = Staff(directory, typed, http=world.http, clock=world.clock.now)
    except WrongPassphrase:
        typed = NEW_PASSPHRASE
        tenzin = Staff(directory, typed, http=world.http, clock=world.clock.now)
    drafted = copies.draft(tenzin, typed, new_passphrase=NEW_PASSPHRASE, work_factor=COPY_WORK_FACTOR)
    world.printed.append(drafted.sheet.words)
    copies.keep(tenzin, drafted)
    tenzin.machine.lock_with(NEW_PASSPHRASE, tenzin.keys, work_factor=WORK_FACTOR)


def passphrase_changed(world: World) -> object:
    """The machine, and the newest sheet for another one."""
    keys = world.organisation.staff["tenzin"].machine.unlock(NEW_PASSPHRASE)
    second = add_by(world, world.printed[-1], NEW_PASSPHRASE)
    return second.keys.public_key == keys.public_key


def change_password(world: World) -> None:
    tenzin = world.at("tenzin")
    sign_in.set_password(tenzin, NEW_PASSWORD)
    sign_in.sign_in(tenzin, NEW_PASSWORD)


def password_changed(world: World) -> object:
    tenzin = world.at("tenzin")
    sign_in.sign_in(tenzin, NEW_PASSWORD)
    with pytest.raises(Refused, match="no such person"):
        sign_in.sign_in(world.at("tenzin"), PASSWORD)
    return cases.open_(tenzin, world.case).file.title


def object_to_keys(world: World) -> None:
    new_keys.object_(world.at("leyla"))


def objected_to(world: World) -> object:
    sofia = world.at("sofia")
    return new_keys.objected(sofia), len(list(sofia.service.items("/objections")))


def wait_undecided(world: World) -> None:
    """The day of its epoch comes, and nobody has decided a report."""
    world.reports = [world.organisation.reporter().submit(DOCUMENT).report]
    epochs.go_on(world.at("sofia"))
    world.tell_time(HANDED_ON)
    for name in ("tenzin", "leyla"):
        sign_in.sign_in(world.at(name), PASSWORD)


def hand_on(world: World) -> None:
    for name in ("tenzin", "leyla"):
        staff = world.at(name)
        waits.act(staff, [hint for hint in duties.waiting(staff) if hint.object in world.reports], ask=lambda _: True)


def handed_on(world: World) -> object:
    [report] = world.reports
    tenzin = world.at("tenzin")
    view, opened = triage.view(tenzin, report), triage.open_(tenzin, report)
    left = [each for each in waiting(tenzin) if each[1] == report]
    return view.epoch, view.handed_on_from, view.version, opened.report.form.text, left


def count(world: World) -> None:
    """Its cards were written, and have left."""
    tenzin = world.at("tenzin")
    shared_keys.keep_card_token(tenzin)
    cards.write(tenzin, world.case, world.approval)
    cards.send(tenzin, now=True)


def withdraw_cards(world: World) -> None:
    tenzin = world.at("tenzin")
    case = cases.open_(tenzin, world.case)
    cards.withdraw(tenzin, case, {each.id for each in case.file.incidents})


def cards_withdrawn(world: World) -> object:
    tenzin = world.at("tenzin")
    case = cases.open_(tenzin, world.case)
    waits_here, sent = cards.waiting(tenzin), cards.send(tenzin, now=True)
    gone = cards.are_gone(tenzin, case.file, {each.id for each in case.file.incidents})
    return [note.withdrawn for note in case.file.cards], case.journal.mark.version, waits_here, sent, gone


ACTS = {
    "somebody leaves": Act(leave, left),
    "somebody joins": Act(join, joined),
    "a sheet is made": Act(print_sheet, sheet_opens),
    "a machine is added": Act(add_machine, machine_added, steps=7),
    "a custodian peels": Act(peel, peeled),
    "a custodian gives an epoch": Act(give_epoch, given),
    "a custodian gives a case": Act(give_case, given),
    "a case turns": Act(write, written, steps=7),
    "a root is adopted": Act(adopt_root, root_adopted),
    "somebody gets new keys": Act(certify_new_keys, certified_anew),
    "a memory is kept": Act(keep_memory, memory_kept),
    "intake is signed": Act(sign_intake, intake_signed),
    "cards are written": Act(write_cards, cards_written, steps=12),
    "cards are withdrawn": Act(withdraw_cards, cards_withdrawn, steps=8, after=count),
    "a loss is accepted": Act(accept_loss, loss_accepted, steps=40, after=lose_a_day),
    "new keys are granted to": Act(grant_again, granted_again, steps=12, after=ask_for_grants),
    "pairs are made anew": Act(make_pairs, pairs_made, steps=8, after=name_custodian),
    "a passphrase is changed": Act(change_passphrase, passphrase_changed),
    "a password is changed": Act(change_password, password_changed),
    "keys are objected to": Act(object_to_keys, objected_to, after=ask_for_grants),
    "a report is handed on": Act(hand_on, handed_on, after=wait_undecided),
}


@dataclass(frozen=True)
class Whole:
    """How many requests an act writes with, and what it comes to, where nothing ends it."""

    written: int
    comes_to: object


@cache
def undisturbed(world: World, act: Act) -> Whole:
    act.restore(world)
    world.wire.written = 0
    act.do(world)
    written = world.wire.written
    return Whole(written, act.comes_to(world))


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_an_act_that_ends_anywhere_is_begun_again_and_comes_to_the_same(world: World, act: Act) -> None:
    act.restore(world)
    ends = world.keep_steps(act.do, act.steps)
    whole = act.comes_to(world)

    assert ends
    for end in ends:
        world.restore(end)
        act.do(world)

        assert act.comes_to(world) == whole, end


@pytest.mark.parametrize("name", ["a sheet is made", "a case turns"])
def test_an_act_whose_answer_is_lost_is_done_again_and_comes_to_the_same(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service ends right after it has done what was asked, and is there again when somebody tries once more.

    These go on by themselves where no answer comes. Any other ends there, as one that is killed before its next step.
    """
    act = ACTS[name]
    monkeypatch.setattr("app.client.machine.transport.time.sleep", lambda _: None)
    whole = undisturbed(world, act)

    for number in range(1, whole.written + 1):
        act.restore(world)
        world.wire.written, world.wire.lost = 0, number
        with suppress(Unreachable):
            act.do(world)
        world.wire.lost = None
        act.do(world)

        assert act.comes_to(world) == whole.comes_to, number
