"""Thirty days in which people come, leave, sleep and lose machines, as `tern demo --days 30` tells them.

A day is a morning, on which something happens to people; reports; the work of whoever is in; and a night, in which the
worker does what needs no key. The clock never goes back.
"""

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Final

from sqlalchemy import select

from app import age, keyring
from app.blobs import Blobs
from app.casework.cases.models import JournalEntry
from app.cli import duties
from app.cli.demo import chapters
from app.cli.demo.chapters import PASSPHRASE, PASSWORD, WORK_FACTOR, Company, DemoFailed
from app.cli.demo.stories import Story
from app.cli.sheets import facts
from app.client import Staff
from app.client.casework import cases, leaving, recoveries
from app.client.machine.staff import NotGranted
from app.client.machine.transport import Refused, Service
from app.client.people import colleagues, copies, custodians, machines, new_keys, roots, sign_in
from app.client.people import duties as waiting
from app.client.statistics import releases
from app.database import Database
from app.intake.mailbox.models import KeptReply
from app.intake.reports.models import ReportFile
from app.main import jobs
from app.people.grants.models import Grant
from app.protocol import intake
from app.protocol import receipt as receipts
from app.protocol.encoding import b64, canonical, new_id
from app.protocol.errors import ProtocolError
from app.protocol.key_copy import AccountKey
from app.protocol.mailbox import SLOT_SIZE, SLOTS, MessageKind
from app.protocol.pairs import RecoveryReason
from app.protocol.roots import Paper
from app.protocol.sizes import Kind, classes
from app.vocabulary import ReportState, Role

DAYS: Final = 30
_CUSTODIANS: Final = ("nadia", "omar", "pema")
CAST: Final = {**chapters.CAST, **dict.fromkeys(_CUSTODIANS, frozenset({Role.CUSTODIAN}))}
_NEWCOMER, _SUCCESSOR = "dawa", "chen"
_TRIAGES: Final = frozenset({Role.TRIAGER, Role.CASEWORKER})
# Nobody who holds an epoch's key signs in on these days.
_ASLEEP: Final = range(12, 27)
# On the first days there are two reports each, then one.
_BUSY: Final = 10
_A_DAY: Final = 2
# The report that no client opens, of which two people say so.
UNDECRYPTABLE: Final = "syn-028"
_TOTAL: Final = "2026-Q2"
_WRITTEN: Final = (ReportFile.body, KeptReply.file, JournalEntry.file, Grant.file)
_MORNING: Final = time(9)
_NIGHT: Final = time(23)


@dataclass(frozen=True)
class Left:
    """Who left, the keys that they took along, and the hashes of what the service had by then."""

    person: Staff
    known: Sequence[age.HybridIdentity] = field(repr=False)
    sealed_before: frozenset[bytes] = field(repr=False)


