"""A reporter's client: it seals and sends a report, and reads and answers with the receipt. It stores nothing."""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import httpx2

from app import age, vocabulary
from app.client import attachments as files
from app.client.attachments import SealedFile, Unsendable
from app.client.transport import Refused, Service, Unreachable
from app.client.trust import OpenIntake, fetch_intake
from app.client.uploads import Upload
from app.protocol import mailbox, opening
from app.protocol.documents import Header, bare, maced, parse_document, recipient_sha256, seal
from app.protocol.encoding import b64, canonical, new_id, sha256_hex
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.grants import seal_grant
from app.protocol.intake import Intake
from app.protocol.mailbox import Act, ReporterMessage, Route, StaffMessage
from app.protocol.opening import Asked, Opened
from app.protocol.receipt import Receipt
from app.protocol.report import Attachment, Consent, Form, Report
from app.protocol.sizes import Kind
from app.vocabulary import ConsentScope, GrantKind, ReportState

# A report whose answer got lost is sent again, byte for byte: the service keeps it once.
TRIES: Final = 3

_T = TypeVar("_T")
_BUSY: Final = 503

Progress = Callable[[int, int], None]  # bytes sent, bytes in all


class NoSuchMailbox(Exception):
    """No slot opens: the words are another mailbox's, or it is gone."""


class NotTaken(Exception):
    """The service did not take this message: the mailbox is as it was before."""


@dataclass(frozen=True)
class Submitted:
    """What a reporter needs. `not_arrived` are the files whose upload failed: the report itself is there."""

    report: str
    receipt: str = field(repr=False)
    not_arrived: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Reply:
    """A whole message of staff. `seen` is the hash of the reporter's last message that its writer had read."""

    number: int
    text: str = field(repr=False)
    seen: str | None
    write_to: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Mailbox:
    """What lies in a mailbox. `route` is None once the report is destroyed; `state` is the service's word alone."""

    route: Route | None
    state: ReportState | None
    replies: tuple[Reply, ...]
    missing: tuple[int, ...]
    route_opened: Opened | None = field(default=None, repr=False)
    last_seen: str | None = field(default=None, repr=False)


