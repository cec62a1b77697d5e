"""A reporter's client: it seals and sends a report, and reads and answers with the receipt. It stores nothing."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Self

import httpx2

from app import age
from app.client.intake import attachments as files
from app.client.intake.attachments import LeftOut, SealedFile, Unsendable
from app.client.intake.uploads import Upload
from app.client.machine.transport import FAILURE, Refused, Service, Unreachable, try_again
from app.client.machine.trust import OpenIntake, fetch_intake
from app.client.machine.watch import Watch
from app.protocol import conversation
from app.protocol.conversation import Mailbox, Post, To
from app.protocol.encoding import b64, canonical, new_id
from app.protocol.errors import Malformed, ProtocolError
from app.protocol.mailbox import SLOT_SIZE, SLOTS, MessageKind
from app.protocol.receipt import Receipt
from app.protocol.report import Form
from app.protocol.roots import Pin
from app.vocabulary import ConsentScope

Progress = Callable[[int, int], None]  # bytes sent, bytes in all


class Taken(Enum):
    """Whether the service has what was sent."""

    SURELY = "surely"
    PERHAPS = "perhaps"


@dataclass(frozen=True)
class Submitted:
    """What a reporter needs. `not_arrived` are the files whose upload failed: the report itself is there.

    `is_certain` is false where no answer came: the report may have arrived or not, and its receipt tells which.
    """

    report: str
    receipt: str = field(repr=False)
    is_certain: bool = True
    not_arrived: tuple[Path, ...] = ()


_NO_ROOM = "no-room-for-files"
_BUSY = frozenset({"intake-busy", "busy"})  # nothing was taken

Tell = Callable[[Submitted], None]
Leave = Callable[[LeftOut], None]
TellWhether = Callable[[Taken], None]
Waits = Callable[[float], None]


class Reporter:
    """Speaks to one service, whose organisation has this `pin`. `with` ends its connections."""

    def __init__(
        self,
        server: str,
        pin: str,
        *,
        http: httpx2.Client | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock_off: Callable[[timedelta], None] = lambda _: None,
        waits: Waits = lambda _: None,
    ) -> None:
        """`waits` hears of each pause, in seconds, before what got no answer is sent again."""
        self._service = Service(server, http=http, hear=Watch(clock, clock_off).hear)
        self._waits = waits
        self._pin = pin
        self._org = Pin.read(pin).org
        self._clock = clock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._service.close()

    def intake(self) -> OpenIntake:
        """Where reports go now. Raises `NotAuthentic`."""
        return fetch_intake(self._service, self._pin, today=self._clock().date())

    def submit(
        self,
        document: Mapping[str, Any],
        attachments: Sequence[Path] = (),
        *,
        tell: Tell = lambda _: None,
        leave: Leave = lambda _: None,
        progress: Progress = lambda *_: None,
    ) -> Submitted:
        """Seal everything, send the report, then its files. `document` has `language`, `text` and `answers`.

        `tell` hears the receipt as soon as the report is stored, before its files go, so that it is kept whatever
        becomes of them; and where nobody can know whether the report was stored, before what stopped it is raised.
        `leave` hears of each file that cannot go with it, before anything is sent, and then of each that finds no room.
        Raises `Unsendable`, `NotAuthentic`, `Refused` or `Unreachable`; then nothing was taken, or nothing that
        anybody knows of.
        """
        form = _form(document)
        epoch = try_again(self.intake, tell=self._waits).epoch
        receipt, secret, report = Receipt.generate(form.language), age.generate(), new_id("rep")
        with tempfile.TemporaryDirectory() as drafts:  # of sealed files only
            sealed, left = files.seal_all(
                attachments, secret.recipient, limit=epoch.attachment_limit, drafts=Path(drafts)
            )
            for each in left:
                leave(each)
            envelope = conversation.seal_report(
                form,
                To(self._org, epoch.epoch, epoch.recipient),
                id_=report,
                secret=secret,
                receipt=receipt,
                attachments=[file.attachment for file in sealed],
                today=self._today,
            )
            whole = len(envelope) + sum(file.size for file in sealed)
            submitted = Submitted(report, receipt.words(form.language))
            self._send_report(receipt, submitted, envelope, tell)
            progress(len(envelope), whole)
            late = self._send_files(receipt, sealed, lambda size: progress(len(envelope) + size, whole), leave)
        return replace(submitted, not_arrived=(*(each.source for each in left), *late))

    def mailbox(self, receipt: Receipt) -> Mailbox:
        """What lies there now. Raises `NoSuchMailbox` where no slot opens."""
        answer = try_again(lambda: self._post(receipt, conversation.READ), tell=self._waits)
        return conversation.read_mailbox(
            answer, receipt, org=self._org, recall=lambda: self._post(receipt, conversation.RECALL)
        )

    def answer(
        self,
        receipt: Receipt,
        text: str,
        attachments: Sequence[Path] = (),
        *,
        tell: TellWhether = lambda _: None,
        leave: Leave = lambda _: None,
    ) -> tuple[Path, ...]:
        """Write to staff; the paths of what did not go with it. Raises `NotTaken` where the report is closed.

        `tell` hears that the message is there before its files go; and where nobody can know whether it is, before what
        stopped it is raised. `leave` hears of each file that cannot go, before anything is sent, and then of each that
        finds no room.
        """
        before = self.mailbox(receipt)
        with tempfile.TemporaryDirectory() as drafts:
            limit = try_again(self.intake, tell=self._waits).epoch.attachment_limit if attachments else 0
            sealed, left = files.seal_all(attachments, before.write_to, limit=limit, drafts=Path(drafts))
            for each in left:
                leave(each)
            descriptions = [file.attachment for file in sealed]
            self._write(
                receipt,
                conversation.write(
                    before,
                    receipt,
                    MessageKind.MESSAGE,
                    org=self._org,
                    today=self._today,
                    text=text,
                    attachments=descriptions,
                ),
                tell,
            )
            return (*(each.source for each in left), *self._send_files(receipt, sealed, lambda _: None, leave))

    def withdraw(self, receipt: Receipt, text: str = "", *, tell: TellWhether = lambda _: None) -> None:
        """Take the report back: work on it stops at once, and where no case has it, it is destroyed.

        That the mailbox cannot be read is no hindrance. `tell` as in `answer`. Raises `NotTaken`, and `NoSuchMailbox`.
        """
        try:
            before = self.mailbox(receipt)
            post = conversation.write(
                before, receipt, MessageKind.WITHDRAW, org=self._org, today=self._today, text=text
            )
        except ProtocolError:
            post = conversation.withdraw_unread(receipt)
        with self._telling(tell) as send:
            answer = send(lambda: self._post(receipt, post.content))
            conversation.check_withdrawn(answer, receipt, org=self._org)

    def change_consent(
        self, receipt: Receipt, scope: ConsentScope, *, given: bool, tell: TellWhether = lambda _: None
    ) -> None:
        """Say yes or no to one use, whatever was said before. `tell` as in `answer`. Raises `NotTaken`."""
        before = self.mailbox(receipt)
        consent = conversation.choose(before, scope, given=given)
        self._write(
            receipt,
            conversation.write(before, receipt, MessageKind.CONSENT, org=self._org, today=self._today, changed=consent),
            tell,
        )

    def _send_report(self, receipt: Receipt, submitted: Submitted, envelope: bytes, tell: Tell) -> None:
        headers = {"Authorization": f"Bearer {b64(receipt.token)}", "Tern-Report": submitted.report}
        with self._telling(lambda taken: tell(replace(submitted, is_certain=taken is Taken.SURELY))) as send:
            send(lambda: self._service.send("PUT", "/report", envelope, headers).content)

    @contextmanager
    def _telling(self, tell: TellWhether) -> Iterator[Callable[[Callable[[], bytes]], bytes]]:
        """What sends until an answer comes. `tell` hears that it was taken when the block ends; and where nobody can
        know whether it was, before what stopped it is raised."""
        is_certain = True

        def once(act: Callable[[], bytes]) -> bytes:
            nonlocal is_certain
            try:
                return act()
            except Refused as refusal:
                is_certain = is_certain and (refusal.status < FAILURE or refusal.type in _BUSY)
                raise
            except BaseException:  # whoever stops it here cannot know either
                is_certain = False
                raise

        try:
            yield lambda act: try_again(lambda: once(act), tell=self._waits)
        except BaseException:
            if not is_certain:
                tell(Taken.PERHAPS)
            raise
        tell(Taken.SURELY)

    def _send_files(
        self, receipt: Receipt, sealed: Sequence[SealedFile], progress: Callable[[int], None], leave: Leave
    ) -> tuple[Path, ...]:
        late, size = [], 0
        for file in sealed:
            try:
                upload = Upload(self._service, b64(receipt.token), file.attachment.id, file.sealed)
                upload.send(_after(size, progress), self._waits)
            except (Refused, Unreachable) as failure:
                if isinstance(failure, Refused) and failure.type == _NO_ROOM:
                    leave(LeftOut(file.source, "there is no room for files just now, but there is for words"))
                late.append(file.source)
            size += file.size
            progress(size)
        return tuple(late)

    def _write(self, receipt: Receipt, post: Post, tell: TellWhether) -> None:
        with self._telling(tell) as send:
            post.check_taken(send(lambda: self._post(receipt, post.content)))

    def _post(self, receipt: Receipt, content: bytes) -> bytes:
        headers = {"Authorization": f"Bearer {b64(receipt.token)}"}
        return self._service.send("POST", "/mailbox", content, headers, limit=SLOTS * SLOT_SIZE).content

    @property
    def _today(self) -> str:
        return self._clock().date().isoformat()


def _form(document: Mapping[str, Any]) -> Form:
    try:
        canonical(dict(document))
        return Form.read(dict(document))
    except Malformed as error:
        raise Unsendable(str(error)) from None
    except (ValueError, TypeError):  # a number that is none, or half of a sign that takes two
        raise Unsendable("the document has something in it that cannot be written down") from None


def _after(before: int, progress: Callable[[int], None]) -> Callable[[int], None]:
    return lambda size: progress(before + size)
