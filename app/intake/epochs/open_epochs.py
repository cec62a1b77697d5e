"""Which epochs take reports, remembered for a moment: every report asks."""

import threading
import time
from dataclasses import dataclass
from datetime import date

from app.database import Database
from app.intake.epochs import service
from app.people.staff import service as staff
from app.problems import Problem

_SECONDS = 2.0


class EpochClosed(Problem):
    """The epoch that the report is sealed to has ended. Fetch the present intake document, and seal the report anew."""

    type, status, title = "epoch-closed", 409, "The report is sealed to an epoch that takes no reports; seal it anew"


@dataclass(frozen=True)
class OpenEpoch:
    """An epoch that takes reports, with the pin of its organisation. Its reports' grants date from its first day."""

    id: str
    org: str
    accepts_from: date


class OpenEpochs:
    """The epochs that take reports. One that was opened elsewhere is found at once, one that ended within seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._epochs: dict[str, OpenEpoch] = {}
        self._day: date | None = None
        self._until = 0.0

    def known(self, epoch_id: str, today: date) -> OpenEpoch | None:
        """The epoch, if it was seen to be open a moment ago. Asks no database, so it can stand in an `async def`."""
        if self._day != today or time.monotonic() > self._until:
            return None
        return self._epochs.get(epoch_id)

    def find(self, epoch_id: str, today: date) -> OpenEpoch:
        """The epoch, as the database says now. Raises `EpochClosed`."""
        with self._lock:
            if known := self.known(epoch_id, today):
                return known  # another report asked while this one waited
            with self._database.read() as session:
                epochs = service.taking_reports(session, today)
                org = staff.organisation(session).id if epochs else ""
            self._epochs = {epoch.id: OpenEpoch(epoch.id, org, epoch.accepts_from) for epoch in epochs}
            self._day, self._until = today, time.monotonic() + _SECONDS
            if epoch_id not in self._epochs:
                raise EpochClosed
            return self._epochs[epoch_id]
