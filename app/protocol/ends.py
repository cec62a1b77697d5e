"""What comes to an end and stops the work if nobody looks: closed codes and days, told alike by service and client."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final


class Ending(StrEnum):
    """What it is that ends."""

    DESTRUCTION = "destruction"  # by date, for the machine's clock cannot be believed
    INTAKE = "intake"
    REPORTS = "reports"
    CERTIFICATE = "certificate"
    CARD_WRITING = "card_writing"
    STATISTICS = "statistics"
    DESK = "desk"
    DISK = "disk"


# A name, and who goes on with it by which command.
_WORDS: Final = {
    Ending.DESTRUCTION: (
        "destruction waits",
        "the operator looks at the machine's clock, then: tern worker --once --the-clock-is-right",
    ),
    Ending.INTAKE: ("intake", "a supervisor opens the next epoch: tern intake rotate"),
    Ending.REPORTS: ("undecided reports", "then the first is destroyed; a triager decides: tern triage list"),
    Ending.CERTIFICATE: ("certificate", "a supervisor certifies again: tern certify"),
    Ending.CARD_WRITING: ("key for card writing", "a supervisor makes the next: tern intake keys --make card_writing"),
    Ending.STATISTICS: ("key for statistics", "a supervisor makes the next: tern intake keys --make statistics"),
    Ending.DESK: ("key for answer templates", "a supervisor makes the next: tern intake keys --make desk"),
    Ending.DISK: ("disk", "the operator makes room, and sees how much there is: tern doctor"),
}


@dataclass(frozen=True)
class End:
    """What ends, and after which day. `of` is the handle of whom a certificate is of, where that is somebody else.

    Of a destruction that waits it is the last day that was believed.
    """

    what: Ending
    day: date
    of: str | None = None

    @property
    def name(self) -> str:
        """In words, without its day."""
        name = _WORDS[self.what][0]
        if self.what is Ending.CERTIFICATE:
            return f"{name} of {self.of}" if self.of else f"your {name}"
        return name

    @property
    def todo(self) -> str:
        """The day, and what is to be done."""
        until = "since" if self.what is Ending.DESTRUCTION else "until"
        who = f" {self.of}" if self.of else ""
        return f"{until} {self.day}; {_WORDS[self.what][1]}{who}"

    def __str__(self) -> str:
        return f"{self.name}: {self.todo}"
