"""An organisation to which anything happens, and beside it what must then hold.

Who holds a key is counted here as the handbook says that it goes, and not asked of the service.
"""

import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import hypothesis
import sqlalchemy as sa

from app import age, keyring
from app.blobs import Blobs
from app.cli import duties as asked
from app.client import Staff
from app.client.casework import cases, leaving, recoveries, triage
from app.client.casework.cases import OpenCase
from app.client.casework.reports.views import view
from app.client.machine import pairs
from app.client.people import colleagues, copies, custodians, duties, machines, new_keys, roots, sign_in
from app.database import Base, Database
from app.database.types import Sealed
from app.main import jobs
from app.people.grants.models import Grant
from app.people.pairs.models import Pair
from app.protocol import intake, receipt
from app.protocol.case import Identity
from app.protocol.documents import parse_document
from app.protocol.intake import UNDECIDED, UNDECIDED_DAYS
from app.protocol.key_copy import AccountKey
from app.protocol.pairs import Pair as PairBody
from app.protocol.pairs import RecoveryReason
from app.protocol.receipt import Receipt
from app.settings import Settings
from app.vocabulary import Relation, Role
from tests.client.casework.scene import DOCUMENT, FOUND
from tests.client.installation import PAPERS
from tests.flows.organisation import PASSPHRASE, PASSWORD, Organisation
from tests.strength import COPY_WORK_FACTOR, WORK_FACTOR

TRIAGES: Final = frozenset({Role.TRIAGER, Role.CASEWORKER})
CAST: Final = {
    "sofia": frozenset({Role.SUPERVISOR}),
    **dict.fromkeys(("tenzin", "leyla"), TRIAGES),
    **dict.fromkeys(("nadia", "omar"), frozenset({Role.CUSTODIAN})),
}
_SUPERVISOR: Final = "sofia"
_ASIDE: Final = frozenset({Role.ANALYST})
_MOST_PEOPLE: Final = 8
NAMES: Final = "Lin Wei"


# Picks one of these.
Choose = Callable[[Sequence[str]], str]
# Somebody's name, and which of their keys: those of a lost machine are nobody's.
Holder = tuple[str, int]


@dataclass
class Member:
    """Somebody of staff at their machine. `heard` are those whose words they compared, and of which of their keys."""

    staff: Staff
    roles: AbstractSet[Role]
    keys: int = 1
    heard: dict[str, int] = field(default_factory=dict)
    in_on: date | None = None


@dataclass
class Held:
    """A key: who holds it, and the custodians who were there when its pairs were made."""

    holders: set[Holder]
    custodians: set[Holder]


@dataclass
class Gone:
    """What somebody knew when they left, or two who had by then, and all that had been sealed by then. `kept` are the
    pairs that lay for them."""

    name: str
    known: list[age.HybridIdentity]
    sealed: set[bytes]
    kept: list[bytes] = field(default_factory=list)


