"""What takes two persons in a case: each such act as a text, over whose hash the second of them signs."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Final

from app.protocol.encoding import canonical, sha256_hex
from app.protocol.journal.entry import EndReason
from app.vocabulary import ApprovalSubject

# For so long after its day the word of the second counts for an `Ending`: they agreed to what they had in mind.
AGREED_FOR: Final = timedelta(days=14)


@dataclass(frozen=True)
class Removal:
    """`remove`, opener or owner or both, are taken off the list, and `owner` owns the case then."""

    subject: ClassVar = ApprovalSubject.REMOVAL

    remove: frozenset[str]
    owner: str | None

    def sha256(self, case: str) -> str:
        """The hash of its text, which names its case."""
        return sha256_hex(canonical({"case": case, "remove": sorted(self.remove), "owner": self.owner}))


@dataclass(frozen=True)
class Ending:
    """These parts end otherwise than by rule, all of them together, and with them the answers of these `people`.

    Each stands beside its newest version: what was written since, nobody has agreed to end.
    """

    subject: ClassVar = ApprovalSubject.ENDING

    parts: frozenset[tuple[str, int]]
    people: frozenset[str] = frozenset()

    @property
    def ids(self) -> frozenset[str]:
        """Of the parts."""
        return frozenset(part for part, _ in self.parts)

    def sha256(self, case: str) -> str:
        """The hash of its text, which names its case."""
        parts, people = [[part, version] for part, version in sorted(self.parts)], sorted(self.people)
        return sha256_hex(canonical({"case": case, "parts": parts, "people": people, "reason": EndReason.AGREED}))


@dataclass(frozen=True)
class Moving:
    """What the case has goes to the case `to`, all of it or some: by one member, in entries that follow each other."""

    subject: ClassVar = ApprovalSubject.MERGE

    to: str

    def sha256(self, case: str) -> str:
        """The hash of its text, which names its case."""
        return sha256_hex(canonical({"case": case, "into": self.to}))


@dataclass(frozen=True)
class Hold:
    """The case outlives the month in which it would go, from this day on, until that very hold is over."""

    subject: ClassVar = ApprovalSubject.LEGAL_HOLD

    day: date

    def sha256(self, case: str) -> str:
        """The hash of its text, which names its case."""
        return sha256_hex(canonical({"case": case, "held_on": self.day.isoformat()}))


@dataclass(frozen=True)
class Release:
    """The hold of that day is over. It bears the hash of that."""

    subject: ClassVar = ApprovalSubject.DELETION

    day: date

    def sha256(self, case: str) -> str:
        """The hash of the hold."""
        return Hold(self.day).sha256(case)


Act = Removal | Ending | Moving | Hold | Release
