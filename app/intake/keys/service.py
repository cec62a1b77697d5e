"""The public key log, its signed head, and the epochs that take reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Select, delete, or_, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.database import insert_or_ignore
from app.intake.keys.models import Epoch, LogEntry
from app.keyring import Keyring
from app.people.grants import service as grants
from app.people.grants.models import Grant
from app.people.grants.service import NewGrant
from app.people.staff import service as staff
from app.problems import NotFound, Problem, StaleVersion
from app.protocol import intake, key_log, statements
from app.protocol.certificates import org_of
from app.protocol.documents import Document, Signer, bytes_signed, parse_document
from app.protocol.encoding import sha256_hex
from app.protocol.errors import ProtocolError
from app.protocol.key_log import Head
from app.vocabulary import GrantKind, Role

PAGE = 1000  # lines of the log in one answer
_SERVICE = "service"

# Who may hold an intake key: those who read what nobody has judged yet.
INTAKE_HOLDERS = frozenset({Role.TRIAGER, Role.SUPERVISOR})


class NotALogEntry(Problem):
    type, status, title = "not-a-log-entry", 422, "The document is not authentic or not the next one of the key log"


class EpochWithoutHolders(Problem):
    type, status, title = "epoch-without-holders", 422, "An intake document comes with the grants of its epoch's key"


class NotOpen(Problem):
    type, status, title = "not-open", 404, "No intake document has been signed yet"


@dataclass(frozen=True)
class Served:
    """What a reporter's client starts from: the root, the present intake document, the head of the log, signed."""

    root: str
    intake: str
    head: dict[str, object]


@dataclass(frozen=True)
class Added:
    """A new entry of the log: its number, as an id and as it is."""

    id: str
    n: int


def extend(
    session: Session, actor: Actor, document: str, new: Sequence[NewGrant], keyring: Keyring, *, now: datetime
) -> Added:
    """Add a signed document to the log; an intake document brings the grants of its epoch's key.

    Raises `NotALogEntry`, `EpochWithoutHolders`, `NotCertified` for a grantee who may not hold the key, and
    `StaleVersion` where another entry was added at the same time.
    """
    lines = [line.encode() for line in session.scalars(select(LogEntry.line).order_by(LogEntry.n))]
    n = len(lines) + 1
    try:
        parsed = parse_document(document.encode())
        line = key_log.entry(n, sha256_hex(lines[-1]) if lines else None, parsed)
        key_log.verify([*lines, line], staff.organisation(session).id if lines else org_of(parsed))
        if parsed.header.type == "service-key" and statements.read_service_key(parsed) != _signer(keyring).public_key:
            raise NotALogEntry
    except ProtocolError:
        raise NotALogEntry from None
    if not insert_or_ignore(session, LogEntry, [{"n": n, "line": line.decode()}]):
        raise StaleVersion
    if parsed.header.type == "root":
        staff.adopt_root(session, document, now=now)
    if parsed.header.type == "intake":
        _open_epoch(session, actor, parsed, new, now=now)
    audit.record(session, actor.id, Action.KEY_LOG_EXTENDED, str(n), now=now, object_hash=sha256_hex(document.encode()))
    return Added(str(n), n)


def added(session: Session, id_: str) -> Added:
    """What `extend` answered. Raises `NotFound`."""
    if session.get(LogEntry, int(id_)) is None:
        raise NotFound
    return Added(id_, int(id_))


def lines(session: Session, *, first: int) -> list[str]:
    """At most `PAGE` lines of the log, from number `first` on, each without its LF."""
    return list(session.scalars(select(LogEntry.line).where(LogEntry.n >= first).order_by(LogEntry.n).limit(PAGE)))


def served(session: Session, keyring: Keyring, today: date) -> Served:
    """Raises `NotOpen` before the first intake document."""
    epochs = taking_reports(session, today)
    last = session.scalar(select(LogEntry).order_by(LogEntry.n.desc()).limit(1))
    if last is None or not epochs:
        raise NotOpen
    head = Head(last.n, sha256_hex(last.line.encode()))
    signature = _signer(keyring).sign_bytes(bytes_signed("key-log-head", head.line()))
    return Served(
        root=staff.organisation(session).document,
        intake=epochs[0].document,
        head=key_log.write_head(head, signature),
    )


def service_key(keyring: Keyring) -> bytes:
    """The Ed25519 key, 32 bytes, with which the service signs; a supervisor certifies it in the log."""
    return _signer(keyring).public_key


def taking_reports(session: Session, today: date) -> list[Epoch]:
    """The present epoch and the one before, as long as their keys exist.

    What was sealed before midnight, or before a rotation, is not lost. No client seals to an epoch out of its days.
    """
    begun = select(Epoch).where(Epoch.accepts_from <= today).order_by(Epoch.sequence.desc()).limit(2)
    return [epoch for epoch in session.scalars(begun) if today < epoch.destroyed_on]


def epochs() -> Select[Epoch]:
    """Every epoch there was: their documents are public."""
    return select(Epoch)


def epoch(session: Session, epoch_id: str) -> Epoch:
    """Raises `NotFound`."""
    found = session.get(Epoch, epoch_id)
    if found is None:
        raise NotFound
    return found


def destroy_ended(session: Session, today: date) -> list[str]:
    """Destroy the grants of epochs that have reached their day: those of their keys, and those sealed to them.

    What was lent of their reports ends with them. The ids of the epochs whose grants were still there.
    """
    granted = select(Grant.id).where(or_(Grant.subject == Epoch.id, Grant.grantee == Epoch.id))
    ended = list(session.scalars(select(Epoch.id).where(Epoch.destroyed_on <= today, granted.exists())))
    session.execute(delete(Grant).where(or_(Grant.subject.in_(ended), Grant.grantee.in_(ended))))
    grants.lapse_ended(session, today)
    midnight = datetime.combine(today, datetime.min.time(), UTC)
    for epoch_id in ended:
        audit.record(session, _SERVICE, Action.EPOCH_DESTROYED, epoch_id, now=midnight)
    return ended


def _open_epoch(session: Session, actor: Actor, document: Document, new: Sequence[NewGrant], *, now: datetime) -> None:
    stated = intake.read(document)
    if session.get(Epoch, stated.epoch) is not None:
        raise NotALogEntry
    if not new:
        raise EpochWithoutHolders
    session.add(
        Epoch(
            id=stated.epoch,
            sequence=document.header.version,
            document=document.text.decode(),
            accepts_from=stated.accepts_from,
            accepts_until=stated.accepts_until,
            destroyed_on=stated.destroyed_on,
        )
    )
    for each in new:
        if not INTAKE_HOLDERS & staff.certified_as(session, each.grantee, now.date()):
            raise staff.NotCertified
        grants.add_to_person(session, actor, each, subject=stated.epoch, kind=GrantKind.ASSIGNED, now=now)


def _signer(keyring: Keyring) -> Signer:
    return Signer(_SERVICE, Ed25519PrivateKey.from_private_bytes(keyring.key("service-key")))
