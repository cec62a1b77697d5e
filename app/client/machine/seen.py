"""What this machine has seen: the newest version of everything opened, the last line of the log, what lists held.

A service that shows something older than this is caught (SEALING, "On opening, a client", 5). One row a mark, in a
database that all processes of the machine share: who writes at the same time waits, and nobody loses what another has
seen. Whoever takes the machine does not learn what was worked on: a mark is sealed to the person's own identity, and
found by a name that only its holder can derive.

Once for each loss that the holders of the root accept, what is shown of a subject may be older than that (*Loss*), and
never older than what was seen of it before the day of the backup. So a row has its days, and how many losses it was
held to: whoever looks at it next, by `hold` or `hold_list`, lowers it to what is shown, and it is kept what was lost.
"""

import hashlib
import hmac
import json
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, TypeVar

from app import age, private
from app.client.machine.seen_rows import Row, floor_of, held_to
from app.protocol.chain import Mark
from app.protocol.derivation import derive
from app.protocol.encoding import sha256_hex
from app.protocol.errors import Rollback
from app.protocol.losses import LOSS, Loss, unknown
from app.protocol.memory import OF, Remembered, listed

_T = TypeVar("_T")

# Bytes of a mark before it is sealed: all are as long as the longest, or their size would tell what they are of.
_SIZE: Final = 2048
# For how long one process waits for another, in seconds. A write takes milliseconds.
_PATIENCE: Final = 30
_LIST: Final = " list"
_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS seen (name BLOB PRIMARY KEY, mark BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS lost (name BLOB PRIMARY KEY, mark BLOB NOT NULL) WITHOUT ROWID",
)


@dataclass(frozen=True)
class Lost:
    """What this machine had seen and is not shown any more: of a chain up to which version, `since` the day on which it
    first saw of it what is gone; of a list how much of it."""

    type: str
    subject: str
    since: date
    version: int


