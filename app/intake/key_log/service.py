"""The public key log and its signed head."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.database import insert_or_ignore
from app.intake.epochs import service as epochs
from app.intake.key_log.models import LogEntry
from app.keyring import Keyring
from app.people.grants.service import NewGrant
from app.people.new_keys import service as new_keys
from app.people.pairs.service import NewPair
from app.people.staff import service as staff
from app.problems import NotFound, Problem, StaleVersion
from app.protocol import intake, key_log, statements
from app.protocol.chain import Mark
from app.protocol.documents import Document, parse_document
from app.protocol.encoding import parse_object, sha256_hex
from app.protocol.errors import ProtocolError
from app.protocol.key_log import Head
from app.protocol.losses import LOSS
from app.protocol.roots import Root, org_of

PAGE = 1000  # lines of the log in one answer


class NotALogEntry(Problem):
    """An entry is signed by who may sign it, and is the next one. Read the key log to its end, and sign anew."""

    type, status, title = "not-a-log-entry", 422, "The document is not authentic or not the next one of the key log"


class NotOpen(Problem):
    """The organisation has signed no intake document for this day, so there is nothing to seal a report to.

    Its supervisors can.
    """

    type, status, title = "not-open", 404, "No intake document counts today"


@dataclass(frozen=True)
class Opening:
    """What a reporter's client starts from: the newest root, the present intake document, the log's head, signed."""

    root: str
    intake: str
    head: dict[str, object]


@dataclass(frozen=True)
class Added:
    """A new entry of the log: its number, as an id and as it is."""

    id: str
    n: int


@dataclass(frozen=True)
class NewEntry:
    """A signed document for the log, and the grants and pairs of its epoch's key where it is an intake document."""

    document: str
    grants: Sequence[NewGrant]
    pairs: Sequence[NewPair] = ()


def extend(session: Session, actor: Actor, new: Sequence[NewEntry], keyring: Keyring, *, now: datetime) -> Added:
    """Add signed documents to the log, one behind the other; an intake document brings the grants of its epoch's key.
    Roots that follow another come by `proposals`, and losses. What is answered is of the last.

    Raises `NotALogEntry`, `EpochWithoutHolders`, `NotCertified` for a grantee who may not hold the key, `PairsUnfit`,
    and `StaleVersion` where another entry was added at the same time.
    """
    return [_extend(session, actor, each, keyring, now=now) for each in new][-1]


def _extend(session: Session, actor: Actor, new: NewEntry, keyring: Keyring, *, now: datetime) -> Added:
    try:
        parsed = parse_document(new.document.encode())
        n = _append(session, parsed)
        if parsed.header.type == "service-key" and statements.read_service_key(parsed) != keyring.signer.public_key:
            raise NotALogEntry
    except ProtocolError:
        raise NotALogEntry from None
    if parsed.header.type == LOSS:
        raise NotALogEntry
    if parsed.header.type == "root":
        if n > 1:
            raise NotALogEntry
        staff.adopt_root(session, Root.read(parsed), ())
    if parsed.header.type == "intake":
        if epochs.is_known(session, intake.read(parsed).epoch):
            raise NotALogEntry
        epochs.open_(session, actor, parsed, new.grants, new.pairs, now=now)
    sha256 = sha256_hex(new.document.encode())
    audit.record(session, actor.id, Action.KEY_LOG_EXTENDED, str(n), now=now, object_hash=sha256)
    return Added(str(n), n)


def succeed(session: Session, actor: Actor, root: Root, kept: Collection[str], *, now: datetime) -> None:
    """Add the next root, with the list that it names; new keys that it lists take the place of their persons' before.

    Raises `NotALogEntry`, `NotCertifying` and `StaleVersion`.
    """
    try:
        n = _append(session, root.document)
    except ProtocolError:
        raise NotALogEntry from None
    new_keys.take_from_root(session, actor, root, now=now)
    staff.adopt_root(session, root, kept)
    epochs.judge(session, staff.trust(session))
    sha256 = sha256_hex(root.document.text)
    audit.record(session, actor.id, Action.KEY_LOG_EXTENDED, str(n), now=now, object_hash=sha256)


def accept_loss(session: Session, actor: Actor, loss: Document, *, now: datetime) -> None:
    """Add a loss that has all its signatures: clients go on from what is left here. Raises as `succeed`."""
    try:
        n = _append(session, loss)
    except ProtocolError:
        raise NotALogEntry from None
    audit.record(session, actor.id, Action.KEY_LOG_EXTENDED, str(n), now=now, object_hash=sha256_hex(loss.text))


def last_line(session: Session) -> Mark:
    """Of the log, by number and hash. Raises `NoRootYet` before there is one."""
    last = _last(session)
    if last is None:
        raise staff.NoRootYet
    return Mark(last.n, sha256_hex(last.line.encode()))


def roots_and_losses(session: Session) -> list[Document]:
    """The lines of the log that several people sign."""
    lines = session.scalars(select(LogEntry.line).order_by(LogEntry.n))
    documents = (parse_document(str(parse_object(line.encode())["document"]).encode()) for line in lines)
    return [each for each in documents if each.header.type in ("root", LOSS)]


def _last(session: Session) -> LogEntry | None:
    row: LogEntry | None = session.scalar(select(LogEntry).order_by(LogEntry.n.desc()).limit(1))
    return row


def _append(session: Session, document: Document) -> int:
    """The number of its line. Raises `ProtocolError` where it may not stand there, and `StaleVersion`."""
    lines = [line.encode() for line in session.scalars(select(LogEntry.line).order_by(LogEntry.n))]
    n = len(lines) + 1
    line = key_log.entry(n, sha256_hex(lines[-1]) if lines else None, document)
    key_log.verify([*lines, line], staff.organisation(session).id if lines else org_of(document))
    if not insert_or_ignore(session, LogEntry, [{"n": n, "line": line.decode()}]):
        raise StaleVersion
    return n


def added(session: Session, id_: str) -> Added:
    """What `extend` answered. Raises `NotFound`."""
    if session.get(LogEntry, int(id_)) is None:
        raise NotFound
    return Added(id_, int(id_))


def lines(session: Session, *, first: int) -> list[str]:
    """At most `PAGE` lines of the log, from number `first` on, each without its LF."""
    return list(session.scalars(select(LogEntry.line).where(LogEntry.n >= first).order_by(LogEntry.n).limit(PAGE)))


def opening(session: Session, keyring: Keyring, today: date) -> Opening:
    """Raises `NotOpen` where no intake document counts today, or its epoch takes no reports."""
    counting = epochs.counting(session, today)
    last = _last(session)
    if last is None or counting is None:
        raise NotOpen
    head = Head(last.n, sha256_hex(last.line.encode()))
    signature = keyring.signer.sign("key-log-head", head.line())
    return Opening(
        root=staff.newest_root(session).document,
        intake=counting.document,
        head=key_log.write_head(head, signature),
    )


def service_key(keyring: Keyring) -> bytes:
    """The Ed25519 key, 32 bytes, with which the service signs; a supervisor certifies it in the log."""
    return keyring.signer.public_key
