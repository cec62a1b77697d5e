"""The thread with a reporter: what they have written since the report, and what is answered into their mailbox."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from app.client.casework.triage.reading import OpenReport
from app.client.casework.triage.views import ReportView
from app.client.machine import sealed
from app.client.machine.staff import Staff
from app.protocol import mailbox
from app.protocol.chain import Mark
from app.protocol.documents import Header, maced, seal
from app.protocol.encoding import b64, sha256_hex, unb64
from app.protocol.errors import Malformed, ProtocolError
from app.protocol.mailbox import MessageKind, ReporterMessage, StaffMessage
from app.protocol.opening import Asked
from app.vocabulary import ConsentScope

# In what this machine has seen: the number and last part of the newest reply that it sent.
_NEWEST_REPLY: Final = "message.staff"


@dataclass(frozen=True)
class Received:
    """A message of the reporter, proved by its MAC. `id` is the post's, as the service knows it.

    `with_secret`: there came with it the secret that leaves the reporter's device to take the report back, and never
    else. Everybody who has read the report could make the MAC.
    """

    id: str
    sha256: str
    with_secret: bool
    content: ReporterMessage = field(repr=False)


@dataclass(frozen=True)
class Spoiled:
    """A post in which no message of the reporter can be read. `problem` says why: whoever has the token can post."""

    id: str
    problem: str


@dataclass(frozen=True)
class Thread:
    """The reporter's messages in their order. `missing` and `repeated` are numbers: nothing is dropped.

    `spoiled` is what else was posted. It stands beside the messages, and stops none of them.
    """

    messages: tuple[Received, ...] = ()
    missing: tuple[int, ...] = ()
    repeated: tuple[int, ...] = ()
    spoiled: tuple[Spoiled, ...] = ()

    @property
    def consents(self) -> dict[ConsentScope, bool]:
        """What the reporter has changed since the report, the newest answer of each scope."""
        return {each.scope: each.given for message in self.messages for each in message.content.consents}

    @property
    def withdrawal(self) -> Received | None:
        """The message by which the reporter, and nobody else, took the report back. The service's state is no proof."""
        withdrawals = (each for each in self.messages if each.content.kind is MessageKind.WITHDRAW)
        return next((each for each in withdrawals if each.with_secret), None)


def thread(staff: Staff, report: OpenReport) -> Thread:
    """What the reporter has written since, and what else was posted in their name.

    Raises `Rollback` where a message is missing that this machine has seen, be it the last.
    """
    messages, spoiled = list[Received](), list[Spoiled]()
    for item in staff.service.items(f"/reports/{report.id}/messages"):
        try:
            messages.append(_message(staff, report, item))
        except ProtocolError as error:
            spoiled.append(Spoiled(str(item["id"]), sealed.fault(error)))
    staff.seen.hold_list("message.reporter", report.id, [each.sha256 for each in messages], reason="thread")
    messages.sort(key=lambda each: (each.content.number, each.id))
    numbers = [each.content.number for each in messages]
    return Thread(
        messages=tuple(messages),
        missing=tuple(mailbox.gaps(numbers)),
        repeated=tuple(mailbox.repeats(numbers)),
        spoiled=tuple(spoiled),
    )


def answer(staff: Staff, report: OpenReport, text: str) -> OpenReport:
    """Write to the reporter. It carries a MAC and no signature: a seized phone names nobody.

    Replies that the reporter has read make room for it, the oldest first. The report has a new version by it, which
    this returns. Raises `Refused`: `mailbox-full` where not enough slots are free, `stale-version` where the report has
    changed since it was opened, also by a colleague's answer.
    """
    last = thread(staff, report).messages
    parts = mailbox.split(text)
    number = _next_number(staff, report)
    slots = [
        _slot(staff, report, StaffMessage(number, last[-1].sha256 if last else None, part, len(parts), words))
        for part, words in enumerate(parts, start=1)
    ]
    read = list(dict.fromkeys(each.content.seen for each in reversed(last) if each.content.seen))[: mailbox.STAFF_SLOTS]
    request = {"slots": [b64(slot) for slot in slots], "read": read}
    response = staff.service.post(f"/reports/{report.id}/messages", request, version=report.view.version)
    staff.seen.record(_NEWEST_REPLY, report.id, Mark(number, sha256_hex(slots[-1])))
    return replace(report, view=replace(ReportView.read(response.json()), id=report.id))


def _message(staff: Staff, report: OpenReport, item: Mapping[str, Any]) -> Received:
    expectation = Asked("message.reporter", staff.org, report.id)
    # Each message is a document of its own: their numbers, not their versions, say what is missing.
    message = staff.open_document(
        unb64(str(item["file"])), report.identity, expectation, thread_key=report.thread_key, remember=False
    )
    return Received(
        id=str(item["id"]),
        sha256=message.sha256,
        with_secret=_is_secret(item["secret"], report.report.withdrawal),
        content=ReporterMessage.read(message.document.header.body),
    )


def _is_secret(secret: object, sha256: str) -> bool:
    """Whether this is the secret whose hash stands in the sealed report."""
    try:
        return isinstance(secret, str) and hmac.compare_digest(sha256_hex(unb64(secret)), sha256)
    except Malformed:
        return False


def _slot(staff: Staff, report: OpenReport, message: StaffMessage) -> bytes:
    to, at = report.mailbox, staff.today.isoformat()
    header = Header.new("message.staff", report.id, message.body(), org=staff.org, author=None, at=at, to=to)
    return seal(maced(header, report.thread_key), to)


def _next_number(staff: Staff, report: OpenReport) -> int:
    """After all that colleagues sent, which is sealed to the reporter alone and so the service's word.

    This machine's own memory stands beside it: no service can make it use a number twice.
    """
    mark = staff.seen.highest(_NEWEST_REPLY, report.id)
    return max(report.view.replies, mark.version if mark else 0) + 1
