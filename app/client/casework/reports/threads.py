"""The thread with a reporter: what they have written since the report, and what is answered into their mailbox."""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final

from app.client.casework.reports.opened import OpenReport, mailbox_of
from app.client.casework.reports.views import ReportView
from app.client.machine import sealed
from app.client.machine.sealed import Key
from app.client.machine.staff import Staff
from app.protocol import mailbox
from app.protocol.chain import Mark
from app.protocol.documents import Header, maced, seal
from app.protocol.encoding import b64, sha256_hex, unb64
from app.protocol.errors import Malformed, NotAuthentic, ProtocolError
from app.protocol.mailbox import MessageKind, ReplyCopy, ReporterMessage, StaffMessage
from app.protocol.opening import Asked, Opened
from app.protocol.report import Report
from app.vocabulary import ConsentScope

# For how long a reply lies in the mailbox.
_KEPT: Final = timedelta(days=60)
_COPY: Final = "message.copy"
_MESSAGE: Final = "message.reporter"


class NotToBeWrittenTo(Exception):
    """The reporter did not say that they may be written to, or does no longer, and was promised that nobody would."""

    def __init__(self) -> None:
        super().__init__("the reporter does not want to be written to: a reply can endanger them")


@dataclass(frozen=True)
class Received:
    """A message of the reporter, proved by its MAC. `id` is the post's, as the service knows it.

    `generation` is that of the report's key under which it lies. `with_secret`: there came with it the secret that
    leaves the reporter's device to take the report back, and never else. Everybody who has read the report could make
    the MAC.
    """

    id: str
    sha256: str
    day: str
    with_secret: bool
    generation: int
    content: ReporterMessage = field(repr=False)


@dataclass(frozen=True)
class Sent:
    """A reply of staff, as `by` kept it for colleagues. What lies in the mailbox only its reporter can compare."""

    number: int
    sha256: str
    by: str
    day: str
    content: ReplyCopy = field(repr=False)


@dataclass(frozen=True)
class Spoiled:
    """What lies among the posts or the replies, and is none. `problem` says why: whoever has the token can post.

    `id` is a post's, or says which of the replies it is, by its place.
    """

    id: str
    problem: str


@dataclass(frozen=True)
class Thread:
    """The reporter's messages and staff's replies, each in their order.

    `wordless` are replies that only name another key to write to. `missing` and `repeated` are numbers of messages:
    nothing is dropped. `spoiled` is what else was posted, or kept as a reply. It stands beside the rest, and stops none
    of it. `last_reply` is the last place among the replies. `taken_back`: the secret of the receipt was shown,
    be it with a message that does not open.
    """

    messages: tuple[Received, ...] = ()
    replies: tuple[Sent, ...] = ()
    missing: tuple[int, ...] = ()
    repeated: tuple[int, ...] = ()
    spoiled: tuple[Spoiled, ...] = ()
    wordless: tuple[Sent, ...] = ()
    last_reply: Mark | None = field(default=None, repr=False)
    taken_back: bool = False

    @property
    def in_order(self) -> tuple[Received | Sent, ...]:
        """Both directions as one exchange: each reply after what its writer had read of the reporter."""
        both, waiting = list[Received | Sent](), list(self.messages)
        for reply in self.replies:
            read = next((n for n, each in enumerate(waiting, start=1) if each.sha256 == reply.content.seen), 0)
            both += [*waiting[:read], reply]
            del waiting[:read]
        return (*both, *waiting)

    @property
    def read(self) -> int:
        """The number of the last reply that a message of the reporter names as seen; 0 where none does."""
        seen = {each.content.seen for each in self.messages}
        both = (*self.replies, *self.wordless)
        return max((each.number for each in both if seen & set(each.content.slots)), default=0)

    @property
    def not_kept(self) -> tuple[int, ...]:
        """The numbers of messages whose reporter has seen a reply of which there is no copy."""
        kept = {slot for reply in (*self.replies, *self.wordless) for slot in reply.content.slots}
        return tuple(each.content.number for each in self.messages if each.content.seen not in (None, *kept))

    @property
    def consents(self) -> dict[ConsentScope, bool]:
        """What the reporter has changed since the report: what counts of each use, by `newest_answers`."""
        return newest_answers(self.messages)

    def may_contact(self, report: OpenReport) -> bool:
        """Whether the reporter may be written to, by their newest word."""
        return self.consents.get(ConsentScope.CONTACT, report.may_contact)

    @property
    def withdrawal(self) -> Received | None:
        """The message by which the reporter, and nobody else, took the report back, if it opens.

        The service's state is no proof.
        """
        withdrawals = (each for each in self.messages if each.content.kind is MessageKind.WITHDRAW)
        return next((each for each in withdrawals if each.with_secret), None)