@dataclass
class Month:
    """What the thirty days have come to, by their stories' ids and people's names."""

    company: Company
    begins: datetime
    stories: Sequence[Story]
    invitation: str
    sheets: dict[str, str] = field(default_factory=dict)  # the twelve words on each
    paper: Paper | None = None
    release: str = ""
    open_days: int = 0
    came_in: dict[str, datetime] = field(default_factory=dict)  # when who has signed in last
    left: list["Left"] = field(default_factory=list)

    def day(self, number: int) -> str:
        """The day of this number, from 1; what happened on it."""
        self._at(number, _MORNING)
        happened = _MORNINGS[number](self) if number in _MORNINGS else ""
        sent = self._reports(number)
        decided = 0 if number in _ASLEEP else self._triage(number)
        self._at(number, _NIGHT)
        self._night()
        return "; ".join(filter(None, [happened, f"{sent} sent", f"{decided} decided"]))

    @property
    def undecided(self) -> list[Story]:
        """Those that were sent, in their order, about which nobody has decided."""
        return [each for each in self.stories if each.id in self.company.submitted.keys() - self.company.decided]

    def staff(self, name: str) -> Staff:
        """Somebody who is in, and does what waits for their keys. Who still has a session does not sign in anew."""
        person = self.company.staff[name]
        if self._is_in(name):
            person.forget()
        else:
            sign_in.sign_in(person, PASSWORD)
            self.came_in[name] = person.now
        duties.act(person, waiting.waiting(person), ask=lambda _: True)
        return person

    def at_work(self, name: str) -> Staff:
        """The same, without a look at what waits for who was in before."""
        return self.company.staff[name] if self._is_in(name) else self.staff(name)

    def _is_in(self, name: str) -> bool:
        session = timedelta(hours=self.company.stage.settings.session_hours)
        return name in self.came_in and self.company.staff[name].now < self.came_in[name] + session

    def on_the_phone(self, name: str) -> str:
        """The words of somebody's keys, as they read them out."""
        return colleagues.fingerprint(self.company.staff[name])

    def sealed(self) -> frozenset[bytes]:
        """The hashes of what the service has of reports, replies and cases, and of keys."""
        return frozenset(sha256(file).digest() for file in self.files())

    def files(self) -> list[bytes]:
        """All that it has sealed of them."""
        with self._database.read() as session:
            return [bytes(file) for column in _WRITTEN for file in session.scalars(select(column)) if file]

    def granted_to(self, person: Staff) -> list[age.HybridIdentity]:
        """Somebody's own key, and each that lies at the service for it: whoever has its files needs no session."""
        own = person.keys.identity
        with self._database.read() as session:
            theirs = select(Grant.file).where(Grant.grantee == person.person, Grant.file.is_not(None))
            files = [bytes(file) for file in session.scalars(theirs) if file]
        texts = [age.decrypt(file, [own]).decode().splitlines() for file in files]
        secrets = {line for lines in texts for line in lines if line.startswith("AGE-SECRET-KEY-PQ-1")}
        found = [age.parse_identity(secret) for secret in sorted(secrets)]
        return [own, *(each for each in found if isinstance(each, age.HybridIdentity))]

    def hand_out_sheet(self, name: str) -> None:
        """A copy of somebody's keys at the service, and the sheet that opens it in `papers/`."""
        person = self.company.staff[name]
        drafted = copies.draft(person, PASSPHRASE, work_factor=WORK_FACTOR)
        facts(drafted.sheet, self.company.stage.directory / "papers")
        copies.keep(person, drafted)
        self.sheets[name] = drafted.sheet.words

    def lose_machine(self, name: str, *, and_sheet: bool = False) -> None:
        """It is gone, and so is what lay on it."""
        self.company.staff.pop(name).__exit__()
        self.came_in.pop(name, None)
        shutil.rmtree(self.company.stage.person(name))
        if and_sheet:
            del self.sheets[name]
            (self.company.stage.directory / "papers" / f"sheet-{name}.txt").unlink()

    def _at(self, number: int, hour: time) -> None:
        day = self.begins.date() + timedelta(days=number - 1)
        self.company.stage.set_clock(datetime.combine(day, hour, UTC))

    def _reports(self, number: int) -> int:
        """Two on each of the first ten days, then one; the page is looked at every day."""
        with self.company.reporter() as reporter:
            reporter.intake()
        self.open_days += 1
        before, by_now = (day + min(day, _BUSY) for day in (number - 1, number))
        today = self.stories[before:by_now]
        chapters.reports(self.company, today, _no_step)
        return len(today)

    def _triage(self, number: int) -> int:
        """Triagers take the days in turn, and are all in where much has come together. Who is in decides what there is,
        and calls whoever is needed for a second word."""
        waits, team = self.undecided, self.company.triagers
        by = team if len(waits) > _A_DAY else [team[number % len(team)]]
        for name in by:
            self.staff(name)
        chapters.triage_and_answer(self.company, waits, _no_step, by=by)
        return len(waits)

    def _night(self) -> None:
        """What `tern worker --once` does."""
        settings, now = self.company.stage.settings, self.company.stage.clock.now()
        jobs(keyring.load(settings.data_dir)).run(self._database, Blobs(settings.data_dir / "blobs"), now)

    @cached_property
    def _database(self) -> Database:
        """Of all nights: what it is asked is the same in each."""
        return Database(self.company.stage.settings.url)

    def close(self) -> None:
        """Give its connections back, and everybody's."""
        self._database.close()
        for person in (*self.company.staff.values(), *(each.person for each in self.left)):
            person.__exit__()


def _founded(month: Month) -> str:
    company = month.company
    month.paper = chapters.organisation(company, month.invitation)
    chapters.keys(company, weeks=4)
    for name, person in company.staff.items():
        month.hand_out_sheet(name)
        month.came_in[name] = person.now
    return f"{len(company.staff)} people, root 2 of 3 with a paper, four weeks of intake signed"


