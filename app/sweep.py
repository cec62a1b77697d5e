"""Destruction by rule, once a day. `main` collects the rules from the packages whose rows they destroy."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from app import recorded_day
from app.blobs import Blobs
from app.database import Database
from app.destruction import destroying, doomed, finish


@dataclass(frozen=True)
class Swept:
    """The names of the blobs that went, and of those that were set aside."""

    destroyed: list[str]
    aside: list[str]


@dataclass(frozen=True)
class Sweep:
    """The rules, in their order, and the queries that give the names of all blobs that a row names."""

    rules: tuple[Callable[[Session, date], object], ...]
    named: tuple[Callable[[Session], set[str]], ...]

    def run(
        self,
        database: Database,
        blobs: Blobs,
        today: date,
        *,
        clock_is_right: bool = False,
        however_many: bool = False,
    ) -> Swept:
        """Destroy what is due today, and set aside what no row names. Twice changes nothing.

        Each rule has a transaction of its own and is tried whatever became of the others: none may hold up the rest.
        Raises `DayNotBelievable` before anything is touched, but not where somebody has looked and says that the
        `clock_is_right`; an `ExceptionGroup` of what failed when everything else has been tried; and what
        `Blobs.set_aside` raises, unless it shall be `however_many`.
        """
        with database.write() as session:
            recorded_day.record(session, today, is_right=clock_is_right)
        failures: list[Exception] = []
        destroyed = finish(database, blobs, today)
        for rule in self.rules:
            try:
                with destroying(database, blobs, today) as session:
                    rule(session, today)
            except Exception as error:  # raised below, when the others have had their turn
                failures.append(error)
            else:
                destroyed += doomed(session)
        database.truncate_log()  # also of rows that no rule has doomed
        with database.read() as session:
            names_in_use = {name for names in self.named for name in names(session)}
        destroyed += blobs.settle(names_in_use, today)
        blobs.renew(today)
        if failures:
            raise ExceptionGroup("some of what is due was not destroyed", failures)
        return Swept(destroyed, blobs.set_aside(names_in_use, today, however_many=however_many))