class Reporter:
    """Speaks to one service, whose organisation's root has the fingerprint `pin`. `with` ends its connections."""

    def __init__(
        self,
        server: str,
        pin: str,
        *,
        http: httpx2.Client | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._service = Service(server, http=http)
        self._pin = pin
        self._clock = clock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._service.close()

    def intake(self) -> OpenIntake:
        """Where reports go now. Raises `NotAuthentic`."""
        return fetch_intake(self._service, self._pin, today=self._clock().date())

    def submit(
        self, document: Mapping[str, Any], attachments: Sequence[Path] = (), *, progress: Progress = lambda *_: None
    ) -> Submitted:
        """Seal everything, send the report, then its files. `document` has `language`, `text` and `answers`.

        Raises `Unsendable`, `NotAuthentic`, `Refused` or `Unreachable`; then nothing was taken, or nothing that
        anybody knows of.
        """
        form = _form(document)
        epoch = self.intake().epoch
        receipt = Receipt.generate(form.language)
        with tempfile.TemporaryDirectory() as drafts:  # of sealed files only
            report = _Draft(
                pin=self._pin,
                today=self._today,
                epoch=epoch,
                form=form,
                receipt=receipt,
                attachments=attachments,
                drafts=Path(drafts),
            )
            whole = len(report.envelope) + sum(file.size for file in report.files)
            self._send_report(receipt, report)
            progress(len(report.envelope), whole)
            late = self._send_files(receipt, report.files, lambda sent: progress(len(report.envelope) + sent, whole))
        return Submitted(report.id, receipt.words(form.language), late)

    def mailbox(self, receipt: Receipt) -> Mailbox:
        """What lies there now. Raises `NoSuchMailbox` where no slot opens, and `NotAuthentic`."""
        answer = self._post(receipt, canonical({"v": 1, "act": "read"}) + b"\n")
        return self._read(receipt, answer)

    def answer(self, receipt: Receipt, text: str, attachments: Sequence[Path] = ()) -> tuple[Path, ...]:
        """Write to staff; the paths whose upload failed. Raises `NotTaken` where the report is closed."""
        before = self.mailbox(receipt)
        route, _ = _open_route(before)
        with tempfile.TemporaryDirectory() as drafts:
            recipient = _write_to(before, route)
            limit = self.intake().epoch.attachment_limit if attachments else 0
            sealed = files.seal_all(attachments, recipient, limit=limit, drafts=Path(drafts))
            described = tuple(file.attachment for file in sealed)
            self._write(receipt, before, Act.MESSAGE, text=text, attachments=described)
            return self._send_files(receipt, sealed, lambda _: None)

    def withdraw(self, receipt: Receipt, text: str = "") -> None:
        """Take the report back: work on it stops at once. Raises `NotTaken`."""
        self._write(receipt, self.mailbox(receipt), Act.WITHDRAW, text=text)

    def change_consent(self, receipt: Receipt, scope: ConsentScope, *, given: bool) -> None:
        """Say yes or no to one use, whatever was said before. Raises `NotTaken`."""
        before = self.mailbox(receipt)
        choices = {consent.scope: consent for consent in _open_route(before)[0].consents}
        slot = choices[scope].slot if scope in choices else new_id("cons")
        self._write(receipt, before, Act.CONSENT, changed=Consent(scope, given, slot))

    def _send_report(self, receipt: Receipt, report: "_Draft") -> None:
        headers = {"Authorization": f"Bearer {b64(receipt.token)}", "Tern-Report": report.id}
        _try_again(lambda: self._service.send("PUT", "/report", report.envelope, headers))

    def _send_files(
        self, receipt: Receipt, sealed: Sequence[SealedFile], progress: Callable[[int], None]
    ) -> tuple[Path, ...]:
        late, done = [], 0
        for file in sealed:
            try:
                upload = Upload(self._service, b64(receipt.token), file.attachment.id, file.sealed)
                upload.send(_after(done, progress))
            except (Refused, Unreachable):
                late.append(file.source)
            done += file.size
            progress(done)
        return tuple(late)

    def _write(
        self,
        receipt: Receipt,
        before: Mailbox,
        act: Act,
        *,
        text: str = "",
        attachments: tuple[Attachment, ...] = (),
        changed: Consent | None = None,
    ) -> None:
        """One message under the reporter's MAC, and the route that remembers it."""
        route, route_before = _open_route(before)
        consents = _with(route.consents, changed)
        message = ReporterMessage(
            number=route.number + 1,
            seen=before.last_seen,
            act=act,
            text=text,
            attachments=attachments,
            consents=(changed,) if changed else (),
        )
        recipient = _write_to(before, route)
        header = _header(self._pin, self._today, "message.reporter", route.report, recipient, message.body())
        sealed = seal(maced(header, receipt.thread_key), Kind.MESSAGE, recipient)
        after = Route(route.report, route.recipient, message.number, sha256_hex(sealed), consents)
        sealed_route = _seal_route(self._pin, self._today, receipt, after, route_before)
        envelope = {"v": 1, "act": act, "id": new_id("msg")} | ({"slot": changed.slot} if changed else {})
        content = canonical(envelope) + b"\n" + sealed + sealed_route
        answer = _try_again(lambda: self._post(receipt, content))
        if answer[: mailbox.SLOT_SIZE] != sealed_route:
            raise NotTaken("the service did not take this message")

    def _post(self, receipt: Receipt, content: bytes) -> bytes:
        headers = {"Authorization": f"Bearer {b64(receipt.token)}"}
        answer = self._service.send("POST", "/mailbox", content, headers).content
        if len(answer) != mailbox.SLOTS * mailbox.SLOT_SIZE:
            raise Malformed("an answer of the mailbox has sixteen slots")
        return answer

    def _read(self, receipt: Receipt, answer: bytes) -> Mailbox:
        slots = [answer[start : start + mailbox.SLOT_SIZE] for start in range(0, len(answer), mailbox.SLOT_SIZE)]
        opened = self._open(receipt, slots[mailbox.ROUTE_SLOT - 1], "route", None)
        route = Route.read(opened.body) if opened else None
        report = route.report if route else None
        state = self._open(receipt, slots[mailbox.STATE_SLOT - 1], "state", report)
        if opened is None and state is None:
            raise NoSuchMailbox("no slot opens with this receipt")
        messages = [
            (StaffMessage.read(found.body), found.sha256)
            for slot in slots[mailbox.FIRST_STAFF_SLOT - 1 :]
            if (found := self._open(receipt, slot, "message.staff", report))
        ]
        replies = _replies([message for message, _ in messages])
        newest = max(messages, key=lambda each: (each[0].number, each[0].part), default=None)
        return Mailbox(
            route=route,
            state=mailbox.read_state(state.body) if state else None,
            replies=replies,
            missing=tuple(mailbox.gaps([reply.number for reply in replies])),
            route_opened=opened,
            last_seen=newest[1] if newest else None,
        )

    def _open(self, receipt: Receipt, slot: bytes, type_: str, report: str | None) -> Opened | None:
        """The document in a slot; None where it is one that nobody can open.

        Where nobody said yet which report the mailbox is of, the slot itself does: the route is proved by its MAC, and
        a state alone is the service's word anyway.
        """
        try:
            plaintext = age.decrypt(slot, [receipt.identity])
        except age.NoMatchError:
            return None
        except age.Error:
            raise NotAuthentic("ciphertext") from None
        subject = report or parse_document(plaintext).header.subject
        asked = Asked(type_, Kind.SLOT, self._pin, subject)
        return opening.open_document(slot, receipt.identity, asked, thread_key=receipt.thread_key)

    @property
    def _today(self) -> str:
        return self._clock().date().isoformat()


class _Draft:
    """Everything that will be sent, sealed: the report's envelope and its files."""

    def __init__(
        self,
        *,
        pin: str,
        today: str,
        epoch: Intake,
        form: Form,
        receipt: Receipt,
        attachments: Sequence[Path],
        drafts: Path,
    ) -> None:
        self.id = new_id("rep")
        secret = age.generate()
        mailbox_recipient = receipt.identity.recipient
        self.files = files.seal_all(attachments, secret.recipient, limit=epoch.attachment_limit, drafts=drafts)
        consents = tuple(
            Consent(ConsentScope(scope), ConsentScope(scope) in form.consents, new_id("cons"))
            for scope in vocabulary.codes("consent_scope")
        )
        report = Report(
            form=form,
            mailbox=str(mailbox_recipient),
            thread_key=b64(receipt.thread_key),
            attachments=tuple(file.attachment for file in self.files),
            consents=consents,
        )
        header = _header(pin, today, "report", self.id, secret.recipient, report.body())
        grant = seal_grant(
            secret,
            epoch.recipient,
            org=pin,
            subject=self.id,
            generation=1,
            grantee=epoch.epoch,
            kind=GrantKind.INTAKE,
            at=today,
            signer=None,
            language=str(form.answers.get("answer_language", form.language)),
            danger_now=form.danger_now,
        )
        route = Route(self.id, str(secret.recipient), 0, None, consents)
        first = canonical({"v": 1, "epoch": epoch.epoch, "mailbox": str(mailbox_recipient)}) + b"\n"
        sealed_route = _seal_route(pin, today, receipt, route, None)
        self.envelope = first + grant + sealed_route + seal(bare(header), Kind.REPORT, secret.recipient)


def _form(document: Mapping[str, Any]) -> Form:
    try:
        return Form.read(dict(document))
    except Malformed as error:
        raise Unsendable(str(error)) from None


def _header(
    pin: str, today: str, type_: str, subject: str, recipient: age.HybridRecipient, body: dict[str, Any]
) -> Header:
    return Header(
        type=type_,
        org=pin,
        subject=subject,
        version=1,
        previous=None,
        generation=1 if type_ == "report" else None,
        sealed_to=recipient_sha256(recipient),
        author=None,
        at=today,
        body=body,
    )


def _seal_route(pin: str, today: str, receipt: Receipt, route: Route, before: Opened | None) -> bytes:
    recipient = receipt.identity.recipient
    header = _header(pin, today, "route", route.report, recipient, route.body())
    if before:
        header = replace(header, version=before.document.header.version + 1, previous=before.sha256)
    return seal(maced(header, receipt.thread_key), Kind.SLOT, recipient)


def _replies(messages: list[StaffMessage]) -> tuple[Reply, ...]:
    """Whole replies, by number and then by slot. One of which a part is missing is not shown, so its number is.

    Two replies of one number are both shown: colleagues may have written without knowing of each other.
    """
    parts_of: list[dict[int, StaffMessage]] = []
    for message in messages:
        for parts in parts_of:
            other = next(iter(parts.values()))
            if (other.number, other.parts) == (message.number, message.parts) and message.part not in parts:
                parts[message.part] = message
                break
        else:
            parts_of.append({message.part: message})
    replies = []
    for parts in parts_of:
        first = next(iter(parts.values()))
        if len(parts) == first.parts:
            replies.append(Reply(first.number, mailbox.join(list(parts.values())), first.seen, first.write_to))
    return tuple(sorted(replies, key=lambda reply: reply.number))


def _write_to(before: Mailbox, route: Route) -> age.HybridRecipient:
    """The report's own recipient, or the one that an authentic reply has named since."""
    named = [reply.write_to for reply in before.replies if reply.write_to]
    recipient = age.parse_recipient(named[-1] if named else route.recipient)
    if not isinstance(recipient, age.HybridRecipient):
        raise Malformed("not a recipient of a report")
    return recipient


def _open_route(before: Mailbox) -> tuple[Route, Opened]:
    if before.route is None or before.route_opened is None:
        raise NotTaken("the report was withdrawn or destroyed: nothing more is taken for it")
    return before.route, before.route_opened


def _with(consents: tuple[Consent, ...], changed: Consent | None) -> tuple[Consent, ...]:
    if changed is None:
        return consents
    return (*(consent for consent in consents if consent.scope is not changed.scope), changed)


def _after(done: int, progress: Callable[[int], None]) -> Callable[[int], None]:
    return lambda sent: progress(done + sent)


def _try_again(act: Callable[[], _T]) -> _T:
    for _ in range(TRIES - 1):
        try:
            return act()
        except Unreachable:
            continue
        except Refused as refusal:
            if refusal.status != _BUSY:
                raise
            time.sleep(1)
    return act()
