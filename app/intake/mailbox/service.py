"""What lies in a mailbox: the reporter's thread state, the service's word on the state, and the messages of staff."""

from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, cast

from sqlalchemy import ColumnElement, LargeBinary, Select, delete, literal, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app import age
from app.clock import monday_of
from app.database import as_kept, give_back
from app.intake.mailbox.models import KeptReply, Mailbox, Message, Slot
from app.intake.reports.models import Report
from app.intake.reports.service import CLOSED
from app.problems import Problem
from app.protocol.chain import Mark
from app.protocol.documents import Header, bare, seal
from app.protocol.encoding import b64, sha256_hex
from app.protocol.mailbox import (
    FIRST_STAFF_SLOT,
    SLOTS,
    STAFF_SLOTS,
    STATE_SLOT,
    THREAD_STATE_SLOT,
    MessageKind,
    filler_slot,
    shown_state,
)
from app.vocabulary import ReportState

if TYPE_CHECKING:
    from sqlalchemy import Table

CHANGES = (MessageKind.CONSENT, MessageKind.WITHDRAW)  # what a post may change of what its reporter agreed to
REPLY_DAYS = 60
READ_DAYS = 14  # of a reply that a later message of its reporter names as seen
FIRST_THREAD_STATE = 0  # its number among the stored slots; it is shown in the place of the present one alone
_ROWS = SLOTS + 1


class MailboxFull(Problem):
    """A message needs one slot for each of its parts, and `free` hold no reply, or one that was read.

    Send a shorter one, or wait until the reporter has read and written.
    """

    type, status, title = "mailbox-full", 409, "The mailbox has not as many free slots as this message needs"

    def __init__(self, *, free: int) -> None:
        super().__init__()
        self.members["free"] = free


@dataclass(frozen=True)
class Post:
    """What a reporter sends: `message` for staff, and `thread_state`, their own memory, in the place of the last.

    `secret`, 32 bytes, comes with a withdrawal.
    """

    id: str
    kind: MessageKind
    consent_id: str | None
    message: bytes
    thread_state: bytes
    secret: bytes | None = field(default=None, repr=False)


def fillers(key: bytes, token_sha256: str) -> list[bytes]:
    """All slots of an answer as they are where nothing is stored: the same each time, for any token."""
    return [filler_slot(key, token_sha256, number) for number in range(1, SLOTS + 1)]


def slots_of(session: Session, token_sha256: str) -> dict[int, bytes]:
    """The slots in use, by number; none for a token that nobody has.

    As many rows are read for any token, those of its neighbours in the place of what it has not: the time would tell a
    full mailbox from none.
    """
    there = select(Slot.token_sha256, Slot.number, Slot.file).order_by(Slot.token_sha256, Slot.number)
    rows = session.execute(there.where(Slot.token_sha256 >= token_sha256).limit(_ROWS)).all()
    rest = session.execute(there.where(Slot.token_sha256 < token_sha256).limit(_ROWS - len(rows))).all()
    return {row.number: row.file for row in [*rows, *rest] if row.token_sha256 == token_sha256}


def answer(empty: Sequence[bytes], in_use: dict[int, bytes]) -> bytes:
    """The slots in their order, those in use in the place of empty ones."""
    return b"".join(in_use.get(number, filler) for number, filler in enumerate(empty, start=1))


def as_it_came(in_use: dict[int, bytes]) -> dict[int, bytes]:
    """The slots with the thread state that came with the report: a thief of the token can put junk in its place."""
    first = in_use.get(FIRST_THREAD_STATE, in_use.get(THREAD_STATE_SLOT))
    return in_use | ({THREAD_STATE_SLOT: first} if first else {})


def messages(report_id: str) -> Select[Message]:
    """What the reporter has posted since the report. Its order is inside: a message has a number."""
    return select(Message).where(Message.report_id == report_id)