def newest_answers(messages: Iterable[Received]) -> dict[ConsentScope, bool]:
    """What counts of each use: a *no*, unless a *yes* is of a higher number and of a later day.

    The day alone is that of a device whose clock may be wrong: a *yes* of a day to come would stand above each later
    *no*. The number alone begins anew where somebody who has the token put junk in the place of the thread state.
    """
    said = dict[ConsentScope, list[_Answer]]()
    for message in messages:
        for each in message.content.consents:
            said.setdefault(each.scope, []).append(_Answer(message.content.number, message.day, each.given))
    return {scope: not any(_stands(no, answers) for no in answers if not no.given) for scope, answers in said.items()}


@dataclass(frozen=True)
class _Answer:
    number: int
    day: str
    given: bool


def _stands(no: _Answer, among: Iterable[_Answer]) -> bool:
    return not any(each.given and each.number > no.number and each.day > no.day for each in among)


def thread(staff: Staff, report: OpenReport) -> Thread:
    """What the reporter has written since and what staff answered, and what else was posted or kept as such.

    Raises `Rollback` where a message or a reply is missing that this machine has seen, be it the last.
    """
    posts = list(staff.service.items(f"/reports/{report.id}/messages"))
    messages, spoiled = read_posts(staff, report.id, report.key, report.report, posts)
    # Who writes from two devices at once gives both messages one number, and the day then says which came later.
    messages.sort(key=lambda each: (each.content.number, each.day, each.id))
    numbers = [each.content.number for each in messages]
    replies, no_replies, last = _replies(staff, report)
    return Thread(
        messages=tuple(messages),
        replies=tuple(each for each in replies if each.content.text),
        wordless=tuple(each for each in replies if not each.content.text),
        missing=tuple(mailbox.gaps(numbers)),
        repeated=tuple(mailbox.repeats(numbers)),
        spoiled=(*spoiled, *no_replies),
        last_reply=last,
        taken_back=any(is_secret(each["secret"], report.report.withdrawal) for each in posts),
    )


def answer(staff: Staff, report: OpenReport, text: str, *, despite_their_no: bool = False) -> OpenReport:
    """Write to the reporter. It carries a MAC and no signature: a seized phone names nobody.

    With it goes a copy for colleagues, signed and sealed to the report's key. Replies that the reporter has read make
    room for it, the oldest first. The report has a new version by it, which this returns. Raises `NotToBeWrittenTo`
    before anything is sent, unless it is `despite_their_no`, and `Refused`:
    `mailbox-full` where not enough slots are free, `stale-version` where the report has changed since it was opened,
    also by a colleague's answer.
    """
    before = thread(staff, report)
    if not (despite_their_no or before.may_contact(report)):
        raise NotToBeWrittenTo
    return _send(staff, report, before, text)


def tell_key(staff: Staff, report: OpenReport, before: Thread | None = None) -> OpenReport:
    """Where the report's key has turned, and its reporter does not write under the newest yet, name that to them.

    Without words, so whether or not they may be written to, and in the place of one like it that they have not seen.
    What was told them is told again once it has gone from the mailbox. `before` is the thread, where it was read.
    Raises as `answer`.
    """
    if report.key.generation == 1:
        return report
    before = before or thread(staff, report)
    named = _to_name(report, before)
    kept = (each for each in (*before.replies, *before.wordless) if staff.today < _day(each) + _KEPT)
    if named is None or named in {each.content.write_to for each in kept}:
        return report
    return _send(staff, report, before, "")


def _to_name(report: OpenReport, before: Thread) -> str | None:
    """The newest key, if its reporter's last message does not lie under it."""
    last = before.messages[-1] if before.messages else None
    newest = report.key.generation
    return None if newest == (last.generation if last else 1) else str(report.identity.recipient)


def _unseen(before: Thread) -> tuple[str, ...]:
    """The slots of the last reply, where it is without words and no message of the reporter came after it was seen."""
    last = before.last_reply
    found = (each for each in before.wordless if last and each.number == last.version and each.number > before.read)
    return next((each.content.slots for each in found), ())


def _day(sent: Sent) -> date:
    return date.fromisoformat(sent.day)


