"""What is due by the calendar and needs no key: named jobs, each once a day or hour, however many processes there are.

`main` collects them from the packages whose rows they change. Most destroy by a rule; the last of a day settles files.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app import recorded_day
from app.blobs import Blobs
from app.database import Base, Database, insert_or_ignore
from app.destruction import destroying, doomed, finish

# What is settled once a day, in no transaction of a rule: rows and keys, then what is left of files.
_ROWS: Final = "rows"
_FILES: Final = "files"


class LastRun(Base):
    """When a job ran to its end last."""

    __tablename__ = "jobs"
    __table_args__ = {"sqlite_with_rowid": False}

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    turn: Mapped[str] = mapped_column(String(13))


@dataclass(frozen=True)
class Job:
    """Something that one transaction does."""

    name: str
    run: Callable[[Session, datetime], object]
    is_hourly: bool = False

    def turn(self, now: datetime) -> str:
        """The day or hour to which `now` belongs, as RFC 3339 begins."""
        return f"{now:%Y-%m-%dT%H}" if self.is_hourly else _day(now)


def daily(name: str, rule: Callable[[Session, date], object]) -> Job:
    """A rule about days, which is followed once in each."""
    return Job(name, lambda session, now: rule(session, now.date()))


@dataclass(frozen=True)
class Done:
    """The jobs that ran, by name; the names of the blobs that went, and of those that were set aside."""

    ran: list[str]
    destroyed: list[str]
    aside: list[str]


@dataclass(frozen=True)
class Jobs:
    """The jobs, in their order, and the queries that give the names of all blobs that a row names."""

    jobs: tuple[Job, ...]
    named: tuple[Callable[[Session], set[str]], ...]

    def run(
        self,
        database: Database,
        blobs: Blobs,
        now: datetime,
        *,
        due_only: bool = False,
        clock_is_right: bool = False,
        however_many: bool = False,
    ) -> Done:
        """Do what is due, or all of it. Twice changes nothing.

        Each job has a transaction of its own and is tried whatever became of the others: none may hold up the rest.
        Of processes that find the same due at the same time one does it.

        Raises `DayNotBelievable` before anything is touched, but not where somebody has looked and says that the
        `clock_is_right`; an `ExceptionGroup` of what failed when everything else has been tried; and what
        `Blobs.set_aside` raises, unless it shall be `however_many`.
        """
        today = now.date()
        with database.write() as session:
            recorded_day.record(session, today, is_right=clock_is_right)
        failed = dict[str, Exception]()
        ran, destroyed, aside = list[str](), finish(database, blobs, today), list[str]()
        for job in self.jobs:
            try:
                with destroying(database, blobs, today) as session:
                    if _take(session, job.name, job.turn(now), due_only=due_only):
                        job.run(session, now)
                        ran.append(job.name)
            except Exception as error:  # raised below, when the others have had their turn
                failed[job.name] = error
            else:
                destroyed += doomed(session)
        database.truncate_log()  # also of rows that no rule has doomed
        try:
            with turn_of(_ROWS, database, _day(now), due_only=due_only) as is_theirs:
                if is_theirs:
                    _settle(database, today)
                    ran.append(_ROWS)
        except Exception as error:  # as of a job
            failed[_ROWS] = error
        with turn_of(_FILES, database, _day(now), due_only=due_only) as is_theirs:
            if is_theirs:
                with database.read() as session:
                    names_in_use = {name for names in self.named for name in names(session)}
                destroyed += blobs.settle(names_in_use, today)
                blobs.renew(today)
                aside = blobs.set_aside(names_in_use, today, however_many=however_many)
                ran.append(_FILES)
        if failed:
            raise ExceptionGroup(f"not done: {', '.join(failed)}", list(failed.values()))
        return Done(ran, destroyed, aside)

    def are_due(self, session: Session, now: datetime) -> bool:
        """Whether one of them has not had its turn."""
        turns = last_turns(session)
        settled = all(turns.get(name) == _day(now) for name in (_ROWS, _FILES))
        return not settled or any(turns.get(job.name) != job.turn(now) for job in self.jobs)


def last_turns(session: Session) -> dict[str, str]:
    """By the names of the jobs, the day or hour in which each ran to its end last."""
    return {row.name: row.turn for row in session.scalars(select(LastRun).order_by(LastRun.name))}


@contextmanager
def turn_of(name: str, database: Database, turn: str, *, due_only: bool = True) -> Iterator[bool]:
    """Whether this process has the turn, for what no transaction holds; who fails gives it back."""
    with database.write() as session:
        is_theirs = _take(session, name, turn, due_only=due_only)
    try:
        yield is_theirs
    except BaseException:
        with database.write() as session:
            session.execute(delete(LastRun).where(LastRun.name == name))
        raise


def _settle(database: Database, today: date) -> None:
    """Nothing of how rows and keys lie says any more when each came; the keys are copied as they lie then."""
    database.write_anew(Base.metadata.sorted_tables)
    if database.keys is not None:
        database.keys.settle()
        database.keys.copy(today)


def _take(session: Session, name: str, turn: str, *, due_only: bool) -> bool:
    """Whether this transaction has the turn, which nobody else has then; where not only what is due is, always."""
    insert_or_ignore(session, LastRun, [{"name": name, "turn": ""}])
    mine = update(LastRun).where(LastRun.name == name).values(turn=turn).returning(LastRun.name)
    return session.scalar(mine.where(LastRun.turn != turn) if due_only else mine) is not None


def _day(now: datetime) -> str:
    return f"{now:%Y-%m-%d}"
