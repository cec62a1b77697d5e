"""What stands in the rows of a service: how much, with which digests, and what of it is not as it should be.

It reads the lines of `rows`, whether they come from a database that serves or out of a backup, and needs no key.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from app import age, keyring
from app.backup import rows
from app.backup.errors import Damaged
from app.database import layer
from app.database.layer import Keys
from app.keyring import Keyring
from app.protocol import audit_chain, key_log
from app.protocol.encoding import sha256_hex
from app.protocol.errors import ProtocolError
from app.protocol.sizes import Kind
from app.protocol.types import TYPES, SealedType


class Part(StrEnum):
    """What can be wrong with a service's data, in words for whoever runs the machine."""

    DATABASE = "the database's own check found damage"
    AUDIT_CHAIN = "the audit chain is broken"
    KEY_LOG = "the key log is not what the organisation signed"
    KEYRING = "the keyring is not the one that the database belongs to"
    NO_BODY = "a report without its body"
    SEALED = "a sealed row that is no sealed file of its kind"
    KEY = "a sealed row whose shred key is missing"
    DIGEST = "a row whose bytes are not those of its digest"
    NO_FILE = "an attachment without its file"
    FILE = "a file whose bytes are not those of its digest"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Fault(_Frozen):
    """One thing that is not as it should be; `of` is the id of what it concerns, where it concerns one thing."""

    part: Part
    of: str = ""

    def __str__(self) -> str:
        return f"{self.part}: {self.of}" if self.of else str(self.part)


class Count(_Frozen):
    """How many rows a table has, and the SHA-256 of their lines."""

    rows: int
    sha256: str


class BlobDigest(_Frozen):
    """What the row of an attachment says of its file."""

    sha256: str
    size: int


class Mark(_Frozen):
    """How far a chain goes: the number of its last link, and that one's hash."""

    n: int
    sha256: str


_NO_EVENTS: Final = Mark(n=0, sha256=audit_chain.GENESIS)

# The columns that name the report or the case with which a row goes.
_WHOLES: Final = frozenset({"report_id", "case_id", "object_id"})
# The columns that hold something sealed or signed, and of which types; what lies in files is not among them.
SEALED: Final[dict[str, dict[str, list[SealedType]]]] = {}
for _type in TYPES.values():
    for _place in _type.stored:
        if not _place.is_blob:
            SEALED.setdefault(_place.table, {}).setdefault(_place.column, []).append(_type)


