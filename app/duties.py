"""What the service cannot do without a key holder: one list, to which each domain adds what is its own.

`main` collects what they add. A duty is a hint to a client: it says what to look at, and proves nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from app.actor import Actor
from app.protocol.duties import DutyKind


@dataclass(frozen=True)
class Duty:
    """Something about an object that the person who asks could do, which waits since a day; perhaps for a person."""

    kind: DutyKind
    object: str
    since: date
    person: str | None = None


# The duties that a domain has for whoever asks.
Duties = Callable[[Session, Actor], Iterator[Duty]]
