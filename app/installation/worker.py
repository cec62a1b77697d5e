"""Does what is due while a process runs, so that a small organisation needs no timer."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from app.blobs import Blobs, TooManyLeftOver
from app.database import Database
from app.installation import service
from app.jobs import Jobs
from app.recorded_day import DayNotBelievable

_LOOK_SECONDS: Final = 60.0
_REST_SECONDS: Final = 900.0  # after something has failed
_END_SECONDS: Final = 10.0


@contextmanager
def working(
    jobs: Jobs, database: Database, blobs: Blobs, now: Callable[[], datetime], tell: Callable[[str], None]
) -> Iterator[None]:
    """Until the block ends, a thread looks every minute whether something is due.

    What fails is told in a line, once as long as it is the same, and tried again a quarter of an hour later. Of a day
    that cannot be believed `recorded_day.recording` tells.
    """
    with beside("worker", lambda: _turn(jobs, database, blobs, now), tell, first_rest=_REST_SECONDS):
        yield


@contextmanager
def beside(
    name: str, turn: Callable[[], str], tell: Callable[[str], None], *, first_rest: float = _LOOK_SECONDS
) -> Iterator[None]:
    """Until the block ends, a thread takes its `turn` every minute, which says what has failed, if anything has.

    That is told once as long as it is the same. After the first failure it rests for `first_rest` seconds, then twice
    as long each time, for a quarter of an hour at most.
    """
    ended = threading.Event()

    def run() -> None:
        told, rest, longer = "", 0.0, first_rest
        while not ended.wait(rest):
            failed = turn()
            rest = longer if failed else _LOOK_SECONDS
            longer = min(longer * 2, _REST_SECONDS) if failed else first_rest
            if failed and failed != told:
                tell(failed)
            told = failed

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(_END_SECONDS)  # what it is at then is rolled back, or done to its end tomorrow


def _turn(jobs: Jobs, database: Database, blobs: Blobs, now: Callable[[], datetime]) -> str:
    """What is to be told of it; nothing where all that was due is done. Nothing of a row is in it."""
    try:
        moment = now()
        with database.read() as session:
            are_due = jobs.are_due(session, moment)
        if are_due:
            service.record_free_space(database, blobs.directory.parent, moment.date())
            jobs.run(database, blobs, moment, due_only=True)
            service.record_sweep(database, moment.date())
    except DayNotBelievable:
        return ""
    except TooManyLeftOver as error:
        return str(error)
    except ExceptionGroup as error:
        kinds = dict.fromkeys(type(each).__name__ for each in error.exceptions)
        return f"Jobs were {error.message} ({', '.join(kinds)}); they are tried again."
    except Exception as error:  # whatever it is, the next turn comes, and nothing of a row reaches an output
        return f"No job was done ({type(error).__name__}); they are tried again."
    return ""