@dataclass
class World:
    """`keys` are by subject: an epoch, a case, or a part of one; `names` says of which case that part is."""

    organisation: Organisation
    settings: Settings
    clock: Path
    database: Database
    members: dict[str, Member] = field(default_factory=dict)
    keys: dict[str, Held] = field(default_factory=dict)
    reports: dict[str, date] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    gone: list[Gone] = field(default_factory=list)
    came: int = 0

    def begin(self) -> None:
        for name, roles in CAST.items():
            self.members[name] = Member(self.organisation.staff[name], roles)
        self._count_epochs()

    def at_work(self, name: str) -> Staff:
        """Somebody who has come in today, and goes on at what they have open."""
        member = self.members[name]
        if member.in_on != member.staff.today:
            sign_in.sign_in(member.staff, PASSWORD)
            member.in_on = member.staff.today
        return member.staff

    def with_role(self, *roles: Role) -> list[str]:
        return [name for name, each in self.members.items() if each.roles & set(roles)]

    def stands(self, holder: Holder) -> bool:
        name, keys = holder
        return name in self.members and self.members[name].keys == keys

    def standing(self, holders: Iterable[Holder]) -> list[str]:
        return sorted(name for name, keys in holders if self.stands((name, keys)))

    # What can happen

    def report(self, _: Choose) -> None:
        """Somebody reports, if intake is open: no supervisor may have come for weeks."""
        covered = self.members[_SUPERVISOR].staff.log.intake_on(self.organisation.clock.today())
        if covered is not None:
            sent = self.organisation.reporter().submit(DOCUMENT)
            self.reports[sent.report] = self.organisation.clock.today()
            self.receipts[sent.report] = receipt.read(sent.receipt)

    def accept(self, choose: Choose) -> None:
        """A triager opens a report and makes a case of it, with names that two know where there are two."""
        triagers = self.with_role(Role.TRIAGER)
        if not triagers:
            return
        name = choose(triagers)
        staff = self.at_work(name)
        waits = [each for each in self._undecided() if self._may_open(name, each)]
        if not waits:
            return
        triage.claim(staff, view(staff, waits[0]))
        with_ = [self.members[each].staff.person for each in self._known_to(name, Role.CASEWORKER)]
        case = triage.accept(
            staff, triage.open_(staff, waits[0]), FOUND, owner=staff.person, colleagues=with_[:2], title="0"
        )
        opened = cases.open_(staff, case)
        person = cases.affected(Relation.SELF, statistics=None, by_reporter=None, can_be_asked=True)
        said = Identity(person.id, names=NAMES)
        file = replace(opened.file, persons=(person,), identities=(said,))
        opened = cases.write(staff, opened, file, holders=opened.members)
        self.titles[case] = "0"
        for subject in (case, *opened.keys.own):
            self.names.setdefault(subject, case)
            self.keys[subject] = Held(self._holders(name, opened.members), self._paired_by(name))

    def write(self, choose: Choose) -> None:
        """Somebody who works on a case writes in it."""
        if (found := self._at_a_case(choose)) is None:
            return
        case, name = found
        staff = self.at_work(name)
        opened = cases.open_(staff, case)
        title = str(int(self.titles[case]) + 1)
        written = cases.write(staff, opened, replace(opened.file, title=title))
        self.titles[case] = title
        self._count_turned(name, opened, written)

    def reply(self, choose: Choose) -> None:
        """Somebody who works on a case writes to its reporter, who reads it and answers."""
        if (found := self._at_a_case(choose)) is None:
            return
        case, name = found
        staff = self.at_work(name)
        before = cases.open_(staff, case)
        [report] = before.journal.reports
        triage.answer(staff, triage.open_(staff, report.id), "We are here.")
        self._count_turned(name, before, cases.open_(staff, case))
        self.organisation.reporter().answer(self.receipts[report.id], "Thank you.")

    def take_role(self, choose: Choose) -> None:
        """A triager who works on cases is certified anew without either, or somebody who was is it again."""
        names = sorted(name for name, each in self.members.items() if each.roles in (TRIAGES, _ASIDE))
        if not names:
            return
        name = choose(names)
        member, sofia = self.members[name], self.at_work(_SUPERVISOR)
        roles = _ASIDE if member.roles == TRIAGES else TRIAGES
        colleagues.certify(sofia, member.staff.person, colleagues.fingerprint(member.staff), roles)
        member.roles = roles
        if roles == _ASIDE:
            for held in self.keys.values():
                if set(self.standing(held.holders)) - {name}:  # what opens for nobody else stays theirs
                    held.holders = {each for each in held.holders if each[0] != name}

    def change_root(self, choose: Choose) -> None:
        """The root names a second supervisor, or the second goes for good; a paper signs with the first."""
        sofia = self.at_work(_SUPERVISOR)
        second = [name for name, each in self.members.items() if Role.SUPERVISOR in each.roles and name != _SUPERVISOR]
        name = second[0] if second else choose(sorted(self.members.keys() - {_SUPERVISOR}))
        member = self.members[name]
        person = member.staff.person
        add = {} if second else {person: colleagues.fingerprint(member.staff)}
        proposed = roots.propose(sofia, roots.draft_next(sofia, add=add, drop=[person] if second else []))
        if second:
            self._go(name)
        roots.sign(sofia, proposed, words=proposed.root.words, newcomers=add, paper=PAPERS[0])
        if second:
            leaving.leave(sofia, person)
            self._count_epochs()
        else:
            member.roles = member.roles | {Role.SUPERVISOR}
            member.in_on = None

    def come_in(self, choose: Choose) -> None:
        """Somebody calls whoever has new keys, and does what waits for their own."""
        name = choose(sorted(self.members))
        staff = self.at_work(name)
        for each, member in self.members.items():
            self._hear(name, each, member)
        mine = [each for each, held in self.keys.items() if (name, self.members[name].keys) in held.holders]
        before = {each: cases.open_(staff, each) for each in mine if each in self.titles}
        asked.act(staff, duties.waiting(staff), ask=lambda _: True)
        for each in mine:
            if each in before:
                self._count_turned(name, before[each], cases.open_(staff, each))
            self.keys[each].custodians = self._paired_by(name)
            if each.startswith("epoch_"):
                self.keys[each].holders |= self._of(name, Role.TRIAGER)
        if name == _SUPERVISOR:
            self._count_epochs()

    def join(self, choose: Choose) -> None:
        """Somebody comes."""
        if len(self.members) >= _MOST_PEOPLE:
            return
        self.came += 1
        name = f"newcomer{self.came}"
        roles = frozenset({Role.CUSTODIAN}) if choose(["custodian", "triager"]) == "custodian" else TRIAGES
        sofia = self.at_work(_SUPERVISOR)
        staff = self.organisation._join(name, colleagues.invite(sofia, roles), pin=self.organisation.pin)
        colleagues.certify(sofia, staff.person, colleagues.fingerprint(staff), roles)
        self.members[name] = Member(staff, roles)

    def leave(self, choose: Choose) -> None:
        """Somebody leaves, whatever is lost with them."""
        names = sorted(name for name, each in self.members.items() if Role.SUPERVISOR not in each.roles)
        if not names:
            return
        sofia = self.at_work(_SUPERVISOR)
        leaving.leave(sofia, self._go(choose(names)))
        self._count_epochs()

    def custodians_leave(self, choose: Choose) -> None:
        """Two custodians leave, one after the other, perhaps on the same day."""
        names = sorted(set(self.with_role(Role.CUSTODIAN)) - set(self.with_role(Role.SUPERVISOR)))
        if len(names) < 2:
            return
        first = choose(names)
        second = choose([each for each in names if each != first])
        for name in (first, second):
            leaving.leave(self.at_work(_SUPERVISOR), self._go(name))
            self._count_epochs()
            if name == first and choose(["at once", "later"]) == "later":
                self.pass_days(choose)

    def lose_keys_of_the_root(self, _: Choose) -> None:
        """The second supervisor loses machine and sheet, the root lists their new keys, and whoever has the old machine
        objects to these: everybody calls, and asks."""
        second = [name for name, each in self.members.items() if Role.SUPERVISOR in each.roles and name != _SUPERVISOR]
        if not second:
            return
        [name] = second
        member, sofia = self.members[name], self.at_work(_SUPERVISOR)
        directory, person = member.staff.machine.directory, member.staff.person
        lost = directory.with_name(f"{directory.name}-{member.keys}")
        directory.rename(lost)
        anew = self._bring(name, directory)
        words = {person: colleagues.fingerprint(anew)}
        proposed = roots.propose(sofia, roots.draft_next(sofia, renew=words))
        roots.sign(sofia, proposed, words=proposed.root.words, newcomers=words, paper=PAPERS[0])
        self._take(name, anew)
        with Staff(lost, PASSPHRASE, http=self.organisation.http, clock=self.organisation.clock.now) as old:
            assert new_keys.object_(old) is not None
        self._count_epochs()

    def lose_machine(self, choose: Choose) -> None:
        """A machine is lost, and the sheet is not."""
        name = choose(sorted(self.members))
        member, directory = self.members[name], self.members[name].staff.machine.directory
        sheet = copies.draft(self.at_work(name), PASSPHRASE, work_factor=COPY_WORK_FACTOR)
        copies.keep(member.staff, sheet)
        shutil.rmtree(directory)
        member.staff = machines.add(
            directory,
            member.staff.about.server,
            handle=name,
            password=PASSWORD,
            passphrase=PASSPHRASE,
            account_key=AccountKey.read(sheet.sheet.words),
            work_factor=WORK_FACTOR,
            http=self.organisation.http,
            clock=self.organisation.clock.now,
        )

    def lose_all(self, choose: Choose) -> None:
        """Machine and sheet are lost; who certifies the new keys has heard their words, and nobody else has yet."""
        names = sorted(name for name, each in self.members.items() if Role.SUPERVISOR not in each.roles)
        if not names:
            return
        name = choose(names)
        member, sofia = self.members[name], self.at_work(_SUPERVISOR)
        directory, person = member.staff.machine.directory, member.staff.person
        shutil.rmtree(directory)
        anew = self._bring(name, directory)
        colleagues.certify(sofia, person, colleagues.fingerprint(anew), member.roles, new_keys=True)
        self._take(name, anew)
        self.members[_SUPERVISOR].heard[name] = member.keys

    def _bring(self, name: str, directory: Path) -> Staff:
        """New keys of somebody, at a new machine, that nobody vouches for yet."""
        sofia, person = self.at_work(_SUPERVISOR), self.members[name].staff.person
        new_keys.bring(
            directory,
            sofia.about.server,
            token=new_keys.issue_token(sofia, person),
            handle=name,
            password=PASSWORD,
            passphrase=PASSPHRASE,
            pin=self.organisation.pin,
            work_factor=WORK_FACTOR,
            http=self.organisation.http,
        )
        return Staff(directory, PASSPHRASE, http=self.organisation.http, clock=self.organisation.clock.now)

    def _take(self, name: str, anew: Staff) -> None:
        """They are theirs from now on, and nobody else has heard the words, nor they those of anybody."""
        member = self.members[name]
        member.staff, member.keys, member.in_on, member.heard = anew, member.keys + 1, None, {}

    def recover(self, choose: Choose) -> None:
        """Two custodians give a key to somebody who may have it."""
        undecided = self._undecided()
        subjects = sorted({*self.titles, *(each for report in undecided for each in self._routes(report))})
        if subjects:
            self.give(choose(subjects), choose)

    def pass_days(self, choose: Choose) -> None:
        """Nobody comes in for a day, or for weeks, and the worker runs at the end."""
        now = self.organisation.clock.now() + timedelta(days=int(choose(["1", "9", "23"])))
        self.clock.write_text(now.isoformat())
        due = jobs(keyring.load(self.settings.data_dir))
        due.run(self.database, Blobs(self.settings.data_dir / "blobs"), now, clock_is_right=True)

    # What must hold

    def check_nothing_is_lost(self) -> None:
        """Each report and case opens for everybody who holds a key of it, and where that is nobody, once custodians
        have given it to somebody, where two stand."""
        sofia = self.at_work(_SUPERVISOR)
        for report, sent_on in self.reports.items():
            if sent_on + UNDECIDED_DAYS >= sofia.today or view(sofia, report).case:
                self._check_opens(report)
        for case in self.titles:
            self._check_case(case)

    def _check_opens(self, report: str) -> None:
        routes = self._routes(report)
        holders = self._readers(routes)
        if not holders and _SUPERVISOR in self._standing_in(routes):
            # She reads none, and holds the key for whoever triages.
            if not self.with_role(Role.TRIAGER):
                self.join(lambda _: "triager")
            self.come_in(lambda _: _SUPERVISOR)
            holders = self._readers(routes)
        if not holders:
            holders = [*filter(None, [self.give(each, min) for each in routes])]
        for name in holders:
            hypothesis.note(f"{name} opens {report} by {routes}")
            triage.open_(self.at_work(name), report)

    def _standing_in(self, subjects: Iterable[str]) -> list[str]:
        return sorted({name for each in subjects for name in self.standing(self.keys[each].holders)})

    def _readers(self, subjects: Iterable[str]) -> list[str]:
        """Of these, whose role it is to read. A supervisor has the key of an epoch for them."""
        return [name for name in self._standing_in(subjects) if self.members[name].roles & TRIAGES]

    def _at_a_case(self, choose: Choose) -> tuple[str, str] | None:
        """A case, and somebody who works on it; None where there are none."""
        case = choose(sorted(self.titles)) if self.titles else None
        members = self._who_work_on(case) if case else []
        return (case, choose(members)) if case and members else None

    def _who_work_on(self, case: str) -> list[str]:
        return [name for name in self.standing(self.keys[case].holders) if self.members[name].roles & TRIAGES]

    def _check_case(self, case: str) -> None:
        parts = [part for part, of in self.names.items() if of == case and part != case]
        for subject in (case, *parts):
            if not any(self.members[name].roles & TRIAGES for name in self.standing(self.keys[subject].holders)):
                self.give(case, min)
        for name in self._who_work_on(case):
            opened = cases.open_(self.at_work(name), case)
            assert opened.file.title == self.titles[case], (name, case)
            if all((name, self.members[name].keys) in self.keys[part].holders for part in parts):
                assert [each.names for each in opened.file.identities] == [NAMES], (name, case, opened.spoiled)

    def check_who_left_opens_nothing_later(self) -> None:
        now = self.sealed()
        for gone in self.gone:
            later = {file: column for file, column in now.items() if file not in gone.sealed}
            opened = [
                column
                for file, column in later.items()
                if _opens(file, gone.known) and not _gives_a_case(age.decrypt(file, gone.known))
            ]
            assert opened == [], f"{gone.name} opens {opened}"

    def give(self, subject: str, choose: Choose) -> str | None:
        """To whom two custodians give a key, if two are there and somebody may have it."""
        two = sorted(self.standing(self.keys[subject].custodians), key=lambda name: self.members[name].staff.person)
        of_epoch = subject.startswith("epoch_")
        may = self.with_role(Role.TRIAGER) or [_SUPERVISOR] if of_epoch else self.with_role(Role.CASEWORKER)
        if len(two) < 2 or not may:
            return None
        to = choose(sorted(may))
        (first, one), (second, other) = ((name, self.at_work(name)) for name in two[:2])
        for each in (first, second):
            self._hear(each, to, self.members[to])
        person = self.members[to].staff.person
        custodians.peel(other, subject, [person], RecoveryReason.LOST, first=one.person)
        told = custodians.recoveries(one)
        [waits] = [each.id for each in told if each.subject == subject and each.granted_on is None]
        found = custodians.waiting(one, waits)
        given = (to, self.members[to].keys)
        if subject.startswith("case_"):
            left_out = recoveries.grant(one, found)
            for part in (part for part, of in self.names.items() if of == subject and part not in left_out):
                held = self.keys[part]
                if part == subject or {two[0], two[1]} <= set(self.standing(held.custodians)):
                    held.holders.add(given)
        else:
            custodians.grant(one, found)
            self.keys[subject].holders.add(given)
        return to

    # How it is counted

    def _of(self, giver: str, role: Role) -> set[Holder]:
        """Those of this role to whose keys somebody may grant."""
        return {(name, self.members[name].keys) for name in self._known_to(giver, role)}

    def _paired_by(self, maker: str) -> set[Holder]:
        """The custodians for whom somebody makes pairs: who came since is asked about first."""
        agreed = pairs.custodians(self.members[maker].staff)
        known = self._of(maker, Role.CUSTODIAN)
        return {(name, keys) for name, keys in known if self.members[name].staff.person in agreed}

    def _known_to(self, giver: str, role: Role) -> list[str]:
        heard = self.members[giver].heard
        return [name for name in self.with_role(role) if name == giver or heard.get(name, 1) == self.members[name].keys]

    def _holders(self, giver: str, people: Collection[str]) -> set[Holder]:
        known = self._of(giver, Role.CASEWORKER)
        return {(name, keys) for name, keys in known if self.members[name].staff.person in people}

    def _go(self, name: str) -> str:
        """Somebody is here no more: their id."""
        member = self.members.pop(name)
        staff, sealed = member.staff, {*self.sealed()}
        with self.database.read() as session:
            kept = [bytes(file) for file in session.scalars(sa.select(Pair.file))]
        mine = [(staff.person, staff.keys.identity)]
        together = [
            Gone(f"{before.name} and {name}", self._known([*mine, *_kept_by(before, staff, kept)]), sealed)
            for before in self.gone
            if before.kept
        ]
        kept = kept if Role.CUSTODIAN in member.roles else []
        self.gone += [*together, Gone(name, self._known(mine), sealed, kept)]
        return staff.person

    def _hear(self, who: str, name: str, member: Member) -> None:
        mine = self.members[who]
        if who != name and mine.heard.get(name, 1) != member.keys:
            words = colleagues.fingerprint(member.staff)
            colleagues.compare(mine.staff, member.staff.person, words, although_objected=True)
            mine.heard[name] = member.keys

    def _count_epochs(self) -> None:
        """Of epochs that the supervisor has signed: for each triager, and for herself where that is one."""
        sofia = self.members[_SUPERVISOR].staff
        sofia.forget()
        triagers = self._of(_SUPERVISOR, Role.TRIAGER)
        supervisors = sorted(self.with_role(Role.SUPERVISOR), key=lambda name: (name != _SUPERVISOR, name))
        others = [name for name in supervisors if name not in {each for each, _ in triagers}]
        herself = {(name, self.members[name].keys) for name in others[: max(0, 2 - len(triagers))]}
        for each in map(intake.read, sofia.log.intakes):
            if each.epoch not in self.keys:
                self.keys[each.epoch] = Held(triagers | herself, self._paired_by(_SUPERVISOR))

    def _count_turned(self, name: str, before: OpenCase, after: OpenCase) -> None:
        """The key of a case has turned by somebody, and with it those of its parts that they hold."""
        for subject, of in self.names.items():
            held = self.keys[subject]
            if of != after.id:
                continue
            turned = after.journal.generation_of(subject) > before.journal.generation_of(subject)
            if turned:
                known = self._holders(name, after.members)
                held.holders = known if subject == of else held.holders & known
                held.custodians = self._paired_by(name)

    def _undecided(self) -> list[str]:
        found = (view(self.at_work(_SUPERVISOR), each) for each in self.reports)
        return [each.id for each in found if each.state in UNDECIDED]

    def _may_open(self, name: str, report: str) -> bool:
        mine = (name, self.members[name].keys)
        return any(mine in self.keys[each].holders for each in self._routes(report))

    def _routes(self, report: str) -> list[str]:
        """The objects to which the report's key is granted."""
        now = view(self.at_work(_SUPERVISOR), report)
        return [now.case] if now.case else [each for each in (now.epoch, now.handed_on_from) if each]

    def _known(self, begun: Sequence[tuple[str, age.HybridIdentity]]) -> list[age.HybridIdentity]:
        """Every key to which the grants lead from these, each with whose or of what it is."""
        with self.database.read() as session:
            grants = [
                (each.subject, each.grantee, each.file) for each in session.scalars(sa.select(Grant)) if each.file
            ]
        known = [*begun]
        for of, identity in known:  # grows while it is walked over
            for subject, grantee, file in grants:
                if grantee == of and _opens(file, [identity]):
                    known.append((subject, _key_in(age.decrypt(file, [identity]))))
        return [identity for _, identity in known]

    def sealed(self) -> dict[bytes, str]:
        """Every sealed file that the service has, and in which column."""
        columns = [
            column
            for table in Base.metadata.sorted_tables
            for column in table.columns
            if isinstance(column.type, Sealed)
        ]
        with self.database.read() as session:
            return {
                bytes(file): str(column) for column in columns for file in session.scalars(sa.select(column)) if file
            }


