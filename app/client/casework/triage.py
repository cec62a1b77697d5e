"""Triage: what waits, most urgent first; claim, read, answer, decide. All reading ends in `protocol.opening`."""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from app import age, vocabulary
from app.client.casework import case_reading
from app.client.intake import attachments as files
from app.client.machine.staff import NotGranted, Staff
from app.protocol import mailbox
from app.protocol.chain import Mark
from app.protocol.documents import Header, maced, seal
from app.protocol.encoding import b64, check_at, sha256_hex, unb64
from app.protocol.errors import Malformed, NotAuthentic, ProtocolError
from app.protocol.grants import OpenedGrant
from app.protocol.mailbox import MessageKind, ReporterMessage, StaffMessage
from app.protocol.opening import Asked
from app.protocol.report import Attachment, Report
from app.protocol.sizes import Kind, ciphertext_sizes
from app.vocabulary import (
    ConsentScope,
    GrantKind,
    Imminence,
    Priority,
    ReportState,
    Role,
    Severity,
    TransitionReason,
)

# What counts as urgent in a queue nobody has read: an unknown urgency stands where `days` does.
_URGENCY = {
    Imminence.NOW: 0,
    Imminence.DAYS: 1,
    Imminence.UNKNOWN: 1,
    Imminence.WEEKS: 2,
    Imminence.NONE: 3,
}


class RuleOfTriage(Exception):
    """This step is not one that this report, as it was read, may take."""


@dataclass(frozen=True)
class Waiting:
    """A report in the queue. `problem` says why its grant did not open; language and urgency are None then."""

    id: str
    ref: str
    received_on: date
    state: ReportState
    triager: str | None
    language: str | None = field(default=None, repr=False)
    danger_now: Imminence | None = field(default=None, repr=False)
    problem: str | None = None


@dataclass(frozen=True)
class OpenReport:
    """A report that was opened: what it says, the key that opened it, and which of its files are there."""

    id: str
    identity: age.HybridIdentity = field(repr=False)
    report: Report = field(repr=False)
    sha256: str
    arrived: frozenset[str]

    @property
    def thread_key(self) -> bytes:
        return unb64(self.report.thread_key, 32)

    @property
    def mailbox(self) -> age.HybridRecipient:
        """Where replies go: the recipient inside the report, never one that the service names."""
        recipient = age.parse_recipient(self.report.mailbox)
        if not isinstance(recipient, age.HybridRecipient):
            raise Malformed("a mailbox has a post-quantum recipient")
        return recipient

    @property
    def missing(self) -> tuple[Attachment, ...]:
        """The files that the report lists and that have not arrived."""
        return tuple(each for each in self.report.attachments if each.id not in self.arrived)

    @property
    def may_contact(self) -> bool:
        return ConsentScope.CONTACT in self.report.form.consents


@dataclass(frozen=True)
class Received:
    """A message of the reporter, proved by its MAC. `id` is the post's, as the service knows it."""

    id: str
    sha256: str
    said: ReporterMessage = field(repr=False)


@dataclass(frozen=True)
class Thread:
    """The reporter's messages in their order. `missing` and `repeated` are numbers: nothing is dropped."""

    messages: tuple[Received, ...]
    missing: tuple[int, ...]
    repeated: tuple[int, ...]

    @property
    def consents(self) -> dict[ConsentScope, bool]:
        """What the reporter has changed since the report, the newest answer of each scope."""
        return {each.scope: each.given for message in self.messages for each in message.said.consents}

    @property
    def withdrawal(self) -> Received | None:
        return next((each for each in self.messages if each.said.kind is MessageKind.WITHDRAW), None)


def list_(
    staff: Staff, *, states: Iterable[ReportState] = (ReportState.RECEIVED, ReportState.IN_TRIAGE)
) -> list[Waiting]:
    """The queue: what is most urgent and has waited longest first. No body is opened for it."""
    waiting = [_waiting(staff, item) for state in states for item in staff.service.items("/reports", state=state.value)]
    return sorted(waiting, key=lambda each: (_urgency(each), each.received_on, each.id))


def claim(staff: Staff, report: str) -> None:
    """Take a report out of the queue: from now on this triager decides about it."""
    _move(staff, report, ReportState.IN_TRIAGE)


def release(staff: Staff, report: str) -> None:
    """Put it back into the queue."""
    _move(staff, report, ReportState.RECEIVED, reason=TransitionReason.CAPACITY)


def open_(staff: Staff, report: str) -> OpenReport:
    """Read a report with the key of its epoch, or of its case once it is accepted.

    Raises `NotMine` where no key of this person opens it, `NotGranted` and `NotAuthentic`.
    """
    return open_with(
        staff, report, _opened_grant(staff, report, staff.service.get(f"/reports/{report}").json()).identity
    )