class SeenMarks:
    """Reads and writes what lies in `path`. Each call is a transaction of its own, which sees what others wrote."""

    def __init__(
        self, path: Path, identity: age.HybridIdentity, today: Callable[[], date] = lambda: datetime.now(UTC).date()
    ) -> None:
        self._path = path
        self._identity = identity
        self._today = today
        self._naming = derive(identity.secret, "seen")
        self._of_thread = threading.local()
        # By name, with the hash of the entry in which it lay: to open one takes longer than to find it.
        self._rows: dict[bytes, tuple[bytes, Row]] = {}

    def highest(self, type_: str, subject: str) -> Mark | None:
        """The newest version that this machine has opened or written; None where it has seen none."""
        database = self._database()
        row = self._find(database, type_, subject)
        return row.mark if row else None

    def marks(self, type_: str, subject: str) -> tuple[Mark, ...]:
        """The newest, behind what other machines of this person have seen that no chain was yet found to hold."""
        database = self._database()
        row = self._find(database, type_, subject)
        return (*row.beside, row.mark) if row else ()

    def remembered(self, type_: str, subject: str) -> tuple[Mark, ...]:
        """All marks of it that are still known, the newest that was seen before those that were seen earlier."""
        database = self._database()
        row = self._find(database, type_, subject)
        return (*(mark for _, mark in row.steps), *row.beside) if row else ()

    def hold(
        self, type_: str, subject: str, check: Callable[[Mark | None], _T], *, accepted: Sequence[Loss] = ()
    ) -> _T:
        """What `check` finds of the newest that was seen, by raising `Rollback` for less.

        Where a loss was accepted since the subject was last held to anything, it may be less, once, and no less than
        was seen before the day of the backup. `accepted` are those of the log that is held here, which count from now
        on where it holds. Raises `Rollback`, and what else `check` raises.
        """
        database = self._database()
        row, losses = self._find(database, type_, subject), self._losses(database)
        new = unknown(accepted, [sha256 for sha256, _ in losses])
        losses += [(each.sha256, each.day) for each in new]
        days = [day for _, day in losses[row.losses :]] if row else []
        kept, since, found = held_to(row, min(days, default=None), check)
        if not days and not new:
            return found
        with self._writing() as database:
            known = self._losses(database)
            for number, each in enumerate(unknown(new, [sha256 for sha256, _ in known]), start=len(known) + 1):
                self._put(database, Row(LOSS, str(number), Mark(number, each.sha256), each.day))
            if row is None or self._find(database, type_, subject) != row:
                return found  # there is nothing to lower, or another process did
            if since is not None:
                self._lose(database, Lost(type_, subject, since, row.mark.version))
            if kept is None:
                self._delete(database, row)
            else:
                held = row if kept == row.mark else row.lowered(kept, len(losses))
                self._put(database, replace(held, losses=len(losses)))
        return found

    def compare(
        self, type_: str, subject: str, check: Callable[[Mark | None], None]
    ) -> tuple[date | None, date | None]:
        """Since when the newest that is shown was seen, and since when what is not; None where there is none."""
        database = self._database()
        row = self._find(database, type_, subject)
        missing = None
        for on, mark in row.steps if row else ():
            try:
                check(mark)
            except Rollback:
                missing = on
            else:
                return on, missing
        return None, missing

    def losses_behind(self, type_: str, subject: str) -> bool:
        """Whether a loss was accepted since it was last held to anything, so that less of it may be shown."""
        database = self._database()
        row = self._find(database, type_, subject)
        return row is not None and row.losses < len(self._losses(database))

    def behind(self, type_: str) -> list[str]:
        """All subjects of this type of which that holds: every mark is read for it."""
        database = self._database()
        number = len(self._losses(database))
        rows = [self._read(entry) for (entry,) in database.execute("SELECT mark FROM seen")]
        return sorted(row.subject for row in rows if row.type == type_ and row.losses < number)

    def losses(self) -> list[str]:
        """Those that this machine has seen accepted, in their order, by the hashes of their line 1."""
        database = self._database()
        return [sha256 for sha256, _ in self._losses(database)]

    def lost(self) -> list[Lost]:
        """All that a loss took of what this machine had seen, as far as it has looked since."""
        database = self._database()
        rows = [json.loads(self._opened(entry)) for (entry,) in database.execute("SELECT mark FROM lost")]
        found = (Lost(**{**row, "since": date.fromisoformat(row["since"])}) for row in rows)
        return sorted(found, key=lambda each: (each.since, each.type, each.subject))

    def hold_chain(self, type_: str, subject: str, chain_: Sequence[Mark], *, reason: str) -> None:
        """Marks of a chain, from whichever version on: what any machine of this person has seen of these, it holds.

        What lies before them is still to be held against the chain. Raises `Rollback`.
        """
        if not chain_ or len(self.marks(type_, subject)) < 2:
            return  # mostly there is nothing to write, and nobody needs to wait
        with self._writing() as database:
            row = self._find(database, type_, subject)
            shown = {each.version: each for each in chain_}
            within = [each for each in (row.beside if row else ()) if each.version >= chain_[0].version]
            if any(each.version not in shown or shown[each.version].sha256 != each.sha256 for each in within):
                raise Rollback(reason)
            if row and within:
                self._put(database, replace(row, beside=tuple(each for each in row.beside if each not in within)))

    def record(self, type_: str, subject: str, mark: Mark) -> None:
        """Remember a version that was opened, or that was written and taken; a higher one stays.

        Raises `Rollback` where another file of the same version was seen, and no loss has taken that.
        """
        if self.highest(type_, subject) == mark:
            return  # mostly; nobody needs to wait for a turn to write
        with self._writing() as database:
            row = self._find(database, type_, subject)
            if row is None:
                self._put(database, self._new(database, type_, subject, mark))
                return
            try:
                new = row.raised(mark, self._today())
            except Rollback:
                losses = self._losses(database)
                if row.losses == len(losses) or mark.version <= floor_of(row, losses).version:
                    raise
                new = self._new(database, type_, subject, mark)
                self._lose(database, Lost(type_, subject, row.on, row.mark.version))
            self._put(database, new, row)

    def replace(self, type_: str, subject: str, mark: Mark) -> None:
        """Forget what was seen of it before: people have compared, and know better."""
        with self._writing() as database:
            self._put(database, self._new(database, type_, subject, mark), self._find(database, type_, subject))

    def everything(self) -> list[Remembered]:
        """All that this machine knows, in no order: marks, and what lists held, without how many those are."""
        database = self._database()
        rows = [self._read(entry) for (entry,) in database.execute("SELECT mark FROM seen")]
        of_marks = (row for row in rows if not row.type.endswith(_LIST))
        return [Remembered(row.type, row.subject, mark) for row in of_marks for mark in (*row.beside, row.mark)]

    def merge(self, known: Collection[Remembered], *, on: date) -> list[Remembered]:
        """Know what another machine of this person knew on that day, all of it or nothing.

        Of two files of one version both may be genuine, so this machine keeps its own: those of `known` are returned.
        What one of the two has seen before a loss says nothing to the other that has looked since.
        """
        others = list[Remembered]()
        theirs = {each.mark.sha256 for each in known if each.type == LOSS}
        with self._writing() as database:
            losses = self._losses(database)
            behind = [number for number, (sha256, _) in enumerate(losses) if sha256 not in theirs]
            held = min(behind, default=len(losses))
            for each in known:
                if each.type == LOSS:
                    continue
                if OF in each.type:
                    type_, _, of = each.type.partition(OF)
                    self._merge_listed(database, type_, of, each.subject, held=held, on=on)
                    continue
                row = self._find(database, each.type, each.subject)
                new = Row(each.type, each.subject, each.mark, on, losses=held)
                try:
                    if row is None:
                        self._put(database, new)
                    elif row.losses == held:
                        self._put(database, row.merged(each.mark), row)
                    elif row.losses < held and each.mark.version >= floor_of(row, losses).version:
                        self._put(database, new)
                except Rollback:
                    others.append(each)
        return others

    def drop(self, type_: str, of: str) -> None:
        """Forget a list, for what it is of was destroyed."""
        with self._writing() as database:
            if not self._count(database, type_, of):
                return
            for row in self._listed(database, type_, of):
                self._delete(database, row)
            self._delete(database, Row(_listing(type_), of, Mark(0, ""), self._today()))

    def forget(self, type_: str, subject: str) -> None:
        """Forget a mark, for what it is of was destroyed."""
        with self._writing() as database:
            row = self._find(database, type_, subject)
            if row is not None:
                self._delete(database, row)

    def hold_list(self, type_: str, of: str, subjects: Collection[str], *, reason: str) -> None:
        """Remember what a list of `of` holds, which only grows. Raises `Rollback` where it lacks what was in it before.

        Each of the subjects has a row that says that it was there, and one more counts them: as many of those shown
        must have been there before as were ever counted. Where a loss was accepted since it was last held to this, it
        may lack what was not in it before the day of the backup.
        """
        with self._writing() as database:
            new = {each for each in subjects if not self._is_listed(database, type_, of, each)}
            if len(set(subjects) - new) < self._count(database, type_, of):
                self._let_go(database, type_, of, {*subjects}, reason=reason)
            self._add(database, type_, of, new)
            row = self._find(database, _listing(type_), of)
            if row is not None:
                self._put(database, replace(row, losses=len(self._losses(database))), row)

    def add_to_list(self, type_: str, of: str, subject: str) -> None:
        """Remember that this machine itself added `subject` to a list of `of`."""
        with self._writing() as database:
            if not self._is_listed(database, type_, of, subject):
                self._add(database, type_, of, {subject})

    def _let_go(
        self, database: sqlite3.Connection, type_: str, of: str, shown: Collection[str], *, reason: str
    ) -> None:
        """Forget what a list lacks, where a loss explains it. Raises `Rollback`."""
        missing = [row for row in self._listed(database, type_, of) if row.subject not in shown]
        since, count = min(row.on for row in missing), self._find(database, _listing(type_), of)
        days = [day for _, day in self._losses(database)[count.losses if count else 0 :]]
        if not days or since < min(days):
            raise Rollback(reason, since)
        for row in missing:
            self._delete(database, row)
        self._lose(database, Lost(type_, of, since, len(missing)))
        number = self._count(database, type_, of) - len(missing)
        self._put(database, self._new(database, _listing(type_), of, Mark(number, sha256_hex(of.encode()))))

    def _merge_listed(
        self, database: sqlite3.Connection, type_: str, of: str, subject: str, *, held: int, on: date
    ) -> None:
        count = self._find(database, _listing(type_), of)
        if self._is_listed(database, type_, of, subject) or (count is not None and count.losses > held):
            return
        self._add(database, type_, of, {subject}, on=on)
        if count is None:
            now = self._find(database, _listing(type_), of)
            if now is not None:
                self._put(database, replace(now, losses=held))

    def _add(
        self, database: sqlite3.Connection, type_: str, of: str, new: Collection[str], *, on: date | None = None
    ) -> None:
        if not new:
            return
        number = self._count(database, type_, of) + len(new)
        for each in new:
            self._put(database, Row(_among(type_, of), each, listed("", each).mark, on or self._today()))
        counted = Mark(number, sha256_hex(of.encode()))
        row = self._find(database, _listing(type_), of) or self._new(database, _listing(type_), of, counted)
        self._put(database, replace(row, mark=counted))

    def _count(self, database: sqlite3.Connection, type_: str, of: str) -> int:
        """How many were ever in the list."""
        row = self._find(database, _listing(type_), of)
        return row.mark.version if row else 0

    def _listed(self, database: sqlite3.Connection, type_: str, of: str) -> list[Row]:
        """What was in the list: all marks are read for it, so it is asked where something is amiss."""
        rows = (self._read(entry) for (entry,) in database.execute("SELECT mark FROM seen").fetchall())
        return [row for row in rows if row.type == _among(type_, of)]

    def _losses(self, database: sqlite3.Connection) -> list[tuple[str, date]]:
        """The losses that were accepted, by the hashes of their line 1, and the days of the backups."""
        found = list[tuple[str, date]]()
        while row := self._find(database, LOSS, str(len(found) + 1)):
            found.append((row.mark.sha256, row.on))
        return found

    def _new(self, database: sqlite3.Connection, type_: str, subject: str, mark: Mark) -> Row:
        """A mark of today, behind all losses of which this machine knows."""
        return Row(type_, subject, mark, self._today(), losses=len(self._losses(database)))

    def _lose(self, database: sqlite3.Connection, lost: Lost) -> None:
        text = json.dumps({**asdict(lost), "since": lost.since.isoformat()}).encode()
        database.execute("REPLACE INTO lost VALUES (?, ?)", (self._name(lost.type, lost.subject), self._sealed(text)))

    def _put(self, database: sqlite3.Connection, row: Row, before: Row | None = None) -> None:
        """In the place of the one `before`, if there was one: what stands there already is not sealed anew."""
        if row == before:
            return
        name, sealed = self._name(row.type, row.subject), self._sealed(row.text)
        database.execute("REPLACE INTO seen VALUES (?, ?)", (name, sealed))
        self._rows[name] = hashlib.sha256(sealed).digest(), row

    def _delete(self, database: sqlite3.Connection, row: Row) -> None:
        database.execute("DELETE FROM seen WHERE name = ?", (self._name(row.type, row.subject),))

    def _is_listed(self, database: sqlite3.Connection, type_: str, of: str, subject: str) -> bool:
        name = self._name(_among(type_, of), subject)
        return database.execute("SELECT 1 FROM seen WHERE name = ?", (name,)).fetchone() is not None

    def close(self) -> None:
        """Give this thread's connection back. Whoever asks again gets another."""
        if self._open is not None:
            self._open.database.close()
        self._of_thread.open = None

    @property
    def _open(self) -> "_Open | None":
        found: _Open | None = getattr(self._of_thread, "open", None)
        return found

    def _database(self) -> sqlite3.Connection:
        """This thread's connection to the file that lies in the place now: it stays open, for a command asks it a
        hundred times."""
        if self._open is None or self._open.file != _file_at(self._path):
            self.close()
            private.make_file(self._path)
            database = sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None)
            for table in _TABLES:
                database.execute(table)
            self._of_thread.open = _Open(database, _file_at(self._path))
            return database
        return self._open.database

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Until the block ends no other process writes; where it raises, nothing of it is kept."""
        database = self._database()
        database.execute("BEGIN IMMEDIATE")
        try:
            yield database
            database.execute("COMMIT")
        finally:
            if database.in_transaction:
                database.execute("ROLLBACK")

    def _find(self, database: sqlite3.Connection, type_: str, subject: str) -> Row | None:
        name = self._name(type_, subject)
        entry = database.execute("SELECT mark FROM seen WHERE name = ?", (name,)).fetchone()
        if entry is None:
            return None
        known, row = self._rows.get(name, (b"", None))
        if row is None or known != hashlib.sha256(entry[0]).digest():
            row = self._read(entry[0])
            self._rows[name] = hashlib.sha256(entry[0]).digest(), row
        if (row.type, row.subject) != (type_, subject):
            raise ValueError("a mark lies under another's name")
        return row

    def _read(self, entry: bytes) -> Row:
        return Row.read(self._opened(entry))

    def _opened(self, entry: bytes) -> bytes:
        return age.decrypt(entry, [self._identity])

    def _sealed(self, text: bytes) -> bytes:
        return age.encrypt(text.ljust(_SIZE), [self._identity.recipient])

    def _name(self, type_: str, subject: str) -> bytes:
        return hmac.digest(self._naming, f"{type_} {subject}".encode(), "sha256")


@dataclass(frozen=True)
class _Open:
    """A connection, and which file it is to."""

    database: sqlite3.Connection
    file: tuple[int, int] | None


def _file_at(path: Path) -> tuple[int, int] | None:
    """Which file lies there; None where none does."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _listing(type_: str) -> str:
    """Under which the count of a list lies."""
    return f"{type_}{_LIST}"


def _among(type_: str, of: str) -> str:
    """Under which each lies that was in the list."""
    return f"{type_}{OF}{of}"