def _founder_loses_a_laptop(month: Month) -> str:
    month.lose_machine("sofia")
    stage = month.company.stage
    month.company.staff["sofia"] = machines.add(
        stage.person("sofia"),
        stage.url,
        handle="sofia",
        password=PASSWORD,
        passphrase=PASSPHRASE,
        account_key=AccountKey.read(month.sheets["sofia"]),
        work_factor=WORK_FACTOR,
        clock=stage.clock.now,
    )
    return "the founder's laptop is lost, and another is hers by her sheet"


def _somebody_leaves(month: Month) -> str:
    """She hands over what opens for her alone, and then all that she has ends at once."""
    company, sofia, gone = month.company, month.staff("sofia"), month.staff("leyla")
    held = leaving.holdings(sofia, gone.person)
    handed = [each for each in (*held.alone, *held.in_pairs) if each.startswith("case_")]
    for case in handed:
        takes = company.staff["tenzin"].person
        cases.change_members(gone, cases.open_(gone, case), add=[takes], owner=takes)
    left = Left(gone, _keys_of(gone, company.cases.values()), month.sealed())
    turned = leaving.leave(sofia, company.staff.pop("leyla").person)
    if turned.failed:
        raise DemoFailed(f"leyla left, and this was not turned: {turned.failed[0]}")
    month.left.append(left)
    company.triagers, company.caseworkers = ["tenzin"], ["tenzin", "mai"]
    made = f"{len(turned.epochs)} epochs and {len(turned.keys)} keys are made anew"
    return f"leyla hands over {len(handed)} cases and leaves; {made}"


def _keys_of(person: Staff, of_cases: Iterable[str]) -> list[age.HybridIdentity]:
    """What somebody takes along: their own key, those of intake, and those of the cases that open for them."""
    known = [person.keys.identity, *(person.epoch_key(intake.read(each).epoch) for each in person.log.intakes)]
    return [*known, *(cases.open_(person, case).identity for case in of_cases if opens(person, case))]


def opens(member: Staff, case: str) -> bool:
    """Whether somebody can read a case."""
    try:
        cases.open_(member, case)
    except (Refused, NotGranted, ProtocolError):
        return False
    return True


def _somebody_comes(month: Month) -> str:
    _come(month, _NEWCOMER, _TRIAGES, by="boris")
    month.staff("tenzin")  # who grants what waits
    month.company.triagers, month.company.caseworkers = ["tenzin", _NEWCOMER], ["tenzin", "mai", _NEWCOMER]
    return f"{_NEWCOMER} comes, and tenzin grants what waits"


def _everybody_comes_in(month: Month) -> str:
    for name in month.company.staff:
        month.staff(name)
    return "everybody comes in once, and does what waits for their keys"


def _tokens_are_stolen(month: Month) -> str:
    """Whoever has the bearer token alone can write, and end nothing."""
    waits = month.undecided
    for story in waits:
        receipt = receipts.read(month.company.submitted[story.id].receipt)
        said = canonical({"v": 1, "kind": MessageKind.WITHDRAW, "id": new_id("msg"), "secret": b64(receipt.token)})
        junk = [age.encrypt(b" " * classes(Kind.SLOT)[0], [age.generate().recipient]) for _ in range(2)]
        headers = {"Authorization": f"Bearer {b64(receipt.token)}"}
        with closing(Service(month.company.stage.url)) as service:
            service.send("POST", "/mailbox", said + b"\n" + b"".join(junk), headers, limit=SLOTS * SLOT_SIZE)
    return f"{len(waits)} withdrawals are posted by whoever stole tokens"


def _member_loses_everything(month: Month) -> str:
    """New keys as the same person, whose words everybody compares again; what she alone could open, two custodians
    give her."""
    company, stage = month.company, month.company.stage
    mai = month.staff("mai").person
    alone = [case for case in company.cases.values() if _holders(company.staff["mai"], case) == {mai}]
    month.lose_machine("mai", and_sheet=True)
    boris = month.staff("boris")
    new_keys.bring(
        stage.person("mai"),
        stage.url,
        token=new_keys.issue_token(boris, mai),
        handle="mai",
        password=PASSWORD,
        passphrase=PASSPHRASE,
        pin=company.pin,
        work_factor=WORK_FACTOR,
    )
    company.staff["mai"] = Staff(stage.person("mai"), PASSPHRASE, clock=stage.clock.now)
    colleagues.certify(boris, mai, month.on_the_phone("mai"), CAST["mai"], new_keys=True)
    month.staff("mai")
    month.hand_out_sheet("mai")
    people = {each.person: each for each in map(month.staff, _CUSTODIANS)}
    for each in people.values():
        colleagues.compare(each, mai, month.on_the_phone("mai"))
    for case in alone:
        _recover(people, case, mai)
    return f"mai loses machine and sheet; two custodians give her {len(alone)} cases that were hers alone"