def open_with(staff: Staff, report: str, identity: age.HybridIdentity) -> OpenReport:
    """Read a report with a key that somebody has granted for it. Raises `NotMine` and `NotAuthentic`."""
    body = staff.service.get(f"/reports/{report}/body").content
    opened = staff.open_document(body, identity, Asked("report", staff.org, report))
    return OpenReport(
        id=report,
        identity=identity,
        report=Report.read(opened.document.header.body),
        sha256=opened.sha256,
        arrived=frozenset(str(item["id"]) for item in staff.service.items(f"/reports/{report}/attachments")),
    )


def save_attachment(staff: Staff, opened: OpenReport, attachment: Attachment, sink: BinaryIO) -> None:
    """Write a file beside the report, or beside a later message, to `sink`.

    Raises `NotAuthentic` where it is not the file that its reporter listed; what was written must not be used then.
    """
    limit = max(ciphertext_sizes(Kind.ATTACHMENT))
    with tempfile.TemporaryDirectory() as drafts:  # of the sealed file only
        sealed = Path(drafts) / attachment.id
        with sealed.open("wb") as file:
            staff.service.download(f"/reports/{opened.id}/attachments/{attachment.id}", file, limit=limit)
        files.open_(sealed, sink, opened.identity, attachment)


def thread(staff: Staff, opened: OpenReport) -> Thread:
    """What the reporter has written since. Raises `NotAuthentic` for a message without the reporter's MAC."""
    messages = [_received(staff, opened, item) for item in staff.service.items(f"/reports/{opened.id}/messages")]
    messages.sort(key=lambda each: (each.said.number, each.id))
    numbers = [each.said.number for each in messages]
    return Thread(
        messages=tuple(messages),
        missing=tuple(mailbox.gaps(numbers)),
        repeated=tuple(sorted({number for number in numbers if numbers.count(number) > 1})),
    )


def answer(staff: Staff, opened: OpenReport, text: str) -> None:
    """Write to the reporter. It carries a MAC and no signature: a seized phone names nobody.

    Raises `Refused`: `mailbox-full` where not enough slots are free, `stale-version` where a colleague was faster.
    """
    last = thread(staff, opened).messages
    parts = mailbox.split(text)
    shown = staff.service.get(f"/reports/{opened.id}")
    number = _next_number(staff, opened, replies=shown.json()["replies"])
    slots = [
        _slot(
            staff,
            opened,
            StaffMessage(number, last[-1].sha256 if last else None, part, len(parts), words),
        )
        for part, words in enumerate(parts, start=1)
    ]
    staff.service.post(f"/reports/{opened.id}/messages", {"slots": [b64(slot) for slot in slots]}, version=shown.etag)
    staff.seen.record(_SENT, opened.id, Mark(number, sha256_hex(slots[-1]), None))


def ask(staff: Staff, opened: OpenReport, incidents: Iterable[tuple[Severity, Imminence]]) -> None:
    """Wait for the reporter, after a question was sent."""
    priority = vocabulary.priority_of(incidents)
    _move(staff, opened.id, ReportState.AWAITING_REPORTER, priority=priority.value)


def dispose(
    staff: Staff,
    opened: OpenReport,
    to: ReportState,
    incidents: Iterable[tuple[Severity, Imminence]],
    *,
    duplicate_of: str | None = None,
    reason: TransitionReason = TransitionReason.DECIDED,
) -> Priority:
    """Decide about a report that was read. The priority follows from what was found, never from a feeling.

    That contact was not consented to is this client's word, from the report itself. Raises `RuleOfTriage` for
    *accepted*, which `cases.accept` does, and for *undecryptable*: this report opens.
    """
    if to in (ReportState.ACCEPTED, ReportState.UNDECRYPTABLE):
        raise RuleOfTriage(f"a report that opens is not disposed of as {to}")
    priority = vocabulary.priority_of(incidents)
    wanted: dict[str, object] = {"priority": priority.value}
    if duplicate_of:
        wanted["duplicate_of"] = duplicate_of
    if not opened.may_contact:
        wanted["no_contact"] = True
    _move(staff, opened.id, to, reason=reason, **wanted)
    return priority


def undecryptable(staff: Staff, report: str) -> None:
    """Dispose of a report that no key opens, after trying. Raises `RuleOfTriage` where it opens."""
    try:
        open_(staff, report)
    except (ProtocolError, NotGranted):
        _move(staff, report, ReportState.UNDECRYPTABLE)
    else:
        raise RuleOfTriage("this report opens")


