"""The clock of this device, held against the service's: documents bear its day, and keys are chosen by it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

# Less than any rule of the protocol notices, more than a network takes.
TOLERANCE: Final = timedelta(minutes=5)


@dataclass
class Watch:
    """Tells once by how much the device is ahead of the service (behind, where negative), if it is more than a little.

    It decides nothing: which of the two is wrong, a person finds out.
    """

    clock: Callable[[], datetime]
    tell: Callable[[timedelta], None]
    _told: bool = field(default=False, init=False)

    def hear(self, date: str | None) -> None:
        """The `Date` of an answer; one that cannot be read says nothing."""
        try:
            at = parsedate_to_datetime(date or "")
            off = self.clock().astimezone(UTC) - (at if at.tzinfo else at.replace(tzinfo=UTC))
        except (ValueError, OverflowError):
            return
        if abs(off) > TOLERANCE and not self._told:
            self._told = True
            self.tell(off)
