"""What the page without script does with a sealed report and with a mailbox: all that a reporter's client would do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.orm import Session

from app import age
from app.intake.attachments import service as attachments
from app.intake.attachments.service import TooManyAttachments
from app.intake.epochs import service as epochs
from app.intake.epochs.open_epochs import EpochClosed
from app.intake.mailbox import service as mailbox
from app.intake.no_script.forms import FILES, MESSAGE_LENGTH, Mistake, TypedFields
from app.intake.no_script.multipart import MalformedForm
from app.intake.no_script.sealing import SealedFile
from app.intake.posts import body as wire
from app.intake.posts import service as posts
from app.intake.posts.budget import EnoughForToday
from app.intake.posts.service import Acted
from app.people.staff import service as staff
from app.problems import Problem
from app.protocol import conversation, intake
from app.protocol import receipt as receipts
from app.protocol.conversation import Mailbox, NoSuchMailbox, NotTaken, To
from app.protocol.documents import parse_document
from app.protocol.encoding import b64, sha256_hex
from app.protocol.errors import Malformed, NotAuthentic, ProtocolError
from app.protocol.mailbox import MessageKind
from app.protocol.receipt import AmbiguousError, Receipt, ReceiptError, UnknownWordError, WordCountError
from app.protocol.report import ATTACHMENTS
from app.vocabulary import ConsentScope


@dataclass(frozen=True)
class Holder:
    """Whoever holds a receipt, at the mailbox that it opens. `empty` are the slots that stand where none is in use."""

    receipt: Receipt = field(repr=False)
    empty: Sequence[bytes] = field(repr=False)
    place_key: bytes = field(repr=False)
    org: str
    now: datetime
    acted: Sequence[Acted] = field(repr=False)

    @property
    def today(self) -> date:
        """In UTC."""
        return self.now.date()

    @property
    def token_sha256(self) -> str:
        """How the mailbox is known here, in hexadecimal."""
        return token_sha256(self.receipt)

    def open(self, session: Session) -> Mailbox:
        """What lies there now. Raises `NoSuchMailbox`."""
        return self._read(session, self._answer(session))

    def write(self, session: Session, before: Mailbox, text: str, files: Iterable[SealedFile]) -> Mailbox:
        """A message, with files sealed to `before.write_to`. Raises `NotTaken`, or what naming files raises."""
        files = tuple(files)
        descriptions = [file.attachment for file in files]
        post = conversation.write(
            before,
            self.receipt,
            MessageKind.MESSAGE,
            org=self.org,
            today=self.today.isoformat(),
            text=text,
            attachments=descriptions,
        )
        after = self._post(session, post)
        name_files(session, self.token_sha256, files, today=self.today)
        return after

    def choose(self, session: Session, before: Mailbox, given: frozenset[ConsentScope]) -> Mailbox:
        """Change each choice that differs from `given`, a message for each. Raises `NotTaken`."""
        thread_state, _ = before.opened()
        for consent in thread_state.consents:
            choice = consent.scope in given or consent.scope is ConsentScope.SERVICE
            if choice is not consent.given:
                change = conversation.choose(before, consent.scope, given=choice)
                post = conversation.write(
                    before,
                    self.receipt,
                    MessageKind.CONSENT,
                    org=self.org,
                    today=self.today.isoformat(),
                    changed=change,
                )
                before = self._post(session, post)
        return before

    def withdraw(self, session: Session, before: Mailbox) -> Mailbox:
        """Take the report back, in a transaction that is `destroying`. Raises `NotTaken`."""
        try:
            post = conversation.write(
                before, self.receipt, MessageKind.WITHDRAW, org=self.org, today=self.today.isoformat()
            )
        except ProtocolError:
            post = conversation.withdraw_unread(self.receipt)
        answer = self._send(session, post)
        conversation.check_withdrawn(answer, self.receipt, org=self.org)
        return self._read(session, answer)

    def _post(self, session: Session, post: conversation.Post) -> Mailbox:
        answer = self._send(session, post)
        post.check_taken(answer)
        return self._read(session, answer)

    def _send(self, session: Session, post: conversation.Post) -> bytes:
        content = wire.read(post.content)
        if isinstance(content, wire.Reading):
            raise TypeError("a post is no reading")
        posts.post(session, self.token_sha256, content, place_key=self.place_key, acted=self.acted, now=self.now)
        return self._answer(session)

    def _answer(self, session: Session) -> bytes:
        return mailbox.answer(self.empty, mailbox.slots_of(session, self.token_sha256))

    def _read(self, session: Session, answer: bytes) -> Mailbox:
        return conversation.read_mailbox(answer, self.receipt, org=self.org, recall=lambda: self._recall(session))

    def _recall(self, session: Session) -> bytes:
        in_use = mailbox.slots_of(session, self.token_sha256)
        return mailbox.answer(self.empty, mailbox.as_it_came(in_use))


def receiving(session: Session, today: date) -> To:
    """Where reports go today. Raises `EpochClosed` where nobody takes any, and `NoRootYet`."""
    org = staff.organisation(session).id
    counting = epochs.counting(session, today)
    if counting is None:
        raise EpochClosed
    document = intake.read(parse_document(counting.document.encode()))
    return To(org, document.epoch, document.recipient)


def read_words(words: str) -> Receipt:
    """The receipt that a person typed. Raises `Mistake`, which says what is wrong with the words."""
    try:
        return receipts.read(words)
    except WordCountError:
        raise Mistake("words-count", "words") from None
    except UnknownWordError as error:
        near = receipts.meant(words, error)
        key = "words-nearest" if near else "words-unknown"
        raise Mistake(key, "words", n=error.position, words=near) from None
    except AmbiguousError:
        raise Mistake("words-ambiguous", "words") from None
    except ReceiptError:
        raise Mistake("words-checksum", "words") from None


def open_mailbox(
    session: Session,
    receipt: Receipt,
    *,
    filler_key: bytes,
    place_key: bytes,
    now: datetime,
    acted: Sequence[Acted],
) -> tuple[Holder, Mailbox]:
    """The mailbox of a receipt, and what lies there. Raises `Mistake` where it opens none, and `NoRootYet`.

    `filler_key` is what `mailbox.fillers` takes: where there is no mailbox, its slots are drawn all the same.
    `place_key` is what a post takes.
    """
    holder = Holder(
        receipt=receipt,
        empty=mailbox.fillers(filler_key, token_sha256(receipt)),
        place_key=place_key,
        org=staff.organisation(session).id,
        now=now,
        acted=acted,
    )
    try:
        return holder, holder.open(session)
    except NoSuchMailbox:
        raise Mistake("no-mailbox", "words") from None


def write_to(before: Mailbox) -> age.HybridRecipient:
    """Where what is written goes. Raises `Mistake` where the mailbox does not say so."""
    try:
        return before.write_to
    except NotTaken:
        raise Mistake("not-taken") from None
    except NotAuthentic:
        raise Mistake("not-authentic") from None


def act(session: Session, holder: Holder, before: Mailbox, typed: TypedFields, files: Sequence[SealedFile]) -> Mailbox:
    """Write, choose or withdraw, as the form says. Raises `Mistake` for what a person can mend, and `MalformedForm`."""
    try:
        match typed.last("action"):
            case "write":
                return holder.write(session, before, _message(typed, files), files)
            case "consent":
                return holder.choose(session, before, _scopes(typed))
            case "withdraw":
                return holder.withdraw(session, before)
    except NotTaken:
        raise Mistake("not-taken") from None
    except TooManyAttachments:
        raise Mistake("too-many-files", FILES, n=ATTACHMENTS) from None
    except EnoughForToday:
        raise Mistake("enough-for-today") from None
    except Problem:
        raise Mistake("refused") from None
    except Malformed:
        raise Mistake("too-long", "text") from None
    except NotAuthentic:
        raise Mistake("not-authentic") from None
    raise MalformedForm("an action that there is not")


def name_files(session: Session, token_sha256: str, files: Iterable[SealedFile], *, today: date) -> None:
    """Give the report of this token its files."""
    for file in files:
        attachments.name(session, token_sha256, file.attachment.id, file.stored, today=today)


def token_sha256(receipt: Receipt) -> str:
    """How the mailbox of a receipt is known here, in hexadecimal."""
    return sha256_hex(b64(receipt.token).encode())


def _message(typed: TypedFields, files: Sequence[SealedFile]) -> str:
    text = typed.last("text")
    if not text.strip() and not files:
        raise Mistake("nothing-to-send", "text")
    if len(text) > MESSAGE_LENGTH:
        raise Mistake("too-long", "text")
    return text


def _scopes(typed: TypedFields) -> frozenset[ConsentScope]:
    codes = typed.choices("consent")
    if not set(codes) <= set(ConsentScope):
        raise MalformedForm("a use that there is not")
    return frozenset(map(ConsentScope, codes))
