"""What the page without script does with a sealed report and with a mailbox: all that a reporter's client would do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from app.intake.attachments import service as attachments
from app.intake.keys import service as keys
from app.intake.keys.open_epochs import EpochClosed
from app.intake.mailbox import acts
from app.intake.mailbox import schemas as wire
from app.intake.mailbox import service as mailbox
from app.intake.mailbox.acts import Acted
from app.intake.no_script.sealing import SealedFile
from app.people.staff import service as staff
from app.protocol import conversation, intake
from app.protocol.conversation import Mailbox, To
from app.protocol.documents import parse_document
from app.protocol.encoding import b64, sha256_hex
from app.protocol.mailbox import MessageKind
from app.protocol.receipt import Receipt
from app.vocabulary import ConsentScope


@dataclass(frozen=True)
class Holder:
    """Whoever holds a receipt, at the mailbox that it opens. `empty` are the slots that stand where none is in use."""

    receipt: Receipt = field(repr=False)
    empty: Sequence[bytes] = field(repr=False)
    org: str
    today: date
    acted: Acted = field(repr=False)

    @property
    def token_sha256(self) -> str:
        return token_sha256(self.receipt)

    def open(self, session: Session) -> Mailbox:
        """What lies there now. Raises `NoSuchMailbox` and `NotAuthentic`."""
        return self._read(mailbox.stored(session, self.token_sha256))

    def write(self, session: Session, before: Mailbox, text: str, files: Iterable[SealedFile]) -> Mailbox:
        """A message, with files sealed to `before.write_to`. Raises `NotTaken`, or what naming files raises."""
        files = tuple(files)
        described = [file.attachment for file in files]
        post = conversation.write(
            before,
            self.receipt,
            MessageKind.MESSAGE,
            org=self.org,
            today=self.today.isoformat(),
            text=text,
            attachments=described,
        )
        after = self._post(session, post)
        name_files(session, self.token_sha256, files, today=self.today)
        return after

    def choose(self, session: Session, before: Mailbox, given: frozenset[ConsentScope]) -> Mailbox:
        """Change each choice that differs from `given`, a message for each. Raises `NotTaken`."""
        thread_state, _ = before.opened()
        for consent in thread_state.consents:
            wanted = consent.scope in given or consent.scope is ConsentScope.SERVICE
            if wanted is not consent.given:
                changed = conversation.choose(before, consent.scope, given=wanted)
                post = conversation.write(
                    before,
                    self.receipt,
                    MessageKind.CONSENT,
                    org=self.org,
                    today=self.today.isoformat(),
                    changed=changed,
                )
                before = self._post(session, post)
        return before

    def withdraw(self, session: Session, before: Mailbox) -> Mailbox:
        """Take the report back. Raises `NotTaken`."""
        post = conversation.write(
            before, self.receipt, MessageKind.WITHDRAW, org=self.org, today=self.today.isoformat()
        )
        return self._post(session, post)

    def _post(self, session: Session, post: conversation.Post) -> Mailbox:
        sent = wire.read(post.content)
        if sent is None:
            raise TypeError("a post is no reading")
        acts.post(session, self.token_sha256, sent, acted=self.acted, today=self.today)
        used = mailbox.stored(session, self.token_sha256)
        post.check_taken(mailbox.answer(self.empty, used))
        return self._read(used)

    def _read(self, used: dict[int, bytes]) -> Mailbox:
        return conversation.read_mailbox(mailbox.answer(self.empty, used), self.receipt, org=self.org)


def receiving(session: Session, today: date) -> To:
    """Where reports go today. Raises `EpochClosed` where nobody takes any, and `NoRootYet`."""
    org = staff.organisation(session).id
    taking = keys.taking_reports(session, today)
    if not taking or today > taking[0].accepts_until:
        raise EpochClosed
    document = intake.read(parse_document(taking[0].document.encode()))
    return To(org, document.epoch, document.recipient)


def name_files(session: Session, token_sha256: str, files: Iterable[SealedFile], *, today: date) -> None:
    """Give the report of this token its files."""
    for file in files:
        attachments.name(session, token_sha256, file.attachment.id, file.stored, today=today)


def token_sha256(receipt: Receipt) -> str:
    """How a mailbox is known here."""
    return sha256_hex(b64(receipt.token).encode())
