"""What a service keeps, read as somebody reads it who copied the machine: rows, files to their last byte, and logs."""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.settings import Settings
from tests.postgresql import run

# In bytes, seven letters: what is random then spells no word. ASCII words are sought whole, others wherever they stand.
# The first letter stands for itself, and no pattern has two branches: what lies between is skipped, six times as fast.
_LATIN = re.compile(rb"[A-Za-z_][A-Za-z_]{6,}")
_OTHER = (re.compile(rb"[\x80-\xff][\x80-\xff]{9,}"), re.compile(rb"\\u[0-9a-f]{4}(?:\\u[0-9a-f]{4}){4,}"))

_WORD = re.compile(r"[^\W\d_]{5,}")
# Recipients, hashes, ids and keys are random letters: any short word may stand in them.
_RANDOM = re.compile(r"[0-9A-Za-z_-]{30,}")


class Dump:
    """Every column of every table, every file of the service and of its database's server, and what it logged."""

    def __init__(self, settings: Settings, log: Path) -> None:
        engine = sa.create_engine(settings.url)
        metadata = sa.MetaData()
        with engine.connect() as connection:
            metadata.reflect(connection)
            self.rows: dict[str, list[dict[str, Any]]] = {
                table.name: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
                for table in metadata.sorted_tables
            }
        self.names = [name for table in metadata.sorted_tables for name in (table.name, *table.columns.keys())]
        engine.dispose()
        self.log = log.read_bytes()
        self.files = _read(settings.data_dir)
        # The keys of the service itself, which are not kept with what they protect.
        del self.files["keyring.json"]
        self.cluster = _read(_flushed(settings.url)) if engine.dialect.name == "postgresql" else {}

    @property
    def values(self) -> Iterator[object]:
        for rows in self.rows.values():
            for row in rows:
                yield from row.values()

    @property
    def texts(self) -> Iterator[str]:
        yield from (str(value) for value in self.values if not isinstance(value, bytes | memoryview))

    @cached_property
    def kept(self) -> frozenset[bytes]:
        """Rows, files (SQLite's database and its log among them) and the service's log."""
        sealed = (bytes(value) for value in self.values if isinstance(value, bytes | memoryview))
        return frozenset([*(text.encode() for text in self.texts), *sealed, *self.files.values(), self.log])

    @cached_property
    def everything(self) -> frozenset[bytes]:
        """The same, and the raw files of PostgreSQL: tables, write-ahead log, and a log with every statement."""
        return self.kept.union(self.cluster.values())

    @property
    def words(self) -> set[str]:
        """The words of the texts in columns, without regard to capitals."""
        return {word for text in self.texts for word in words_of(_RANDOM.sub(" ", text))}

    @cached_property
    def _latin(self) -> set[bytes]:
        return {word for content in self.everything for word in _LATIN.findall(content)}

    @cached_property
    def _other(self) -> bytes:
        return b"\n".join(part for content in self.everything for each in _OTHER for part in each.findall(content))

    def holds(self, words: Iterable[str]) -> set[str]:
        """Those of the words that stand somewhere in the bytes, in UTF-8 or escaped as JSON does.

        Only `searchable` ones are sought.
        """
        return {word for word in words if self._holds(word)}

    def _holds(self, word: str) -> bool:
        if word.isascii():
            return word.encode() in self._latin
        return word.encode() in self._other or json.dumps(word)[1:-1].encode() in self._other

    def column(self, table: str, name: str) -> list[Any]:
        found = [row[name] for row in self.rows[table]]
        assert found, f"the flow leaves nothing in {table}"
        return found


def words_of(text: str) -> set[str]:
    """Words of five letters and more, of which codes have several: `_` and `-` divide them."""
    return {word.casefold() for word in _WORD.findall(text)}


def searchable(texts: Iterable[str]) -> set[str]:
    """The words of these texts that `Dump.holds` can seek, as they were written: long enough, and in one writing."""
    return {word for text in texts for word in _WORD.findall(text) if _is_searchable(word)}


def _is_searchable(word: str) -> bool:
    if word.isascii():
        return len(word) >= 7
    return all(not letter.isascii() for letter in word)


def _flushed(url: str) -> Path:
    """The directory of a PostgreSQL server, after it has written all that it holds."""
    run(sa.make_url(url), "CHECKPOINT")
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        directory = connection.execute(sa.text("SHOW data_directory")).scalar_one()
    engine.dispose()
    return Path(directory)


def _read(directory: Path) -> dict[str, bytes]:
    """Every file below the directory by its path from there."""
    files = {}
    for path in directory.rglob("*"):
        with suppress(FileNotFoundError):  # a running server removes some meanwhile
            if path.is_file():
                files[path.relative_to(directory).as_posix()] = path.read_bytes()
    return files
