"""What ends if nobody looks, in the words that a command prints."""

from datetime import date

import pytest

from app.protocol.ends import End, Ending

DAY = date(2026, 6, 15)
TOLD = {
    Ending.DESTRUCTION: "destruction waits: since 2026-06-15; the operator looks at the machine's clock, then: "
    "tern worker --once --the-clock-is-right",
    Ending.INTAKE: "intake: until 2026-06-15; a supervisor opens the next epoch: tern intake rotate",
    Ending.REPORTS: "undecided reports: until 2026-06-15; then the first is destroyed; a triager decides: "
    "tern triage list",
    Ending.CERTIFICATE: "your certificate: until 2026-06-15; a supervisor certifies again: tern certify",
    Ending.CARD_WRITING: "key for card writing: until 2026-06-15; a supervisor makes the next: "
    "tern intake keys --make card_writing",
    Ending.STATISTICS: "key for statistics: until 2026-06-15; a supervisor makes the next: "
    "tern intake keys --make statistics",
    Ending.DESK: "key for answer templates: until 2026-06-15; a supervisor makes the next: "
    "tern intake keys --make desk",
    Ending.DISK: "disk: until 2026-06-15; the operator makes room, and sees how much there is: tern doctor",
}


@pytest.mark.parametrize("what", Ending)
def test_each_says_who_does_what_until_when(what: Ending) -> None:
    assert str(End(what, DAY)) == TOLD[what]


def test_the_certificate_of_somebody_else_is_named_with_whom_it_is_of() -> None:
    end = End(Ending.CERTIFICATE, DAY, of="anna")

    assert end.name == "certificate of anna"
    assert end.todo == "until 2026-06-15; a supervisor certifies again: tern certify anna"