def has_changes(report_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether the reporter has posted a change of a consent, or taken the report back; asked of the one row."""
    return _changes().where(Message.report_id == report_id).exists()


def changes_of(session: Session, report_ids: Collection[str]) -> dict[str, list[str]]:
    """The ids of these posts, by report."""
    found: dict[str, list[str]] = {each: [] for each in report_ids}
    theirs = _changes().with_only_columns(Message.report_id, Message.id).where(Message.report_id.in_(report_ids))
    for report, message in session.execute(theirs.order_by(Message.id)):
        found[report].append(message)
    return found


def _changes() -> Select[Message]:
    return select(Message).where(Message.kind.in_(CHANGES))


def keep_post(session: Session, token_sha256: str, post: Post, *, today: date) -> bool:
    """Store a message and the thread state that came with it; false where that changes nothing.

    That is so for an unknown token, a report that is closed, and an id that was used before. The statements are the
    same in every case, so that the time tells none of them from another.
    """
    kept, state = as_kept(post.message), as_kept(post.thread_state)
    message = {
        Message.id: literal(post.id),
        Message.report_id: Mailbox.report_id,
        Message.received_on: literal(today),
        Message.kind: literal(post.kind, Message.kind.type),
        Message.consent_id: literal(post.consent_id, Message.consent_id.type),
        Message.secret: literal(b64(post.secret) if post.secret else None, Message.secret.type),
        Message.file: literal(kept, LargeBinary),
    }
    values = (
        select(*message.values())
        .join(Report, Report.id == Mailbox.report_id)
        .where(
            Mailbox.token_sha256 == token_sha256,
            Report.state.not_in(CLOSED),
            ~select(Message.id).where(Message.id == post.id).exists(),
        )
    )
    table = cast("Table", Message.__table__)
    names = [column.key for column in message]
    is_new = session.scalar(table.insert().from_select(names, values).returning(table.c.id)) is not None
    theirs = token_sha256 if is_new else ""
    _keep_first(session, theirs)
    _fill(session, theirs, THREAD_STATE_SLOT, state)
    if not is_new:
        give_back(kept)
        give_back(state)
    return is_new


def seal_state(
    state: ReportState,
    *,
    org: str,
    report_id: str,
    recipient: age.HybridRecipient,
    after: Mark | None,
    today: date,
) -> bytes:
    """Slot 2: the service's word on the state, in the version that follows `after`.

    Takes about half a millisecond.
    """
    header = Header.new(
        "state",
        report_id,
        {"state": shown_state(state)},
        org=org,
        author=None,
        at=today.isoformat(),
        to=recipient,
        after=after,
    )
    return seal(bare(header), recipient)


def show_state(session: Session, report: Report, *, org: str, today: date) -> None:
    """Seal the report's present state into its mailbox, if there still is one.

    A mailbox begins without a state, which reads as *received*: sealing one would cost an arriving report half of its
    time, and would say what the thread state says already.
    """
    box = session.scalar(select(Mailbox).where(Mailbox.report_id == report.id))
    if box is None:
        return
    slot = session.get(Slot, (box.token_sha256, STATE_SLOT))
    file = seal_state(
        report.state,
        org=org,
        report_id=report.id,
        recipient=hybrid_recipient(box.recipient),
        # The report as it came was its own version 1, and shown nowhere.
        after=Mark(report.version - 2, sha256_hex(slot.file)) if slot else None,
        today=today,
    )
    if slot:
        slot.file = file
    else:
        session.add(Slot(token_sha256=box.token_sha256, number=STATE_SLOT, file=file))


def hybrid_recipient(text: str) -> age.HybridRecipient:
    """Raises `age.RecipientError` for what is no `mlkem768x25519` recipient."""
    recipient = age.parse_recipient(text)
    if not isinstance(recipient, age.HybridRecipient):
        raise age.RecipientError("not a post-quantum recipient")
    return recipient


def drop_staff_slots(session: Session, report_id: str, hashes: Container[str]) -> None:
    """Take the parts of these SHA-256 out of the report's mailbox. Who may write to its reporter has said so."""
    box = session.scalar(select(Mailbox).where(Mailbox.report_id == report_id))
    if box is None:
        return
    of_staff = (Slot.token_sha256 == box.token_sha256, Slot.number >= FIRST_STAFF_SLOT)
    for slot in session.scalars(select(Slot).where(*of_staff)).all():
        if sha256_hex(slot.file) in hashes:
            session.delete(slot)
    session.flush()


def put_staff_slots(
    session: Session, report_id: str, files: Sequence[bytes], *, reply: int, read: Container[str] = (), today: date
) -> None:
    """Put the parts of the report's reply number `reply` into slots, all or none. Raises `MailboxFull`.

    `read` are SHA-256 of parts that the reporter's messages name as seen, which only staff can open: those replies, and
    all before the newest of them, go when their place is needed, the oldest first, and after `READ_DAYS` at the latest.
    The caller has locked the report, or two messages could choose the same slots.
    """
    box = session.scalar(select(Mailbox).where(Mailbox.report_id == report_id))
    if box is None:
        raise MailboxFull(free=0)
    of_staff = (Slot.token_sha256 == box.token_sha256, Slot.number >= FIRST_STAFF_SLOT)
    slots = session.scalars(select(Slot).where(*of_staff).order_by(Slot.reply, Slot.number)).all()
    newest = max((slot.reply or 0 for slot in slots if sha256_hex(slot.file) in read), default=0)
    seen = [slot for slot in slots if slot.reply is not None and slot.reply <= newest]
    free = STAFF_SLOTS - len(slots)
    if len(files) > free + len(seen):
        raise MailboxFull(free=free + len(seen))
    for slot in seen:
        slot.until = min(slot.until or today, today + timedelta(days=READ_DAYS))
    # A reply goes whole: of one that lacks a part nothing can be read.
    while len(files) > free:
        oldest = [slot for slot in seen if slot.reply == seen[0].reply]
        seen = seen[len(oldest) :]
        free += len(oldest)
        session.execute(delete(Slot).where(*of_staff, Slot.reply == oldest[0].reply))
    in_use = set(session.scalars(select(Slot.number).where(*of_staff)))
    numbers = [number for number in range(FIRST_STAFF_SLOT, SLOTS + 1) if number not in in_use]
    until = today + timedelta(days=REPLY_DAYS)
    session.add_all(
        Slot(token_sha256=box.token_sha256, number=number, file=file, until=until, reply=reply)
        for number, file in zip(numbers, files, strict=False)
    )
    session.flush()


def leave_last(session: Session, report_id: str, files: Sequence[bytes]) -> None:
    """Let the parts of the last message lie beside the state, for as long as the mailbox: the report is destroyed."""
    token = select(Mailbox.token_sha256).where(Mailbox.report_id == report_id)
    session.add_all(
        Slot(token_sha256=session.scalars(token).one(), number=number, file=file, until=None, reply=1)
        for number, file in enumerate(files, start=FIRST_STAFF_SLOT)
    )
    session.flush()


def keep_reply(session: Session, report_id: str, file: bytes, *, reply: int) -> None:
    """Keep the reply of this number for colleagues of who wrote it."""
    session.add(KeptReply(report_id=report_id, number=reply, file=file))


def replies(report_id: str) -> Select[KeptReply]:
    """What staff have written to the reporter, kept for colleagues; the number of each is in it, and orders them."""
    return select(KeptReply).where(KeptReply.report_id == report_id)


def is_answered(session: Session, report_id: str) -> bool:
    """Whether a message of staff lies in the report's mailbox."""
    slots = (
        select(Slot.number)
        .join(Mailbox, Mailbox.token_sha256 == Slot.token_sha256)
        .where(Mailbox.report_id == report_id, Slot.number >= FIRST_STAFF_SLOT)
    )
    return session.scalar(slots.limit(1)) is not None


def forget_days(session: Session, report_id: str) -> None:
    """Keep only the week in which each message came."""
    for message in session.scalars(messages(report_id)):
        message.received_on = monday_of(message.received_on)


def destroy(session: Session, report_id: str) -> None:
    """Forget messages, replies and slots; the state stays, so that the reporter can read how it ended."""
    session.execute(delete(Message).where(Message.report_id == report_id))
    session.execute(delete(KeptReply).where(KeptReply.report_id == report_id))
    token = select(Mailbox.token_sha256).where(Mailbox.report_id == report_id).scalar_subquery()
    session.execute(delete(Slot).where(Slot.token_sha256 == token, Slot.number != STATE_SLOT))


def close(session: Session, report_ids: Sequence[str]) -> None:
    """Forget these reports' mailboxes, state included."""
    tokens = select(Mailbox.token_sha256).where(Mailbox.report_id.in_(report_ids))
    session.execute(delete(Slot).where(Slot.token_sha256.in_(tokens)))
    session.execute(delete(Mailbox).where(Mailbox.report_id.in_(report_ids)))


def drop_old_replies(session: Session, today: date) -> None:
    """Messages of staff lie for 60 days."""
    session.execute(delete(Slot).where(Slot.until < today))


def _keep_first(session: Session, token_sha256: str) -> None:
    """Before the first post replaces it: the thread state that came with the report, which nobody can replace.

    It moves, and is not copied: a file has one key, which goes with it.
    """
    is_first = Slot.token_sha256 == token_sha256, Slot.number == THREAD_STATE_SLOT
    session.execute(
        update(Slot).where(*is_first, ~_there(token_sha256, FIRST_THREAD_STATE)).values(number=FIRST_THREAD_STATE)
    )


def _there(token_sha256: str, number: int) -> ColumnElement[bool]:
    other = aliased(Slot)
    return select(other.number).where(other.token_sha256 == token_sha256, other.number == number).exists()


def _fill(session: Session, token_sha256: str, number: int, file: bytes) -> None:
    """Put what is kept into a slot, whether something is in it or not; nothing for a token that nobody has."""
    kept = literal(file, LargeBinary)
    session.execute(update(Slot).where(Slot.token_sha256 == token_sha256, Slot.number == number).values({"file": kept}))
    new = select(Mailbox.token_sha256, literal(number), kept).where(
        Mailbox.token_sha256 == token_sha256, ~_there(token_sha256, number)
    )
    session.execute(cast("Table", Slot.__table__).insert().from_select(["token_sha256", "number", "file"], new))
