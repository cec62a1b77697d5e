"""What the entries of a journal come to."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

from app.protocol.chain import Mark
from app.protocol.encoding import MOST, check_day, check_id, check_number
from app.protocol.errors import NotAuthentic
from app.protocol.journal.entry import Origin, PartNote, ReportNote
from app.protocol.members import Members
from app.protocol.opening import Opened


@dataclass(frozen=True)
class Place:
    """What lies at one place of the chain: a file with this hash, and the authentic document in it, if one is."""

    sha256: str
    document: Opened | None = field(repr=False)


@dataclass(frozen=True)
class NamedVersion:
    """A version of a part as an entry that counts names it: who wrote that entry, on which day, at which place.

    `generation` is that of the key under which it lies, its own or its case's: the newest by that entry.
    """

    note: PartNote
    author: str
    day: date
    entry: int
    generation: int


@dataclass(frozen=True)
class Loan:
    """The key of the case, lent for a decision to somebody by whoever wrote the entry."""

    to: str
    by: str
    day: date
    entry: int


@dataclass(frozen=True)
class Seconded:
    """Who was the second person of the act in an entry, by the id of their approval, which counts for no other."""

    approval: str
    by: str
    entry: int


@dataclass(frozen=True)
class Recovered:
    """Whom two custodians gave the key of the case and made members: the first wrote the entry, the second peeled.

    `until` is the last day of those who were none, where it has one.
    """

    people: frozenset[str]
    first: str
    second: str
    day: date
    entry: int
    until: date | None = None

    def row(self) -> list[object]:
        """As it stands in a checkpoint; `of_row` takes it back."""
        until = self.until and self.until.isoformat()
        return [sorted(self.people), self.first, self.second, self.day.isoformat(), self.entry, until]

    @classmethod
    def of_row(cls, row: Sequence[Any]) -> Self:
        """Raises `Malformed`, or what its values raise."""
        people, first, second, day, entry, until = row
        return cls(
            frozenset(check_id("per", each) for each in people),
            check_id("per", first),
            check_id("per", second),
            check_day(day),
            check_number(entry, range(1, MOST + 1)),
            None if until is None else check_day(until),
        )


@dataclass(frozen=True)
class Journal:
    """What the entries come to: the members, the keys by name, the reports, and each part with the versions named.

    `mark` is that of the last file, whether it counts or not, `author` who wrote the last that does, `day` the latest
    on which an entry that counts says it was written. `passed_over` are the places of what does not count,
    `clock_wrong` those of entries that count and are dated ahead, or when their author was not certified.
    `origins` are what came from other cases, `loans`, `seconded` and `recovered` all that ever were.

    `held` is by part with a key of its own who was given the newest, whoever has left since. `keyed` is by such a part
    and by report the place of the entry that brought in its newest key.

    `guests` are members by a recovery, each with the last day on which they are one unless a member confirms them.

    `turned` is the place of the entry that brought in the newest key of the case, `holders` are its author and those to
    whom it went as members, whoever has left since, and a custodian who gave it to somebody. `turned_on` is its day,
    None where what was read began at a checkpoint behind it.

    `checkpoint` is the place of the last one that is true, 0 where there is none, `false_checkpoints` are those of such
    as are not. What was read began behind entry `since`, at a checkpoint, and is as `summed_up_by` says, who else may
    have seen nothing of it: None where somebody has, or where it was read whole. A part has one version from before.

    `merged_into` is the case into which all of this one went, `reports` are those that have not gone to another.
    """

    case: str
    members: Members
    mark: Mark
    author: str
    day: date
    keys: Mapping[tuple[str, int], str] = field(default_factory=dict)
    reports: tuple[ReportNote, ...] = ()
    parts: Mapping[str, tuple[NamedVersion, ...]] = field(default_factory=dict)
    passed_over: tuple[int, ...] = ()
    clock_wrong: tuple[int, ...] = ()
    origins: frozenset[Origin] = frozenset()
    loans: tuple[Loan, ...] = ()
    seconded: tuple[Seconded, ...] = ()
    recovered: tuple[Recovered, ...] = ()
    held: Mapping[str, frozenset[str]] = field(default_factory=dict)
    keyed: Mapping[str, int] = field(default_factory=dict)
    guests: Mapping[str, date] = field(default_factory=dict)
    turned: int = 1
    turned_on: date | None = None
    holders: frozenset[str] = frozenset()
    checkpoint: int = 0
    false_checkpoints: tuple[int, ...] = ()
    since: int = 0
    summed_up_by: str | None = None
    merged_into: str | None = None

    @property
    def generation(self) -> int:
        """Of the newest key of the case."""
        return self.generation_of(self.case)

    def generation_of(self, subject: str) -> int:
        """Of the newest key of the case, of a report or of a part; 0 where none is named."""
        return newest_generation(self.keys, subject)

    def over(self, day: date) -> frozenset[str]:
        """Who was a member until a day before this one."""
        return frozenset(person for person, until in self.guests.items() if until < day)

    def is_turn_due(self, is_certified: Callable[[str], bool], may_get: Callable[[str], bool], today: date) -> bool:
        """Whether nothing is to be written any more under the newest key of the case.

        Somebody has it, or was lent it, who is certified no longer, or has it and is no member any more, or was one
        until a day that is over; or a member lacks it who may get it again.
        """
        if self.over(today):
            return True
        lent = {each.to for each in self.loans if each.entry >= self.turned}
        if self.holders - self.members.present or not all(map(is_certified, self.holders | lent)):
            return True
        return any(map(may_get, self.members.present - self.holders))

    @property
    def old_reports(self) -> list[str]:
        """Those whose newest key came in before that of the case turned: somebody who left may have it."""
        return [each.id for each in self.reports if self.keyed[each.id] < self.turned]

    @property
    def old_parts(self) -> list[str]:
        """Likewise those with a key of their own that have not ended."""
        return [part for part in self.own_parts if self.keyed[part] < self.turned]

    @property
    def own_parts(self) -> list[str]:
        """Those with a key of their own that have not ended."""
        # A checkpoint that is false may know holders of what it leaves out.
        return [part for part in self.held if part in self.parts and self.parts[part][-1].note.sha256 is not None]

    def check_named(self, subject: str, generation: int, recipient: str) -> None:
        """Raises `NotAuthentic` unless an entry names this key; `recipient` is the SHA-256 of its recipient's text."""
        if self.keys.get((subject, generation)) != recipient:
            raise NotAuthentic("key-name")


def newest_generation(keys: Iterable[tuple[str, int]], of: str) -> int:
    """The generation of its newest key; 0 where none is named."""
    return max((generation for subject, generation in keys if subject == of), default=0)