@dataclass
class Census:
    """Filled line by line; complete when `end` was called.

    Of what lies under shred keys, the file is looked at where there are `keys`, and without them only that it lies so.
    """

    keyring: Keyring | None = None  # without it, the one that comes with the lines counts
    keys: Keys | None = None
    revision: str = ""
    files: dict[str, str] = field(default_factory=dict)  # SHA-256 by name
    tables: dict[str, Count] = field(default_factory=dict)
    digests: dict[str, dict[str, str]] = field(default_factory=dict)  # by table and column, then by the row's key
    blobs: dict[str, BlobDigest] = field(default_factory=dict)
    destroyed: set[str] = field(default_factory=set)  # reports, and cases of which something was, by id
    of_report: dict[str, str] = field(
        default_factory=dict
    )  # the report or case of each row that goes with it, and of each file
    faults: set[Fault] = field(default_factory=set)
    events: Mark = field(default_factory=lambda: _NO_EVENTS)
    log: list[str] = field(default_factory=list)  # the lines of the key log
    event_hashes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._table, self._columns, self._key = "", list[str](), list[str]()
        self._rows, self._digest = 0, sha256()
        self._bodies, self._reports = set[str](), set[str]()
        self._pin, self._head = "", _NO_EVENTS
        self._is_chained = True

    def add(self, line: bytes) -> None:
        """A line, with or without its LF. Raises `Damaged` for what is none."""
        match rows.parsed(line):
            case [*values] if self._table and len(values) == len(self._columns):
                self._rows += 1
                self._digest.update(line.rstrip(b"\n") + b"\n")
                self._see(dict(zip(self._columns, values, strict=True)))
            case {"table": str(name), "columns": [*columns], "key": [*key]}:
                self._end_table()
                self._table, self._columns, self._key = name, columns, key
                self._rows, self._digest = 0, sha256()
            case {"file": str(name), "content": str(text)}:
                self._see_file(name, text)
            case {"format": rows.FORMAT, "revision": str(revision)}:
                self.revision = revision
            case _:
                raise Damaged("a line of the state that Tern does not write")

    def end(self) -> None:
        """What can be said only of the whole."""
        self._end_table()
        for report in sorted(self._reports - self._bodies - self.destroyed):
            self._fault(Part.NO_BODY, report)
        if self._head != self.events and self._is_chained:
            self._fault(Part.AUDIT_CHAIN)
        self._check_log()

    def _see(self, row: dict[str, Any]) -> None:
        try:
            self._see_sealed(row)
            match self._table:
                case "audit_events":
                    self._see_act(row)
                case "audit_head":
                    self._head = Mark(n=row["seq"], sha256=row["hash"])
                case "key_log":
                    self.log.append(row["line"])
                case "organisation":
                    self._pin = row["id"]
                case "installation":
                    self._check_keyring(row["keyring_sha256"])
                case "reports":
                    self._reports.add(row["id"])
                    if row["destroyed_on"]:
                        self.destroyed.add(row["id"])
                case "report_files":
                    self._bodies.add(row["report_id"])
                case "attachments":
                    self.blobs[row["blob"]] = BlobDigest(sha256=row["sha256"], size=row["size"])
                    self.of_report[row["blob"]] = row["report_id"]
                case "journal_entries" | "case_parts" | "checkpoints":
                    self._compare(row, self._opened(row["file"]))
                case "certificates":
                    self._compare(row, row["document"].encode())
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Damaged(f"a row of {self._table} is none") from None

    def _see_file(self, name: str, text: str) -> None:
        try:
            content = rows.content_of(text)
        except ValueError:
            raise Damaged(f"{name} is not as it was written") from None
        self.files[name] = sha256_hex(content)
        if name == keyring.FILE and self.keyring is None:
            self.keyring = _read_keyring(content)

    def _see_sealed(self, row: dict[str, Any]) -> None:
        for column, types in SEALED.get(self._table, {}).items():
            value = row[column]
            if value is None:
                continue
            is_sealed = any(each.kind for each in types)
            content = self._opened(value) if is_sealed else value.encode()
            key = " ".join(str(row[name]) for name in self._key)
            self.digests.setdefault(f"{self._table}.{column}", {})[key] = sha256_hex(content)
            for whole in _WHOLES & row.keys():
                if row[whole] is not None:
                    self.of_report[f"{self._table}.{column} {key}"] = row[whole]
            if is_sealed and layer.id_of(content) is not None:
                if self.keys is not None:
                    self._fault(Part.KEY, f"{self._table} {key}")
            elif is_sealed:
                self._check_envelope(content, types, f"{self._table} {key}")

    def _opened(self, text: str) -> bytes:
        """The sealed file, or what is kept where its key is not at hand."""
        with layer.under(self.keys):
            return layer.unwrap(rows.content_of(text))

    def _check_envelope(self, content: bytes, types: list[SealedType], of: str) -> None:
        sizes = {length for each in types if each.kind for length in each.lengths}
        try:
            if any(each.kind is Kind.KEYS for each in types):
                age.check_passphrase_envelope(content, sizes=sizes)
            else:
                age.check_envelope(content, sizes=sizes)
        except age.EnvelopeError:
            self._fault(Part.SEALED, of)

    def _see_act(self, row: dict[str, Any]) -> None:
        self.event_hashes.append(row["hash"])
        if row["action"] in audit_chain.DESTROYING:
            self.destroyed.add(row["object_id"])
        if not self._is_chained:
            return
        event = audit_chain.Event(
            seq=row["seq"],
            hour=f"{row['hour']}:00Z",
            actor=row["actor_id"],
            action=row["action"],
            object=row["object_id"],
            object_hash=row["object_hash"],
            previous=row["previous"],
            hash=row["hash"],
        )
        try:
            self.events = Mark(
                n=event.seq, sha256=audit_chain.verify([event], seq=self.events.n, head=self.events.sha256)
            )
        except ProtocolError:
            self._is_chained = False
            self._fault(Part.AUDIT_CHAIN)

    def _check_log(self) -> None:
        if not self.log and not self._pin:
            return
        try:
            key_log.verify([line.encode() for line in self.log], self._pin)
        except ProtocolError:
            self._fault(Part.KEY_LOG)

    def _check_keyring(self, digest: str) -> None:
        if self.keyring is not None and self.keyring.digest != digest:
            self._fault(Part.KEYRING)

    def _compare(self, row: dict[str, Any], content: bytes) -> None:
        if layer.id_of(content) is None and sha256_hex(content) != row["sha256"]:
            self._fault(Part.DIGEST, f"{self._table} {' '.join(str(row[name]) for name in self._key)}")

    def _end_table(self) -> None:
        if self._table:
            self.tables[self._table] = Count(rows=self._rows, sha256=self._digest.hexdigest())

    def _fault(self, part: Part, of: str = "") -> None:
        self.faults.add(Fault(part=part, of=of))


def _read_keyring(content: bytes) -> Keyring:
    try:
        return keyring.read(content)
    except ValueError:
        raise Damaged("the keyring in the state is none") from None


def counted(lines: Iterator[bytes]) -> Count:
    """Of the lines of one table, as a census counts them."""
    next(lines)
    number, digest = 0, sha256()
    for line in lines:
        number += 1
        digest.update(line)
    return Count(rows=number, sha256=digest.hexdigest())
