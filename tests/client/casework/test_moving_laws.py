"""What holds of cases in whatever order they are merged, split, taken apart, written in and taken back: nothing of
anybody's is lost, doubled or said otherwise, and what was taken back is nowhere."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from app.client.casework import act_approvals, cases
from app.client.casework.cases import OpenCase, ending
from app.client.intake.reporter import Submitted
from app.client.machine.staff import Staff
from app.client.machine.transport import Refused
from app.client.statistics.withdrawals import carry_out, end_agreed
from app.protocol.case import Affected, CaseFile, Incident, Name, PartType, RuleBroken
from tests.client.casework.scene import claimed, taken
from tests.client.casework.test_moving import agreed, merged, undone
from tests.client.installation import Installation
from tests.client.statistics.test_withdrawals import take_back, told, with_people
from tests.walks import walks

KINDS = ("merge", "merge", "undo", "split", "at once", "end", "take back")
# They lead through a merge, what is written before and after it, its undoing and another; what is drawn comes behind.
COURSE = [("at once", 0, 0), ("merge", 0, 1), ("at once", 1, 0), ("undo", 0, 0), ("merge", 0, 2)]
ACTS = st.tuples(st.sampled_from(KINDS), st.integers(0, 3), st.integers(0, 3))


@dataclass
class Model:
    """What should be so: in which case each report is, and which it ever was in; who was told of by it; notes."""

    home: dict[str, str] = field(default_factory=dict)
    knew: dict[str, set[str]] = field(default_factory=dict)
    into: dict[str, str] = field(default_factory=dict)
    people: dict[str, Affected] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)  # the cases through which each came, where it is last

    def reports(self, case: str) -> set[str]:
        return {report for report, home in self.home.items() if home == case}

    def go(self, reports: set[str], to: str) -> None:
        self.home |= dict.fromkeys(reports, to)
        self.knew.setdefault(to, set()).update(reports)


@dataclass
class Work:
    """Boris and chen at their cases; each act is by one of them, in turn, and agreed to by the other."""

    here: Installation
    boris: Staff
    chen: Staff
    sent: dict[str, Submitted] = field(default_factory=dict)
    cases: list[str] = field(default_factory=list)
    is_so: Model = field(default_factory=Model)

    def begin(self) -> None:
        """A case of a report with one person, what happened to them, and who they are."""
        anna, sent = self.here.staff("anna"), claimed(self.here, self.here.staff("anna"))
        case = taken(anna, self.boris, sent)
        case = cases.change_members(self.boris, case, add=[self.chen.person])
        case = with_people(self.boris, case, person := told(sent.report))
        self.sent[sent.report] = sent
        self.cases.append(case.id)
        self.is_so.go({sent.report}, case.id)
        self.is_so.people[sent.report] = person
        self.is_so.incidents[sent.report] = case.file.incidents[0]

    def act(self, kind: str, one: int, other: int) -> None:
        case, second = self.cases[one % len(self.cases)], self.cases[other % len(self.cases)]
        self.boris, self.chen = self.chen, self.boris
        acts: dict[str, Callable[[], bool]] = {
            "merge": lambda: self.merge(case, second),
            "undo": lambda: self.undo(case),
            "split": lambda: self.split(case),
            "at once": lambda: self.write_at_once(case),
            "end": lambda: self.end(case),
            "take back": lambda: self.take_back(case),
        }
        if not acts[kind]():
            self.refused(kind, case, second)

    def merge(self, case: str, into: str) -> bool:
        so = self.is_so
        if case == into or {case, into} & so.into.keys() or not so.reports(case):
            return False
        merged(self.boris, self.chen, *self.both(case, into))
        so.go(so.reports(case), into)
        so.into[case] = into
        self.move_notes(case, into)
        return True

    def undo(self, case: str) -> bool:
        so, into = self.is_so, self.is_so.into.get(case, "")
        came = so.knew[case] & so.reports(into) if into else set[str]()
        if not came or into in so.into:
            return False
        undone(self.boris, self.chen, *self.both(case, into))
        so.go(came, case)
        del so.into[case]
        for way in so.notes.values():
            if way[-2:] == [case, into]:
                way.pop()
        return True

    def split(self, case: str) -> bool:
        so = self.is_so
        if len(so.reports(case)) < 2:
            return False
        report = min(so.reports(case))
        new = cases.open_beside(self.boris, cases.open_(self.boris, case))
        word = agreed(self.boris, self.chen, cases.open_(self.boris, case), new)
        ready = cases.ready(self.boris, case)
        going = cases.with_reports(self.boris, ready, {report})
        cases.move_parts(self.boris, ready, cases.ready(self.boris, new), going, word)
        self.cases.append(new)
        so.go({report}, new)
        return True

    def write_at_once(self, case: str) -> bool:
        """Both write behind the same entry."""
        so = self.is_so
        if case in so.into or not so.reports(case):
            return False
        theirs = [cases.open_(each, case) for each in (self.boris, self.chen)]
        for staff, opened in zip((self.boris, self.chen), theirs, strict=True):
            text = f"Note {len(so.notes)}."
            cases.note(staff, opened, text)
            so.notes[text] = [case]
        return True

    def end(self, case: str) -> bool:
        so = self.is_so
        there = [each for each in sorted(so.reports(case)) if each in so.people]
        if not there:
            return False
        opened = cases.open_(self.boris, case)
        act = ending.agreed(opened, opened.whole.parts[Name(PartType.PERSON, so.people[there[0]].id)])
        asked = act_approvals.request(self.boris, opened, act, self.chen.person)
        act_approvals.decide(self.chen, act_approvals.review(self.chen, asked), approved=True)
        opened = cases.open_(self.boris, case)
        assert end_agreed(self.boris, opened, act, act_approvals.given(self.boris, opened, act, asked))
        del so.people[there[0]], so.incidents[there[0]]
        return True

    def take_back(self, case: str) -> bool:
        """The first of a case with two or more: what of it is anywhere goes."""
        so = self.is_so
        if len(so.reports(case)) < 2:
            return False
        report = min(so.reports(case))
        take_back(self.here, self.sent[report])
        assert carry_out(self.boris, case)
        del so.home[report]
        so.people.pop(report, None)
        so.incidents.pop(report, None)
        opened = cases.open_(self.boris, case)
        kept = {note.text for note in opened.file.notes}
        so.notes = {text: way for text, way in so.notes.items() if way[-1] != case or text in kept}
        self.forget_merged(case)
        return True

    def forget_merged(self, into: str) -> None:
        for case in [each for each, to in self.is_so.into.items() if to == into]:
            self.forget_merged(case)
            del self.is_so.into[case]
            self.is_so.knew.pop(case)
            self.is_so.notes = {text: way for text, way in self.is_so.notes.items() if way[-1] != case}
            self.cases.remove(case)

    def refused(self, kind: str, case: str, other: str) -> None:
        """What may not be is refused by who would move it, or by the service, whoever has agreed."""
        if kind == "merge" and case != other:
            one, two = self.both(case, other)
            try:
                merged(self.boris, self.chen, one, two)
            except (RuleBroken, Refused):
                return
            raise AssertionError(kind)

    def both(self, one: str, other: str) -> tuple[OpenCase, OpenCase]:
        return cases.open_(self.boris, one), cases.open_(self.boris, other)

    def move_notes(self, case: str, into: str) -> None:
        for way in self.is_so.notes.values():
            if way[-1] == case:
                way.append(into)

    def check(self) -> None:
        """Both read the same, and it is what should be so: each thing once, and where its report is."""
        so = self.is_so
        for staff in (self.boris, self.chen):
            read = [cases.open_(staff, each) for each in self.cases]
            assert [(each.spoiled, each.set_aside, each.journal.passed_over) for each in read] == [((), (), ())] * len(
                read
            )
            found = {each.id: each for each in read}
            assert in_order(said(read)) == in_order(
                [*(bare(each) for each in so.people.values()), *so.incidents.values(), *so.notes]
            )
            for report, home in so.home.items():
                assert report in {each.id for each in found[home].file.reports}
                if report in so.people:
                    assert so.people[report].id in {each.id for each in found[home].file.persons}
            for text, way in so.notes.items():
                assert text in {each.text for each in found[way[-1]].file.notes}, (text, way)
            for case in self.cases:
                assert (found[case].journal.merged_into, cases.view(staff, case).stage == "merged") == (
                    so.into.get(case),
                    case in so.into,
                )


def said(read: list[OpenCase]) -> Iterator[Affected | Incident | str]:
    for case in read:
        file: CaseFile = case.file
        yield from map(bare, file.persons)
        yield from file.incidents
        yield from (each.text for each in file.notes)


def bare(person: Affected) -> Affected:
    """But for who tells of them, which is said before anything goes."""
    return replace(person, told_by=())


def in_order(things: object) -> list[str]:
    return sorted(map(repr, things))  # type: ignore[call-overload]


@given(acts=st.lists(ACTS, min_size=1, max_size=3))
@walks(1)
def test_nothing_is_lost_or_said_twice_in_whatever_order_cases_are_joined_and_taken_apart(
    here: Installation, acts: list[tuple[str, int, int]]
) -> None:
    work = Work(here, here.staff("boris"), here.staff("chen"))
    for _ in range(3):
        work.begin()

    for kind, one, other in [*COURSE, *acts]:
        work.act(kind, one, other)
    work.check()
