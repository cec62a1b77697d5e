"""What this machine has seen: the newest version of everything opened, the last line of the log, what lists held.

A service that shows something older than this is caught (SEALING, "On opening, a client", 5). One row a mark, in a
database that all processes of the machine share: who writes at the same time waits, and nobody loses what another has
seen. Whoever takes the machine does not learn what was worked on: a mark is sealed to the person's own identity, and
found by a name that only its holder can derive.
"""

import hmac
import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, Self

from app import age, private
from app.protocol import chain
from app.protocol.chain import Mark
from app.protocol.derivation import derive
from app.protocol.encoding import sha256_hex
from app.protocol.errors import Rollback
from app.protocol.memory import OF, Remembered, listed

# Bytes of a mark before it is sealed: all are as long as the longest, or their size would tell what they are of.
_SIZE: Final = 512
# For how long one process waits for another, in seconds. A write takes milliseconds.
_PATIENCE: Final = 30
# How many marks of one subject are kept beside the newest, of other machines.
_BESIDE: Final = 2
_LIST: Final = " list"
_TABLE: Final = "CREATE TABLE IF NOT EXISTS seen (name BLOB PRIMARY KEY, mark BLOB NOT NULL) WITHOUT ROWID"


@dataclass(frozen=True)
class _Row:
    """What was seen of one subject: the newest, and what other machines of the person have seen, as long as no chain
    was read that holds all of these."""

    type: str
    subject: str
    mark: Mark
    beside: tuple[Mark, ...] = ()

    @classmethod
    def read(cls, text: bytes) -> Self:
        row = json.loads(text)
        beside = tuple(Mark(**each) for each in row["beside"])
        return cls(row["type"], row["subject"], Mark(**row["mark"]), beside)

    def merged(self, mark: Mark) -> Self:
        """With what another machine has seen. Raises `Rollback` where that was another file of the same version."""
        marks = {each.version: each for each in (*self.beside, self.mark)}
        chain.newest(marks.get(mark.version), mark)
        *beside, newest = [found for _, found in sorted({**marks, mark.version: mark}.items())]
        return replace(self, mark=newest, beside=tuple(beside[-_BESIDE:]))


