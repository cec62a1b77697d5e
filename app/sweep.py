"""Destruction by rule, once a day. `main` collects the rules from the packages whose rows they destroy."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from app.blobs import Blobs
from app.database import Database
from app.destruction import destroying, doomed


@dataclass(frozen=True)
class Sweep:
    """The rules, in their order, and the queries that give the names of all blobs that a row names."""

    rules: tuple[Callable[[Session, date], object], ...]
    named: tuple[Callable[[Session], set[str]], ...]

    def run(self, database: Database, blobs: Blobs, today: date) -> list[str]:
        """Destroy what is due today, and what no row names; the names of the blobs that went. Twice changes nothing.

        Each rule has a transaction of its own and is tried whatever became of the others: none may hold up the rest.
        Raises an `ExceptionGroup` of what failed when everything has been tried.
        """
        failures: list[Exception] = []
        blob_names: list[str] = []
        for rule in self.rules:
            try:
                with destroying(database, blobs, today) as session:
                    rule(session, today)
            except Exception as error:  # raised below, when the others have had their turn
                failures.append(error)
            else:
                blob_names += doomed(session)
        database.truncate_log()  # also of rows that no rule has doomed
        with database.read() as session:
            names_in_use = {name for names in self.named for name in names(session)}
        blob_names += blobs.sweep(names_in_use, today)
        blobs.renew(today)
        if failures:
            raise ExceptionGroup("some of what is due was not destroyed", failures)
        return blob_names
