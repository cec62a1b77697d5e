"""The one thread of a process that stores reports: many in one transaction, each answered when it is on disk.

A commit costs a wait for the disk, whatever is in it. While the thread waits, reports gather for the next commit.
"""

import asyncio
import threading
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.database import Base, Database, storage
from app.database.bulk import Value, insert_rows
from app.intake.mailbox.models import Mailbox, Slot
from app.intake.reports.models import Report, ReportFile
from app.people.grants.models import Grant
from app.problems import Problem
from app.protocol.mailbox import THREAD_STATE_SLOT
from app.vocabulary import GrantKind, IntakeChannel, ReportState

WAITING_LIMIT = 32 * 2**20  # bytes of reports that wait for the disk; more are refused, not remembered
_BATCH_LIMIT = 128  # reports in one transaction
_RETRY_SECONDS = 1


class IntakeBusy(Problem):
    """Nothing was stored. Send the same report again after `retry_after_seconds`."""

    type, status, title = "intake-busy", 503, "More reports arrive than can be stored; send it again in a moment"

    def __init__(self, *, retry_after_seconds: int) -> None:
        super().__init__()
        self.members["retry_after_seconds"] = retry_after_seconds


class ReportExists(Problem):
    """Another report has this id or this mailbox. Draw a new receipt and seal the report anew."""

    type, status, title = "report-exists", 409, "Another report was sent under this id or with this token"


class Outcome(Enum):
    """What became of a report: stored now, stored before with the same bytes, or refused for another under its id."""

    NEW = "new"
    SAME = "same"
    OTHER = "other"


@dataclass(frozen=True)
class Arrival:
    """A report that was checked, with its grant to the epoch, its mailbox, and the first slot of that.

    Each of their tables has its row at this `place`.
    """

    id: str
    place: int
    ref: str
    epoch_id: str
    sha256: str
    received_on: date
    size: int
    grant_id: str
    grant_from: date
    intake_channel: IntakeChannel
    token_sha256: str = field(repr=False)
    recipient: str = field(repr=False)
    withdrawal_sha256: str
    grant: bytes = field(repr=False)
    thread_state: bytes = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Insert:
    """Rows for one table, each with the values of these columns."""

    model: type[Base]
    columns: tuple[str, ...]
    rows: list[tuple[Value, ...]]


@dataclass(frozen=True)
class _Waiting:
    arrival: Arrival
    loop: asyncio.AbstractEventLoop
    answer: "asyncio.Future[Outcome]"


class Writer:
    """Takes reports from any event loop. Its thread starts with the first and ends with `close`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._change = threading.Condition()
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._thread: threading.Thread | None = None
        self._is_closed = False

    async def put(self, arrival: Arrival) -> Outcome:
        """Store the report; returns once that is on disk. Raises `IntakeBusy` at once where too many wait."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(arrival, loop, loop.create_future())
        with self._change:
            if self._is_closed or self._waiting_bytes + arrival.size > WAITING_LIMIT:
                raise IntakeBusy(retry_after_seconds=_RETRY_SECONDS)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="report-writer", daemon=True)
                self._thread.start()
            self._waiting.append(waiting)
            self._waiting_bytes += arrival.size
            self._change.notify()
        return await waiting.answer

    def close(self) -> None:
        """Store what waits, and end the thread. What comes later is refused."""
        with self._change:
            self._is_closed = True
            self._change.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while batch := self._next():
            try:
                with self._database.write() as session:
                    outcomes = store(session, [waiting.arrival for waiting in batch])
            except Exception as error:  # the callers are told, and the thread lives on for the next ones
                # Whoever came while the database did not answer would else wait as long once more.
                batch += self._rest() if storage.has_failed(error) else []
                _answer(batch, [error] * len(batch))
            else:
                _answer(batch, outcomes)

    def _next(self) -> list[_Waiting]:
        with self._change:
            self._change.wait_for(lambda: self._waiting or self._is_closed)
            return self._take(_BATCH_LIMIT)

    def _rest(self) -> list[_Waiting]:
        with self._change:
            return self._take(len(self._waiting))

    def _take(self, number: int) -> list[_Waiting]:
        """At most so many of those that wait, with the lock held."""
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), number))]
        self._waiting_bytes -= sum(waiting.arrival.size for waiting in batch)
        return batch


def store(session: Session, arrivals: Sequence[Arrival]) -> list[Outcome]:
    """Store all that are new; a repeated id or token spoils nobody else's report. Raises `IntakeBusy`."""
    # In one order, so that two processes with the same rows wait for one another and not in a circle.
    new = _with_reports(session, sorted(arrivals, key=lambda arrival: arrival.id))
    new = _with_mailboxes(session, sorted(new, key=lambda arrival: arrival.token_sha256))
    for rest in _files(new):
        if _insert(session, rest) != len(rest.rows):  # another's lies there; the next try draws other places
            raise IntakeBusy(retry_after_seconds=_RETRY_SECONDS)
    refs = {arrival.ref for arrival in new}
    earlier = _earlier(session, [arrival for arrival in arrivals if arrival.ref not in refs])
    return [Outcome.NEW if arrival.ref in refs else _repetition(arrival, earlier) for arrival in arrivals]