def _kept_by(before: Gone, staff: Staff, kept: Collection[bytes]) -> Iterator[tuple[str, age.HybridIdentity]]:
    """The keys of which two had a pair: the one has left, with the key of their own first, and the other leaves now."""
    two = [before.known[0], staff.keys.identity]
    for file in {*before.kept, *kept}:
        for outer, inner in (two, two[::-1]):
            if _opens(file, [outer]):
                document = parse_document(age.decrypt(file, [outer]))
                within = PairBody.read(document.header.body).file
                if _opens(within, [inner]):
                    yield document.header.subject, _key_in(age.decrypt(within, [inner]))


def _key_in(grant: bytes) -> age.HybridIdentity:
    [line] = [each for each in grant.decode().splitlines() if each.startswith("AGE-SECRET-KEY-")]
    identity = age.parse_identity(line)
    assert isinstance(identity, age.HybridIdentity)
    return identity


def _gives_a_case(document: bytes) -> bool:
    """Whether it is the entry by which custodians give a case to somebody: it lies under the key as it is, for they
    turn none, and says who."""
    if not document.startswith(b"{"):
        return False
    header = parse_document(document).header
    return header.type == "journal" and header.body["recovery"] is not None


def _opens(file: bytes, identities: Sequence[age.HybridIdentity]) -> bool:
    try:
        age.decrypt(file, identities)
    except age.Error:
        return False
    return True