def _recover(custodians_: Mapping[str, Staff], case: str, person: str) -> None:
    second = next(each for each in custodians_.values() if any(pair.subject == case for pair in custodians.pairs(each)))
    first = custodians_[custodians.peel(second, case, [person], RecoveryReason.LOST).first]
    told = next(each for each in custodians.recoveries(first) if each.subject == case and each.granted_on is None)
    recoveries.grant(first, custodians.waiting(first, told.id))


def _holders(staff: Staff, case: str) -> frozenset[str]:
    """Whose is the newest key of a case that opens for somebody; of another, nobody's."""
    try:
        return cases.open_(staff, case).journal.holders
    except (Refused, NotGranted):
        return frozenset()


def _successor_of_the_founder(month: Month) -> str:
    """The founder goes without a word; boris and the paper, which a custodian keeps, name a third person in one act."""
    company = month.company
    founder = company.staff.pop("sofia")
    granted = month.granted_to(founder)
    _come(month, _SUCCESSOR, frozenset({Role.ANALYST}), by="boris")
    boris, successor = month.staff("boris"), company.staff[_SUCCESSOR]
    newcomers = {successor.person: month.on_the_phone(_SUCCESSOR)}
    proposed = roots.propose(boris, roots.draft_next(boris, add=newcomers, drop=[founder.person]))
    signed = roots.sign(boris, proposed, words=proposed.root.words, newcomers=newcomers, paper=month.paper)
    if signed.lacks:
        raise DemoFailed("the root without the founder lacks a signature")
    left = Left(founder, granted, month.sealed())
    leaving.leave(boris, founder.person)
    month.left.append(left)
    company.supervisors = ["boris", _SUCCESSOR]
    return (
        f"the founder goes for good; boris, with the paper that {_CUSTODIANS[0]} keeps, names {_SUCCESSOR} in her place"
    )


def _total_is_asked_for(month: Month) -> str:
    month.release = releases.request(month.staff("amir"), kind="reserve", period=_TOTAL, workload="T")
    return "the total of the last quarter is asked for"


def _total_is_drawn(month: Month) -> str:
    boris = month.staff("boris")
    releases.approve(boris, releases.view(boris, month.release))
    releases.draw(boris, month.release)
    month.lose_machine("amir", and_sheet=True)
    return "it is drawn, and who asked for it loses machine and sheet before signing"


def _total_is_published(month: Month) -> str:
    boris, other = month.staff("boris"), month.staff(_SUCCESSOR)
    releases.stand_in(other, releases.view(other, month.release), "requester")
    for signer in (boris, other):
        releases.sign(signer, month.release)
    releases.publish(boris, releases.view(boris, month.release))
    return f"{_SUCCESSOR} stands in, and the total is published"


def _triagers_come_back(month: Month) -> str:
    """They were away when somebody got new keys, and give her nothing before they have heard her words."""
    mai, words = month.company.staff["mai"].person, month.on_the_phone("mai")
    for name in month.company.triagers:
        colleagues.compare(month.staff(name), mai, words)
    return "the triagers are back, and call mai"


_MORNINGS: Final[Mapping[int, Callable[[Month], str]]] = {
    1: _founded,
    5: _founder_loses_a_laptop,
    9: _somebody_leaves,
    10: _somebody_comes,
    11: _everybody_comes_in,
    13: _tokens_are_stolen,
    20: _member_loses_everything,
    22: _successor_of_the_founder,
    24: _total_is_asked_for,
    25: _total_is_drawn,
    26: _total_is_published,
    27: _triagers_come_back,
}


def begin(company: Company, begins: datetime, stories: Sequence[Story], invitation: str) -> Month:
    """The month of these forty stories, without their files; one of them is sealed to a key that nobody holds."""
    company.cast = CAST
    told = [replace(each, files=()) for each in stories]
    month = Month(
        company,
        begins,
        [replace(each, disposition=ReportState.UNDECRYPTABLE) if each.id == UNDECRYPTABLE else each for each in told],
        invitation,
    )
    company.comes_in = month.at_work
    return month


def _come(month: Month, name: str, roles: frozenset[Role], *, by: str) -> None:
    person = chapters.come(month.company, name, roles, month.staff(by))
    month.came_in[name] = person.now
    month.hand_out_sheet(name)


def _no_step() -> None:
    """Nobody is shown how far a day is."""
