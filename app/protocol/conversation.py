"""A reporter's side of the conversation: the report as it is sent, what lies in the mailbox, what is posted to it.

No network and no disk: whoever acts for the reporter carries the bytes (`app/client`, and the page without script).
"""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from app import age, vocabulary
from app.protocol import mailbox, opening
from app.protocol.documents import Header, bare, maced, parse_document, seal
from app.protocol.encoding import b64, canonical, check_at, new_id, sha256_hex
from app.protocol.errors import Malformed, NotAuthentic, ProtocolError
from app.protocol.grants import seal_grant
from app.protocol.mailbox import MessageKind, ReporterMessage, StaffMessage, ThreadState
from app.protocol.opening import Asked, Opened
from app.protocol.receipt import Receipt
from app.protocol.report import Attachment, Consent, Form, Report
from app.protocol.sizes import Kind, classes
from app.vocabulary import ConsentScope, GrantKind, ReportState

_T = TypeVar("_T")

READ = canonical({"v": 1, "kind": "read"}) + b"\n"
RECALL = canonical({"v": 1, "kind": "recall"}) + b"\n"


class NoSuchMailbox(ProtocolError):
    """No slot opens: the words are another mailbox's, or it is gone."""


class NotTaken(ProtocolError):
    """Nothing more is taken for this report: the mailbox is as it was before."""


@dataclass(frozen=True)
class To:
    """Where a report goes: the organisation, by its pin, and an intake epoch of its."""

    org: str
    epoch: str
    recipient: age.HybridRecipient = field(repr=False)


@dataclass(frozen=True)
class Reply:
    """A whole message of staff. `seen` is the hash of the reporter's last message that its writer had read.

    `write_to` is where it says that the next message is to be sealed to. One without words says that alone. `day` is
    the one that its writer's client put under the MAC, as `2026-06-15`.
    """

    number: int
    day: str
    text: str = field(repr=False)
    seen: str | None
    write_to: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Mailbox:
    """What lies in a mailbox. `thread_state` is None once the report is destroyed; `state` is the service's word alone.

    `replies` are those with words. `named` is what the newest of all names to write to, and its number.

    A mailbox in which no state lies is that of a report that nothing has happened to yet. `not_authentic` are the
    numbers of slots in which something lies that is not what it should be, as far as one can know: one of them stops
    none of the others. `state` is None where its slot is among them.
    """

    thread_state: ThreadState | None
    state: ReportState | None
    replies: tuple[Reply, ...]
    missing: tuple[int, ...]
    not_authentic: tuple[int, ...] = ()
    thread_state_opened: Opened | None = field(default=None, repr=False)
    thread_state_fault: str | None = None  # why what lies in its place is none
    last_seen: str | None = field(default=None, repr=False)
    named: tuple[str, int] | None = field(default=None, repr=False)

    @property
    def write_to(self) -> age.HybridRecipient:
        """Where the next message goes. Raises as `opened`."""
        text, _ = self.followed
        recipient = age.parse_recipient(text)
        if not isinstance(recipient, age.HybridRecipient):
            raise Malformed("not a recipient of a report")
        return recipient

    @property
    def followed(self) -> tuple[str, int]:
        """Where the next message goes, and the number of the reply that said so: 0 for the report's own key.

        Keys turn when somebody leaves: then staff name another. What an older reply names than the one that was
        followed last counts no more. Raises as `opened`.
        """
        thread_state, _ = self.opened()
        remembered = thread_state.recipient, thread_state.named_in
        return self.named if self.named and self.named[1] >= thread_state.named_in else remembered

    def opened(self) -> tuple[ThreadState, Opened]:
        """The thread_state, and the document that it stood in.

        Raises `NotTaken` where there is none any more, and `NotAuthentic` where something else lies in its place.
        """
        if self.thread_state_fault:
            raise NotAuthentic(self.thread_state_fault)
        if self.thread_state is None or self.thread_state_opened is None:
            raise NotTaken("the report was withdrawn or destroyed: nothing more is taken for it")
        return self.thread_state, self.thread_state_opened


@dataclass(frozen=True)
class Post:
    """What is sent to the mailbox. A message was taken where slot 1 of the answer is `thread_state`.

    Of a withdrawal `check_withdrawn` tells.
    """

    content: bytes = field(repr=False)
    thread_state: bytes = field(repr=False)

    def check_taken(self, answer: bytes) -> None:
        """Raises `NotTaken`."""
        if answer[: mailbox.SLOT_SIZE] != self.thread_state:
            raise NotTaken("the service did not take this message")


