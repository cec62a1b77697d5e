"""What one process of the service keeps in memory for reporters. `main` makes it, and closes it at the end."""

from dataclasses import dataclass
from typing import Annotated

import anyio

from app.database import Database
from app.http import State, shared
from app.intake.epochs.open_epochs import OpenEpochs
from app.intake.mailbox.acts import Acted
from app.intake.reports.writer import Writer
from app.site.site import Site

_ON_ARRIVAL = 8


class Intake:
    """The writer of reports, the epochs that take them, and what casework does when a reporter acts.

    `no_script_threads` bounds the threads of the page without script, each of which waits for somebody's slow line.
    """

    def __init__(self, database: Database, acted: Acted) -> None:
        self.writer = Writer(database)
        self.epochs = OpenEpochs(database)
        self.acted = acted
        self.no_script_threads = anyio.CapacityLimiter(_ON_ARRIVAL)

    def close(self) -> None:
        """Store what was taken and not yet stored."""
        self.writer.close()


@dataclass(frozen=True)
class IntakeState(State):
    """What the routes of reporters use beside what all do. `site` are their pages, which need not be there."""

    intake: Intake
    site: Site


Shared = Annotated[IntakeState, shared(IntakeState)]