def reopen(staff: Staff, report: str, reason: TransitionReason) -> None:
    """A supervisor puts a decided report before a triager again, as long as its key exists."""
    _move(staff, report, ReportState.IN_TRIAGE, reason=reason)


def confirm_withdrawal(staff: Staff, opened: OpenReport) -> None:
    """Destroy a report that its reporter has withdrawn, once this client has seen the MAC.

    Raises `RuleOfTriage` where no authentic message withdraws it.
    """
    withdrawal = thread(staff, opened).withdrawal
    if withdrawal is None:
        raise RuleOfTriage("no authentic message of the reporter withdraws this report")
    staff.service.post(f"/reports/{opened.id}/withdrawal", {"message": withdrawal.id})


def move(staff: Staff, report: str, to: ReportState, *, reason: TransitionReason, **wanted: object) -> None:
    """A transition, of the version that the service shows now."""
    _move(staff, report, to, reason=reason, **wanted)


_SENT = "message.staff"


def _waiting(staff: Staff, item: dict[str, Any]) -> Waiting:
    waiting = Waiting(
        id=str(item["id"]),
        ref=str(item["ref"]),
        received_on=date.fromisoformat(str(item["received_on"])),
        state=ReportState(item["state"]),
        triager=item["triager"],
    )
    try:
        header = _opened_grant(staff, waiting.id, item).header
    except NotAuthentic as error:
        return replace(waiting, problem=f"not authentic: {error.reason}")
    except (ProtocolError, NotGranted):
        return replace(waiting, problem="does not open")
    return replace(waiting, language=header.language, danger_now=header.danger_now)


def _urgency(waiting: Waiting) -> int:
    return _URGENCY[waiting.danger_now or Imminence.UNKNOWN]


def _opened_grant(staff: Staff, report: str, shown: dict[str, Any]) -> OpenedGrant:
    """The report's key, granted to this person, to a case of theirs or to an epoch whose key they hold.

    It comes from a triager, or in a case from somebody on its list: anybody certified could make up a key, and a
    report to it.
    """
    items = staff.service.get(f"/reports/{report}/grants").json()["items"]
    files = {str(item["grantee"]): unb64(str(item["file"])) for item in items}
    case, epoch = shown["case"], str(shown["epoch"])
    if staff.person in files:
        direct = staff.open_grant(files[staff.person], report, {GrantKind.ASSIGNED})
        grantor, at = str(direct.header.grantor), check_at(direct.header.at)
        if Role.TRIAGER not in staff.with_trust(lambda trust: trust.certified(grantor, at)).roles:
            raise NotAuthentic("role")
        return direct
    if case in files:
        opened = case_reading.open_(staff, case)
        nested = staff.open_grant(files[case], report, {GrantKind.CASE}, grantee=case, identity=opened.identity)
        nested.check_granted_by(opened.ever_members)
        return nested
    if epoch in files:
        key = staff.epoch_key(epoch)
        return staff.open_grant(files[epoch], report, {GrantKind.INTAKE}, grantee=epoch, identity=key)
    raise NotGranted(f"no key of {report} was granted to this person")


def _received(staff: Staff, opened: OpenReport, item: dict[str, Any]) -> Received:
    asked = Asked("message.reporter", staff.org, opened.id)
    # Each message is a document of its own: their numbers, not their versions, say what is missing.
    found = staff.open_document(
        unb64(str(item["file"])), opened.identity, asked, thread_key=opened.thread_key, remember=False
    )
    return Received(str(item["id"]), found.sha256, ReporterMessage.read(found.document.header.body))


def _slot(staff: Staff, opened: OpenReport, message: StaffMessage) -> bytes:
    to, at = opened.mailbox, staff.today.isoformat()
    header = Header.new("message.staff", opened.id, message.body(), org=staff.org, author=None, at=at, to=to)
    return seal(maced(header, opened.thread_key), to)


def _next_number(staff: Staff, opened: OpenReport, *, replies: int) -> int:
    """After all that colleagues sent, which is sealed to the reporter alone and so the service's word.

    This machine's own memory stands beside it: no service can make it use a number twice.
    """
    sent = staff.seen.highest(_SENT, opened.id)
    return max(replies, sent.version if sent else 0) + 1


def _move(
    staff: Staff,
    report: str,
    to: ReportState,
    *,
    reason: TransitionReason = TransitionReason.DECIDED,
    **wanted: object,
) -> None:
    shown = staff.service.get(f"/reports/{report}")
    staff.service.post(
        f"/reports/{report}/transitions",
        {"to": to.value, "reason": reason.value} | wanted,
        version=shown.etag,
    )
