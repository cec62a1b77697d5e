"""What holds in whatever order two cases of one human being are told of, tied, counted and gainsaid."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from app.client.casework import cases, ties
from app.client.casework.cases import OpenCase
from app.client.intake.reporter import Submitted
from app.client.machine.staff import Staff
from app.client.statistics import cards
from tests.client.casework.scene import approved
from tests.client.installation import Installation
from tests.client.statistics.test_words_over_cases import of_relative, says, there
from tests.walks import walks

# What is done, and in which of the two cases; by whom, where somebody signs in.
COURSE = [
    ("tie", 0),
    ("count", 0),
    ("count", 1),
    ("send", 0),
    ("no", 0),
    ("sign in", 0),
    ("yes", 1),
    ("count", 1),
    ("sign in", 1),
    ("day", 0),
    ("no", 1),
    ("yes", 0),
    ("send", 0),
]


@dataclass
class Two:
    """Two cases of one person, each of a reporter, and what these have said since, with the day."""

    here: Installation
    boris: Staff
    chen: Staff
    made: list[tuple[OpenCase, Submitted]]
    said: dict[int, list[tuple[date, bool]]] = field(default_factory=lambda: {0: [], 1: []})

    def act(self, kind: str, number: int) -> None:
        case, sent = self.made[number]
        match kind:
            case "tie":
                each = [ties.someone(self.boris, case, case.file.persons[0].id) for case, _ in self.now()]
                self.count(ties.say(self.boris, *each).case)
            case "count":
                self.count(cases.open_(self.boris, case.id))
            case "send":
                cards.send(self.boris, now=True)
            case "yes" | "no":
                says(self.here, sent, yes=kind == "yes")
                self.said[number].append((self.here.now().date(), kind == "yes"))
            case "sign in":
                cards.follow_words((self.boris, self.chen)[number])
            case "day":
                self.here.pass_(timedelta(days=1))
                self.boris, self.chen = self.here.staff("boris"), self.here.staff("chen")

    def now(self) -> list[tuple[OpenCase, Submitted]]:
        return [(cases.open_(self.boris, case.id), sent) for case, sent in self.made]

    def count(self, case: OpenCase) -> None:
        cards.write(self.boris, case.id, approved(self.boris, case, self.chen))

    def agrees(self, number: int) -> bool:
        """Whether each *no* of this reporter was followed by a *yes* of a later day."""
        said = self.said[number]
        return all(yes or any(y and d > day for d, y in said[i:]) for i, (day, yes) in enumerate(said))

    def end(self) -> None:
        for _ in range(2):
            for member in (self.boris, self.chen):
                cards.follow_words(member)
                cards.send(member, now=True)


@given(acts=st.permutations(COURSE), cut=st.integers(0, 4))
@example(acts=COURSE, cut=0)
@walks(3)
def test_who_said_no_in_one_of_two_cases_is_counted_in_neither_whatever_else_was_done(
    here: Installation, acts: list[tuple[str, int]], cut: int
) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    two = Two(here, boris, chen, [of_relative(here, boris, chen) for _ in range(2)])

    for kind, number in acts[: len(acts) - cut]:
        two.act(kind, number)
    two.act("tie", 0)
    two.end()

    if not (two.agrees(0) and two.agrees(1)):
        assert [there(here, two.boris, case) for case, _ in two.made] == [0, 0]
