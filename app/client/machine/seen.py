"""What this machine has seen: the newest version of everything opened, the last line of the log, what lists held.

A service that shows something older than this is caught (SEALING, "On opening, a client", 5). One row a mark, in a
database that all processes of the machine share: who writes at the same time waits, and nobody loses what another has
seen. Whoever takes the machine does not learn what was worked on: a mark is sealed to the person's own identity, and
found by a name that only its holder can derive.
"""

import hmac
import json
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Final

from app import age, private
from app.protocol import chain
from app.protocol.chain import Mark
from app.protocol.derivation import derive
from app.protocol.encoding import sha256_hex
from app.protocol.errors import Rollback

# Bytes of a mark before it is sealed: all are as long as the longest, or their size would tell what they are of.
_SIZE: Final = 512
# For how long one process waits for another, in seconds. A write takes milliseconds.
_PATIENCE: Final = 30
_TABLE: Final = "CREATE TABLE IF NOT EXISTS seen (name BLOB PRIMARY KEY, mark BLOB NOT NULL) WITHOUT ROWID"


class SeenMarks:
    """Reads and writes what lies in `path`. Each call is a transaction of its own, which sees what others wrote."""

    def __init__(self, path: Path, identity: age.HybridIdentity) -> None:
        self._path = path
        self._identity = identity
        self._naming = derive(identity.secret, "seen")

    def highest(self, type_: str, subject: str) -> Mark | None:
        """The newest version that this machine has opened or written; None where it has seen none."""
        with self._database() as database:
            return self._find(database, type_, subject)

    def record(self, type_: str, subject: str, mark: Mark) -> None:
        """Remember a version that was opened, or that was written and taken; a higher one stays.

        Raises `Rollback` where another file of the same version was seen.
        """
        with self._writing() as database:
            before = self._find(database, type_, subject)
            newest = chain.newest(before, mark)
            if newest != before:
                self._put(database, type_, subject, newest)

    def replace(self, type_: str, subject: str, mark: Mark) -> None:
        """Forget what was seen of it before: people have compared, and know better."""
        with self._writing() as database:
            self._put(database, type_, subject, mark)

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
            self._put(database, _among(type_, of), each, Mark(1, sha256_hex(each.encode())))
        self._put(database, _listing(type_), of, Mark(number, sha256_hex(of.encode())))

    def _count(self, database: sqlite3.Connection, type_: str, of: str) -> int:
        """How many were ever in the list."""
        mark = self._find(database, _listing(type_), of)
        return mark.version if mark else 0

    def _put(self, database: sqlite3.Connection, type_: str, subject: str, mark: Mark) -> None:
        row = {"type": type_, "subject": subject, "mark": asdict(mark)}
        sealed = age.encrypt(json.dumps(row).encode().ljust(_SIZE), [self._identity.recipient])
        database.execute("REPLACE INTO seen VALUES (?, ?)", (self._name(type_, subject), sealed))

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

    def _find(self, database: sqlite3.Connection, type_: str, subject: str) -> Mark | None:
        entry = database.execute("SELECT mark FROM seen WHERE name = ?", (self._name(type_, subject),)).fetchone()
        if entry is None:
            return None
        row = json.loads(age.decrypt(entry[0], [self._identity]))
        if (row["type"], row["subject"]) != (type_, subject):
            raise ValueError("a mark lies under another's name")
        return Mark(**row["mark"])

    def _name(self, type_: str, subject: str) -> bytes:
        return hmac.digest(self._naming, f"{type_} {subject}".encode(), "sha256")


def _listing(type_: str) -> str:
    """Under which the count of a list lies."""
    return f"{type_} list"


def _among(type_: str, of: str) -> str:
    """Under which each lies that was in the list."""
    return f"{type_} of {of}"