def inserts(arrivals: Sequence[Arrival]) -> list[Insert]:
    """All rows of these reports, in an order in which they can be inserted."""
    return [_reports(arrivals), _mailboxes(arrivals), *_files(arrivals)]


def _insert(session: Session, new: Insert) -> int:
    return insert_rows(session, new.model, new.columns, new.rows) if new.rows else 0


def _with_reports(session: Session, arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
    """Insert the reports, and return those whose row is theirs: it has their own random `ref`."""
    if _insert(session, _reports(arrivals)) == len(arrivals):
        return arrivals
    refs = set(session.scalars(select(Report.ref).where(Report.id.in_([arrival.id for arrival in arrivals]))))
    return [arrival for arrival in arrivals if arrival.ref in refs]


def _with_mailboxes(session: Session, arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
    """Insert the mailboxes, and take back the reports whose token is another's."""
    if _insert(session, _mailboxes(arrivals)) == len(arrivals):
        return arrivals
    tokens = [arrival.token_sha256 for arrival in arrivals]
    owners = set(session.scalars(select(Mailbox.report_id).where(Mailbox.token_sha256.in_(tokens))))
    losers = [arrival.id for arrival in arrivals if arrival.id not in owners]
    session.execute(delete(Report).where(Report.id.in_(losers)))
    return [arrival for arrival in arrivals if arrival.id in owners]


def _earlier(session: Session, arrivals: Sequence[Arrival]) -> set[tuple[str, str, str]]:
    """Id, digest and token of the reports that were there under these ids."""
    if not arrivals:
        return set()
    rows = session.execute(
        select(Report.id, Report.envelope_sha256, Mailbox.token_sha256)
        .join(Mailbox, Mailbox.report_id == Report.id)
        .where(Report.id.in_([arrival.id for arrival in arrivals]))
    )
    return {(id_, sha256, token_sha256) for id_, sha256, token_sha256 in rows}


def _repetition(arrival: Arrival, earlier: set[tuple[str, str, str]]) -> Outcome:
    return Outcome.SAME if (arrival.id, arrival.sha256, arrival.token_sha256) in earlier else Outcome.OTHER


def _reports(arrivals: Sequence[Arrival]) -> Insert:
    columns = ("id", "ref", "epoch_id", "received_on", "state", "intake_channel", "size", "envelope_sha256", "version")
    state = ReportState.RECEIVED.value
    rows: list[tuple[Value, ...]] = [
        (
            each.id,
            each.ref,
            each.epoch_id,
            each.received_on.isoformat(),
            state,
            each.intake_channel.value,
            each.size,
            each.sha256,
            1,
        )
        for each in arrivals
    ]
    return Insert(Report, columns, rows)


def _mailboxes(arrivals: Sequence[Arrival]) -> Insert:
    columns = ("place", "token_sha256", "report_id", "recipient", "withdrawal_sha256")
    rows: list[tuple[Value, ...]] = [
        (each.place, each.token_sha256, each.id, each.recipient, each.withdrawal_sha256) for each in arrivals
    ]
    return Insert(Mailbox, columns, rows)


def _files(arrivals: Sequence[Arrival]) -> list[Insert]:
    slots: list[tuple[Value, ...]] = [
        (each.place, each.token_sha256, THREAD_STATE_SLOT, each.thread_state) for each in arrivals
    ]
    return [
        Insert(ReportFile, ("place", "report_id", "body"), [(each.place, each.id, each.body) for each in arrivals]),
        Insert(Slot, ("place", "token_sha256", "number", "file"), slots),
        _grants(arrivals),
    ]


def _grants(arrivals: Sequence[Arrival]) -> Insert:
    columns = ("place", "id", "subject", "grantee", "kind", "generation", "granted_on", "revoked", "file")
    kind = GrantKind.INTAKE.value
    rows: list[tuple[Value, ...]] = [
        # From the epoch's first day on, which says nothing of the report's, until a rule ends it: it has no last day.
        (each.place, each.grant_id, each.id, each.epoch_id, kind, 1, str(each.grant_from), False, each.grant)
        for each in arrivals
    ]
    return Insert(Grant, columns, rows)


def _answer(batch: Sequence[_Waiting], answers: Iterable[Outcome | Exception]) -> None:
    """Wake each event loop once, with all answers that are for it."""
    by_loop = defaultdict(list)
    for waiting, answer in zip(batch, answers, strict=True):
        by_loop[waiting.loop].append((waiting.answer, answer))
    for loop, pairs in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, pairs)


def _resolve(pairs: Iterable[tuple["asyncio.Future[Outcome]", Outcome | Exception]]) -> None:
    for future, answer in pairs:
        if future.done():  # its caller has gone
            continue
        if isinstance(answer, Outcome):
            future.set_result(answer)
        else:
            future.set_exception(answer)