def _send(staff: Staff, report: OpenReport, before: Thread, text: str) -> OpenReport:
    last, parts, write_to = before.messages, mailbox.split(text), _to_name(report, before)
    number = before.last_reply.version + 1 if before.last_reply else 1
    seen = last[-1].sha256 if last else None
    slots = [
        _slot(staff, report.id, report.report, StaffMessage(number, seen, part, len(parts), words, write_to))
        for part, words in enumerate(parts, start=1)
    ]
    kept = ReplyCopy(seen, tuple(map(sha256_hex, slots)), text, write_to)
    copy = sealed.write(staff, report.key, _COPY, kept.body(), after=before.last_reply)
    read = list(dict.fromkeys(each.content.seen for each in reversed(last) if each.content.seen))[: mailbox.STAFF_SLOTS]
    replaced = list(_unseen(before)) if write_to else []  # this one names the newest key too
    request = {"slots": [b64(slot) for slot in slots], "copy": copy.file, "read": read, "replaced": replaced}
    response = staff.service.post(f"/reports/{report.id}/messages", request, version=report.view.version)
    staff.seen.add_to_list(_COPY, report.id, copy.mark.sha256)
    return replace(report, view=replace(ReportView.read(response.json()), id=report.id))


def last_message(staff: Staff, report: str, said: Report, text: str) -> list[bytes]:
    """The sealed parts of what the reporter reads once their report is destroyed: nothing else of staff is there then,
    so it is the first."""
    parts = mailbox.split(text)
    return [
        _slot(staff, report, said, StaffMessage(1, None, part, len(parts), words))
        for part, words in enumerate(parts, start=1)
    ]


def forget(staff: Staff, report: str) -> None:
    """The report was destroyed: what this machine has seen of its thread it will not be shown again."""
    for type_ in (_MESSAGE, _COPY):
        staff.seen.drop(type_, report)


def read_posts(
    staff: Staff, report: str, key: Key, said: Report, items: Iterable[Mapping[str, Any]]
) -> tuple[list[Received], list[Spoiled]]:
    """The messages of who sent the report, which `said` this, and what else was posted.

    Raises `Rollback` where one is missing that this machine has seen, be it the last.
    """
    messages, spoiled = list[Received](), list[Spoiled]()
    for item in items:
        try:
            messages.append(_message(staff, report, key, said, item))
        except ProtocolError as error:
            spoiled.append(Spoiled(str(item["id"]), sealed.fault(error)))
    staff.seen.hold_list(_MESSAGE, report, [each.sha256 for each in messages], reason="thread")
    return messages, spoiled


def _message(staff: Staff, report: str, key: Key, said: Report, item: Mapping[str, Any]) -> Received:
    # Each message is a document of its own: their numbers, not their versions, say what is missing.
    file, thread_key = unb64(str(item["file"])), unb64(said.thread_key, 32)

    def open_under(key: Key) -> tuple[Opened, int]:
        asked = Asked(_MESSAGE, staff.org, report)
        return staff.open_document(file, key.identity, asked, thread_key=thread_key, remember=False), key.generation

    message, generation = key.try_each(open_under)
    return Received(
        id=str(item["id"]),
        sha256=message.sha256,
        day=message.document.header.at,
        with_secret=is_secret(item["secret"], said.withdrawal),
        generation=generation,
        content=ReporterMessage.read(message.document.header.body),
    )


def _replies(staff: Staff, report: OpenReport) -> tuple[list[Sent], list[Spoiled], Mark | None]:
    """The copies of replies that are some, what else lies among them, and the last place.

    The number of a reply is its place: nobody's word moves it, and what is none keeps its own. Each names the file
    before, so that one which another has taken the place of is noticed by its successor.
    """
    sent, spoiled, last = list[Sent](), list[Spoiled](), None
    for number, item in enumerate(staff.service.items(f"/reports/{report.id}/replies"), start=1):
        try:
            copy = sealed.read(staff, report.key, _COPY, item["file"])
            if copy.mark.version != number:
                raise NotAuthentic("number")
            sent.append(_sent(copy))
            if last and copy.link.previous != last.sha256:
                spoiled.append(Spoiled(f"reply {last.version}", f"not the one that reply {number} follows"))
        except ProtocolError as error:
            spoiled.append(Spoiled(f"reply {number}", sealed.fault(error)))
        last = Mark(number, sha256_hex(unb64(str(item["file"]))))
    staff.seen.hold_list(_COPY, report.id, [each.sha256 for each in sent], reason="replies")
    return sent, spoiled, last


def _sent(copy: Opened) -> Sent:
    header = copy.document.header
    content = ReplyCopy.read(header.body)
    return Sent(number=header.version, sha256=copy.sha256, by=str(header.author), day=header.at[:10], content=content)


def is_secret(secret: object, sha256: str) -> bool:
    """Whether this is the secret whose hash stands in the sealed report."""
    try:
        return isinstance(secret, str) and hmac.compare_digest(sha256_hex(unb64(secret)), sha256)
    except Malformed:
        return False


def _slot(staff: Staff, report: str, said: Report, message: StaffMessage) -> bytes:
    to, at = mailbox_of(said), staff.today.isoformat()
    header = Header.new("message.staff", report, message.body(), org=staff.org, author=None, at=at, to=to)
    return seal(maced(header, unb64(said.thread_key, 32)), to)
