"""What one process of the service keeps in memory for reporters. `main` makes it, and closes it at the end."""

from app.database import Database
from app.intake.keys.open_epochs import OpenEpochs
from app.intake.mailbox.acts import Acted
from app.intake.reports.writer import Writer


class Intake:
    """The writer of reports, the epochs that take them, and what casework does when a reporter acts."""

    def __init__(self, database: Database, acted: Acted) -> None:
        self.writer = Writer(database)
        self.epochs = OpenEpochs(database)
        self.acted = acted

    def close(self) -> None:
        """Store what was taken and not yet stored."""
        self.writer.close()