def seal_report(
    form: Form,
    to: To,
    *,
    id_: str,
    secret: age.HybridIdentity,
    receipt: Receipt,
    attachments: Iterable[Attachment],
    today: str,
) -> bytes:
    """The body of `PUT /v1/report`: a line of JSON, the grant to the epoch, the thread state, the report.

    `secret` is the report's own key, to which its attachments were sealed.
    """
    mailbox_recipient = receipt.identity.recipient
    consents = tuple(
        Consent(ConsentScope(scope), ConsentScope(scope) in form.consents, new_id("cons"))
        for scope in vocabulary.codes("consent_scope")
    )
    report = Report(
        form=form,
        mailbox=str(mailbox_recipient),
        thread_key=b64(receipt.thread_key),
        withdrawal=receipt.withdrawal_sha256,
        attachments=tuple(attachments),
        consents=consents,
    )
    grant = seal_grant(
        secret,
        to.recipient,
        org=to.org,
        subject=id_,
        generation=1,
        grantee=to.epoch,
        kind=GrantKind.INTAKE,
        at=today,
        signer=None,
        language=str(form.answers.get("answer_language", form.language)),
        danger_now=form.danger_now,
    )
    thread_state = ThreadState(id_, str(secret.recipient), 0, None, consents)
    line = {"v": 1, "epoch": to.epoch, "mailbox": report.mailbox, "withdrawal": report.withdrawal}
    first = canonical(line) + b"\n"
    header = Header.new(
        "report", id_, report.body(), org=to.org, author=None, at=today, to=secret.recipient, generation=1
    )
    sealed_thread_state = _seal_thread_state(to.org, today, receipt, thread_state, None)
    return first + grant + sealed_thread_state + seal(bare(header), secret.recipient)


def read_mailbox(answer: bytes, receipt: Receipt, *, org: str, recall: Callable[[], bytes] | None = None) -> Mailbox:
    """What lies in an answer of the mailbox. Raises `NoSuchMailbox` where no slot opens.

    A slot that opens and is not authentic is told by its number, beside what the others say. Where there is no thread
    state in the first, it is that of the answer which `recall` gives: the one that came with the report. It remembers
    no later number and no later choice, but where to write.
    """
    slots = _slots(answer)
    faults: dict[int, str] = {}

    def read(number: int, type_: str, content: Callable[[dict[str, Any]], _T]) -> tuple[_T, Opened] | None:
        try:
            opened = _open(slots[number - 1], receipt, type_, org, report)
            return (content(opened.body), opened) if opened else None
        except NotAuthentic as error:
            faults[number] = error.reason
            return None

    report = None
    first = read(mailbox.THREAD_STATE_SLOT, "thread-state", ThreadState.read)
    if first is None and recall is not None:
        first = _recalled(recall(), receipt, org)
        if first is not None:  # so that something else lies in its place
            faults.setdefault(mailbox.THREAD_STATE_SLOT, "ciphertext")
    thread_state, thread_state_opened = first or (None, None)
    report = thread_state.report if thread_state else None
    state = read(mailbox.STATE_SLOT, "state", mailbox.read_state)
    messages = [
        (message, opened)
        for number in range(mailbox.FIRST_STAFF_SLOT, mailbox.SLOTS + 1)
        if (found := read(number, "message.staff", StaffMessage.read))
        for message, opened in [found]
    ]
    if first is None and state is None and not messages and not faults:
        raise NoSuchMailbox("no slot opens with this receipt")
    whole = _replies([(message, check_at(opened.document.header.at).isoformat()) for message, opened in messages])
    newest = max(messages, key=lambda each: (each[0].number, each[0].part), default=None)
    return Mailbox(
        thread_state=thread_state,
        state=_state_of(state, faults),
        replies=tuple(reply for reply in whole if reply.text),
        missing=tuple(mailbox.missing([(reply.number, bool(reply.text)) for reply in whole])),
        not_authentic=tuple(faults),
        thread_state_opened=thread_state_opened,
        thread_state_fault=None if first else faults.get(mailbox.THREAD_STATE_SLOT),
        last_seen=newest[1].sha256 if newest else None,
        named=_named(whole),
    )


def write(
    before: Mailbox,
    receipt: Receipt,
    kind: MessageKind,
    *,
    org: str,
    today: str,
    text: str = "",
    attachments: Iterable[Attachment] = (),
    changed: Consent | None = None,
) -> Post:
    """One message under the reporter's MAC, and the thread state that remembers it. Raises `NotTaken`."""
    thread_state, thread_state_before = before.opened()
    message = ReporterMessage(
        number=thread_state.number + 1,
        seen=before.last_seen,
        kind=kind,
        text=text,
        attachments=tuple(attachments),
        consents=(changed,) if changed else (),
    )
    to, (recipient, named_in) = before.write_to, before.followed
    header = Header.new("message.reporter", thread_state.report, message.body(), org=org, author=None, at=today, to=to)
    sealed = seal(maced(header, receipt.thread_key), to)
    after = ThreadState(
        thread_state.report,
        recipient,
        message.number,
        sha256_hex(sealed),
        _with(thread_state.consents, changed),
        mailbox.with_message(thread_state.days, today),
        named_in,
    )
    sealed_thread_state = _seal_thread_state(org, today, receipt, after, thread_state_before)
    line = {"v": 1, "kind": kind, "id": new_id("msg")} | ({"consent": changed.id} if changed else {})
    if kind is MessageKind.WITHDRAW:
        line["secret"] = b64(receipt.withdrawal)
    return Post(canonical(line) + b"\n" + sealed + sealed_thread_state, sealed_thread_state)