class SeenMarks:
    """Reads and writes what lies in `path`. Each call is a transaction of its own, which sees what others wrote."""

    def __init__(self, path: Path, identity: age.HybridIdentity) -> None:
        self._path = path
        self._identity = identity
        self._naming = derive(identity.secret, "seen")

    def highest(self, type_: str, subject: str) -> Mark | None:
        """The newest version that this machine has opened or written; None where it has seen none."""
        with self._database() as database:
            row = self._find(database, type_, subject)
        return row.mark if row else None

    def marks(self, type_: str, subject: str) -> tuple[Mark, ...]:
        """The newest, behind what other machines of this person have seen that no chain was yet found to hold."""
        with self._database() as database:
            row = self._find(database, type_, subject)
        return (*row.beside, row.mark) if row else ()

    def hold_chain(self, type_: str, subject: str, chain_: Sequence[Mark], *, reason: str) -> None:
        """Marks of a chain, from whichever version on: what any machine of this person has seen of these, it holds.

        What lies before them is still to be held against the chain. Raises `Rollback`.
        """
        with self._writing() as database:
            row = self._find(database, type_, subject)
            if row is None or not chain_ or not row.beside:
                return
            shown = {each.version: each for each in chain_}
            within = [each for each in row.beside if each.version >= chain_[0].version]
            if any(each.version not in shown or shown[each.version].sha256 != each.sha256 for each in within):
                raise Rollback(reason)
            if within:
                self._put(database, replace(row, beside=tuple(each for each in row.beside if each not in within)))

    def record(self, type_: str, subject: str, mark: Mark) -> None:
        """Remember a version that was opened, or that was written and taken; a higher one stays.

        Raises `Rollback` where another file of the same version was seen.
        """
        with self._writing() as database:
            row = self._find(database, type_, subject)
            new = replace(row, mark=chain.newest(row.mark, mark)) if row else _Row(type_, subject, mark)
            self._put(database, new, row)

    def replace(self, type_: str, subject: str, mark: Mark) -> None:
        """Forget what was seen of it before: people have compared, and know better."""
        with self._writing() as database:
            self._put(database, _Row(type_, subject, mark), self._find(database, type_, subject))

    def everything(self) -> list[Remembered]:
        """All that this machine knows, in no order: marks, and what lists held, without how many those are."""
        with self._database() as database:
            rows = [self._read(entry) for (entry,) in database.execute("SELECT mark FROM seen")]
        of_marks = (row for row in rows if not row.type.endswith(_LIST))
        return [Remembered(row.type, row.subject, mark) for row in of_marks for mark in (*row.beside, row.mark)]

    def merge(self, known: Iterable[Remembered]) -> list[Remembered]:
        """Know what another machine of this person knows, all of it or nothing.

        Of two files of one version both may be genuine, so this machine keeps its own: those of `known` are returned.
        """
        others = list[Remembered]()
        with self._writing() as database:
            for each in known:
                if OF in each.type:
                    type_, _, of = each.type.partition(OF)
                    if not self._is_listed(database, type_, of, each.subject):
                        self._add(database, type_, of, {each.subject})
                    continue
                row = self._find(database, each.type, each.subject)
                try:
                    merged = row.merged(each.mark) if row else _Row(each.type, each.subject, each.mark)
                    self._put(database, merged, row)
                except Rollback:
                    others.append(each)
        return others

    def drop(self, type_: str, of: str) -> None:
        """Forget a list, for what it is of was destroyed."""
        with self._writing() as database:
            if not self._count(database, type_, of):
                return
            for (entry,) in database.execute("SELECT mark FROM seen").fetchall():
                row = self._read(entry)
                if (row.type, row.subject) == (_listing(type_), of) or row.type == _among(type_, of):
                    database.execute("DELETE FROM seen WHERE name = ?", (self._name(row.type, row.subject),))

    def hold_list(self, type_: str, of: str, subjects: Collection[str], *, reason: str) -> None:
        """Remember what a list of `of` holds, which only grows. Raises `Rollback` where it lacks what was in it before.

        Each of the subjects has a row that says that it was there, and one more counts them: as many of those shown
        must have been there before as were ever counted.
        """
        with self._writing() as database:
            new = {each for each in subjects if not self._is_listed(database, type_, of, each)}
            if len(set(subjects) - new) < self._count(database, type_, of):
                raise Rollback(reason)
            self._add(database, type_, of, new)

    def add_to_list(self, type_: str, of: str, subject: str) -> None:
        """Remember that this machine itself added `subject` to a list of `of`."""
        with self._writing() as database:
            if not self._is_listed(database, type_, of, subject):
                self._add(database, type_, of, {subject})

    def _add(self, database: sqlite3.Connection, type_: str, of: str, new: Collection[str]) -> None:
        if not new:
            return
        number = self._count(database, type_, of) + len(new)
        for each in new:
            self._put(database, _Row(_among(type_, of), each, listed("", each).mark))
        self._put(database, _Row(_listing(type_), of, Mark(number, sha256_hex(of.encode()))))

    def _count(self, database: sqlite3.Connection, type_: str, of: str) -> int:
        """How many were ever in the list."""
        row = self._find(database, _listing(type_), of)
        return row.mark.version if row else 0

    def _put(self, database: sqlite3.Connection, row: _Row, before: _Row | None = None) -> None:
        """In the place of the one `before`, if there was one: what stands there already is not sealed anew."""
        if row == before:
            return
        sealed = age.encrypt(json.dumps(asdict(row)).encode().ljust(_SIZE), [self._identity.recipient])
        database.execute("REPLACE INTO seen VALUES (?, ?)", (self._name(row.type, row.subject), sealed))

    def _is_listed(self, database: sqlite3.Connection, type_: str, of: str, subject: str) -> bool:
        name = self._name(_among(type_, of), subject)
        return database.execute("SELECT 1 FROM seen WHERE name = ?", (name,)).fetchone() is not None

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        private.make_file(self._path)
        with closing(sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None)) as database:
            database.execute(_TABLE)
            yield database

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Until the block ends no other process writes; where it raises, nothing of it is kept."""
        with self._database() as database:
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.execute("COMMIT")

    def _find(self, database: sqlite3.Connection, type_: str, subject: str) -> _Row | None:
        entry = database.execute("SELECT mark FROM seen WHERE name = ?", (self._name(type_, subject),)).fetchone()
        if entry is None:
            return None
        row = self._read(entry[0])
        if (row.type, row.subject) != (type_, subject):
            raise ValueError("a mark lies under another's name")
        return row

    def _read(self, entry: bytes) -> _Row:
        return _Row.read(age.decrypt(entry, [self._identity]))

    def _name(self, type_: str, subject: str) -> bytes:
        return hmac.digest(self._naming, f"{type_} {subject}".encode(), "sha256")


def _listing(type_: str) -> str:
    """Under which the count of a list lies."""
    return f"{type_}{_LIST}"


def _among(type_: str, of: str) -> str:
    """Under which each lies that was in the list."""
    return f"{type_}{OF}{of}"
