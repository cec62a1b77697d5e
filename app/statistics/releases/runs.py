"""Draws that run beside the service: begun by a request, which they outlive; ended by whoever begins anew or cancels.

Until a draw is charged nothing of it is kept; what is lent lies in the memory of the one who makes it.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from app.database import Database, insert_or_ignore
from app.problems import InternalError, Problem
from app.protocol.encoding import new_id
from app.statistics.cards import service as cards
from app.statistics.releases.models import MADE, Release, ReleaseDraw, ReleaseState
from app.statistics.releases.opening import Page, SealedCard, tell_place_alone

# So many cards are read in one transaction.
PAGE: Final = 250
# How often who draws says that they do; and after how long a silence nobody does.
BEAT_SECONDS: Final = 2.0
SILENT_SECONDS: Final = 60.0
# How often whoever waits for their turn looks whether they still have to.
_LOOK_SECONDS: Final = 0.2


class DrawState(StrEnum):
    """All that is told of a draw."""

    WAITING = "waiting"
    RUNNING = "running"
    FAILED = "failed"
    DONE = "done"


class Ended(Exception):
    """Another draw of the release was begun, or it was cancelled, or the service stops."""


@dataclass(frozen=True)
class Run:
    """One draw of a release, by its random word."""

    database: Database = field(repr=False)
    release: str
    runner: str
    is_stopping: threading.Event = field(repr=False)
    _beaten: list[float] = field(default_factory=lambda: [time.monotonic()], repr=False)

    def read(self, quarters: Iterable[str], *, most: int = PAGE) -> Iterator[Page]:
        """The cards of these quarters, page by page: whoever withdraws one waits for nothing. Raises `Ended`."""
        for quarter in quarters:
            after = ""
            while True:
                self.beat()
                with self.database.read() as session:
                    rows = cards.recorded_in(session, quarter, after=after, most=most)
                if not rows:
                    break
                after = rows[-1][0]
                yield [SealedCard(quarter, *row) for row in rows]

    def beat(self) -> None:
        """Say that the draw goes on, from time to time. Raises `Ended` where it does not."""
        if self.is_stopping.is_set():
            raise Ended
        if time.monotonic() < self._beaten[0] + BEAT_SECONDS:
            return
        with self.database.write() as session:
            self.hold(session)
        self._beaten[0] = time.monotonic()

    def hold(self, session: Session) -> None:
        """The same within a transaction, which nobody takes the draw from. Raises `Ended`."""
        beaten = update(ReleaseDraw).where(*self._mine).values(beats=ReleaseDraw.beats + 1)
        if session.scalar(beaten.returning(ReleaseDraw.release_id)) is None:
            raise Ended

    @property
    def _mine(self) -> tuple[ColumnElement[bool], ...]:
        return ReleaseDraw.release_id == self.release, ReleaseDraw.runner == self.runner

    def end(self, failure: str | None = None) -> None:
        """It is over: whole, to wait again, or at the problem of this type, which stays to be seen."""
        over = delete(ReleaseDraw) if failure is None else update(ReleaseDraw).values(failure=failure)
        with self.database.write() as session:
            session.execute(over.where(*self._mine))


@dataclass
class Runs:
    """Those that this process makes, and what it has seen of all."""

    is_stopping: threading.Event = field(default_factory=threading.Event)
    seconds: Callable[[], float] = time.monotonic
    _turn: threading.Lock = field(default_factory=threading.Lock)  # of the one that works: each takes a machine's cores
    _threads: list[threading.Thread] = field(default_factory=list)
    _seen: dict[str, tuple[str, int, float]] = field(default_factory=dict)

    def begin(self, database: Database, release: str, work: Callable[[Run], None]) -> None:
        """Do this in a thread of its own, after what this process does of others, in the place of whoever draws the
        release now."""
        run = Run(database, release, new_id("run").removeprefix("run_"), self.is_stopping)
        with database.write() as session:
            new = {"release_id": release, "runner": run.runner, "beats": 0}
            if not insert_or_ignore(session, ReleaseDraw, [new]):
                theirs = update(ReleaseDraw).where(ReleaseDraw.release_id == release)
                session.execute(theirs.values(runner=run.runner, beats=0, failure=None))
        thread = threading.Thread(target=_do, args=(run, work, self._turn), daemon=True)
        self._threads = [each for each in self._threads if each.is_alive()] + [thread]
        thread.start()

    def running(self, session: Session) -> frozenset[str]:
        """The releases whose draws somebody makes: whose number has grown since a minute, as far as we have looked."""
        now, seen = self.seconds(), dict[str, tuple[str, int, float]]()
        for row in session.scalars(select(ReleaseDraw).where(ReleaseDraw.failure.is_(None))):
            runner, beats, since = self._seen.get(row.release_id, ("", -1, now))
            is_new = (runner, beats) != (row.runner, row.beats)
            seen[row.release_id] = (row.runner, row.beats, now if is_new else since)
        self._seen = seen
        return frozenset(release for release, (_, _, since) in seen.items() if now < since + SILENT_SECONDS)

    def close(self) -> None:
        """The service stops: what runs ends uncharged, or is whole."""
        self.is_stopping.set()
        for each in self._threads:
            each.join()


def failures(session: Session) -> dict[str, str]:
    """At the problem of which type the draw of a release failed, until somebody begins anew."""
    failed = select(ReleaseDraw).where(ReleaseDraw.failure.is_not(None))
    return {row.release_id: row.failure for row in session.scalars(failed) if row.failure}


def state_of(release: Release, running: AbstractSet[str], failed: AbstractSet[str]) -> DrawState | None:
    """How far the draw is, where some run and some failed; None where none is to be made.

    It runs until whoever makes it has ended.
    """
    if release.id in running:
        return DrawState.RUNNING
    if release.state in MADE:
        return DrawState.DONE
    if release.state not in (ReleaseState.APPROVED, ReleaseState.DRAWN):
        return None
    return DrawState.FAILED if release.id in failed else DrawState.WAITING


def _do(run: Run, work: Callable[[Run], None], turn: threading.Lock) -> None:
    failure: str | None = InternalError.type
    try:
        with _taken(turn, run):
            work(run)
        failure = None
    except Ended:
        failure = None  # it waits again, or another has begun it
    except Problem as problem:
        failure = problem.type
    except Exception as error:  # nothing above would tell of it
        tell_place_alone(type(error), error, error.__traceback__)
    finally:
        run.end(failure)


@contextmanager
def _taken(turn: threading.Lock, run: Run) -> Iterator[None]:
    """The turn, once it is there. Raises `Ended` where the draw does not go on until then."""
    while not turn.acquire(timeout=_LOOK_SECONDS):
        run.beat()
    try:
        with run.database.write() as session:
            run.hold(session)  # who was replaced meanwhile begins nothing
        yield
    finally:
        turn.release()