def withdraw_unread(receipt: Receipt) -> Post:
    """Take a report back although its thread state does not open: whoever has the token can put another in its place.

    It is the secret that the service acts on. The sealed parts say nothing: where to write stood in the thread state.
    """
    nothing = age.encrypt(b" " * classes(Kind.SLOT)[0], [receipt.identity.recipient])
    line = {"v": 1, "kind": MessageKind.WITHDRAW, "id": new_id("msg"), "secret": b64(receipt.withdrawal)}
    return Post(canonical(line) + b"\n" + nothing + nothing, nothing)


def check_withdrawn(answer: bytes, receipt: Receipt, *, org: str) -> None:
    """After a withdrawal nothing is left where the thread state lay; the state tells. Raises `NotTaken`."""
    state = _open(_slots(answer)[mailbox.STATE_SLOT - 1], receipt, "state", org, None)
    if state is None or mailbox.read_state(state.body) is not ReportState.WITHDRAWN:
        raise NotTaken("the service did not take this report back")


def choose(before: Mailbox, scope: ConsentScope, *, given: bool) -> Consent:
    """A changed choice, under the id that it has had since the report. Raises `NotTaken`."""
    ids = {consent.scope: consent.id for consent in before.opened()[0].consents}
    return Consent(scope, given, ids.get(scope) or new_id("cons"))


def _slots(answer: bytes) -> list[bytes]:
    if len(answer) != mailbox.SLOTS * mailbox.SLOT_SIZE:
        raise Malformed("an answer of the mailbox has sixteen slots")
    return [answer[start : start + mailbox.SLOT_SIZE] for start in range(0, len(answer), mailbox.SLOT_SIZE)]


def _open(slot: bytes, receipt: Receipt, type_: str, org: str, report: str | None) -> Opened | None:
    """The document in a slot; None where it is one that nobody can open.

    Where nobody said yet which report the mailbox is of, the slot itself does: the thread state is proved by its
    MAC, and a state alone is the service's word anyway.
    """
    try:
        plaintext = age.decrypt(slot, [receipt.identity])
    except age.NoMatchError:
        return None
    except age.Error:
        raise NotAuthentic("ciphertext") from None
    subject = report or parse_document(plaintext).header.subject
    expectation = Asked(type_, org, subject)
    return opening.open_document(slot, receipt.identity, expectation, thread_key=receipt.thread_key)


def _recalled(answer: bytes, receipt: Receipt, org: str) -> tuple[ThreadState, Opened] | None:
    try:
        opened = _open(_slots(answer)[mailbox.THREAD_STATE_SLOT - 1], receipt, "thread-state", org, None)
        return (ThreadState.read(opened.body), opened) if opened else None
    except NotAuthentic:
        return None


def _state_of(found: tuple[ReportState, Opened] | None, faults: Container[int]) -> ReportState | None:
    if found:
        return found[0]
    return None if mailbox.STATE_SLOT in faults else ReportState.RECEIVED


def _seal_thread_state(
    org: str, today: str, receipt: Receipt, thread_state: ThreadState, before: Opened | None
) -> bytes:
    recipient = receipt.identity.recipient
    header = Header.new(
        "thread-state",
        thread_state.report,
        thread_state.body(),
        org=org,
        author=None,
        at=today,
        to=recipient,
        after=before.mark if before else None,
    )
    return seal(maced(header, receipt.thread_key), recipient)


def _replies(messages: Sequence[tuple[StaffMessage, str]]) -> tuple[Reply, ...]:
    """Whole replies from their parts with the day of each, by number and then by slot.

    One of which a part is missing is not shown, so its number is. Two replies of one number are both shown: colleagues
    may have written without knowing of each other.
    """
    parts_of: list[tuple[str, dict[int, StaffMessage]]] = []
    for message, day in messages:
        for _, parts in parts_of:
            other = next(iter(parts.values()))
            if mailbox.are_of_one_reply(other, message) and message.part not in parts:
                parts[message.part] = message
                break
        else:
            parts_of.append((day, {message.part: message}))
    replies = []
    for day, parts in parts_of:
        first = next(iter(parts.values()))
        if len(parts) == first.parts:
            text = mailbox.join(list(parts.values()))
            replies.append(Reply(first.number, day, text, first.seen, first.write_to))
    return tuple(sorted(replies, key=lambda reply: reply.number))


def _named(replies: Iterable[Reply]) -> tuple[str, int] | None:
    """What the newest of those that name a recipient names; nothing where two of its number name two."""
    naming = {(reply.number, reply.write_to) for reply in replies if reply.write_to}
    newest = max((number for number, _ in naming), default=0)
    named = [recipient for number, recipient in naming if number == newest]
    return (named[0], newest) if len(named) == 1 else None


def _with(consents: tuple[Consent, ...], changed: Consent | None) -> tuple[Consent, ...]:
    if changed is None:
        return consents
    return (*(consent for consent in consents if consent.scope is not changed.scope), changed)
