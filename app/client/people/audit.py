"""The audit chain: fetched, followed hash by hash on one's own machine, and held to what that has seen of it.

The service signs a head of the chain each day. Everybody's machine remembers the newest, so that whoever writes the
chain again has to show another to somebody who knows better. Those of supervisors and auditors follow the events
themselves, and a supervisor's countersigns the head up to which it has followed them. No more than a page of them is in
memory, however many there are.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from app.client.machine.staff import Staff
from app.protocol import audit_chain, audit_heads, chain
from app.protocol.audit_heads import AuditHead
from app.protocol.certified import Certified
from app.protocol.chain import Mark
from app.protocol.documents import Document, parse_document
from app.protocol.encoding import canonical, parse_object
from app.protocol.errors import Malformed, NotAuthentic, Rollback
from app.vocabulary import Role

# In what this machine has seen: the last event of the chain, the newest head, and the newest that it countersigned.
_CHAIN: Final = "audit"
_HEAD: Final = "audit-head"
_SEEN: Final = "audit-seen"
OF_AUDIT: Final = frozenset({_CHAIN, _HEAD})
_READERS: Final = frozenset({Role.SUPERVISOR, Role.AUDITOR})


@dataclass(frozen=True)
class SignedHead:
    """A day's head, and what supervisors say who have followed the chain up to it, whoever they are."""

    head: AuditHead
    countersignatures: tuple[Document, ...]

    def line(self) -> bytes:
        """As an outside keeper keeps it: one JSON object without its LF."""
        documents = [each.text.decode() for each in self.countersignatures]
        return canonical({"document": self.head.document.text.decode(), "countersignatures": documents})


@dataclass(frozen=True)
class Walked:
    """What is left of events that were followed: their `last`, and the `marks` of those that were asked for by number.

    `first` is the number with which they began.
    """

    first: int
    last: Mark | None
    marks: Mapping[int, Mark] = field(default_factory=dict)


@dataclass(frozen=True)
class Verified:
    """The chain with its heads, the oldest first, and who countersigned the newest that anybody did."""

    events: Walked
    heads: tuple[SignedHead, ...]
    countersigned: AuditHead | None
    by: tuple[Certified, ...]


def follow(staff: Staff) -> AuditHead | None:
    """Take what is new: of heads on every machine, of events on those of supervisors and auditors. The newest head.

    A supervisor's machine countersigns it. One that knows no event begins at the newest head that a supervisor has
    countersigned, or at the first event. Who is not certified follows nothing. Raises `NotAuthentic`, of which
    `Rollback` is one, for another chain than this machine has seen.
    """
    roles = staff.roles
    if roles is None:
        return None
    heads = staff.seen.hold(_HEAD, staff.org, partial(_heads, staff))
    if roles & _READERS:
        _follow_events(staff, heads)
    if not heads:
        return None
    newest = heads[-1].head
    staff.seen.record(_HEAD, staff.org, newest.mark)
    if Role.SUPERVISOR in roles:
        _countersign(staff, newest)
    return newest


def verify_all(staff: Staff, *, resumes: bool = False, keep: Callable[[bytes], object] = lambda _: None) -> Verified:
    """The chain from its first event, with all its heads; `keep` is given each line that is read. Raises as `follow`.

    Where it `resumes`, it begins at the newest head that a supervisor has countersigned, or at the newest event that
    this machine has seen where that is an earlier one: the hash of either binds all before it. What was taken out
    there, and is bound all the same, is then not missed.
    """
    heads = _heads(staff, None)
    marks = [each.head.mark for each in heads]
    staff.seen.hold(_HEAD, staff.org, lambda seen: chain.check_contains(marks, seen, reason="audit-head"))
    known = staff.seen.remembered(_CHAIN, staff.org)
    begin = _countersigned(staff, heads) if resumes else None
    seen = [known[0].version] if known else []
    first = max(1, min(begin.head.seq, *seen)) if begin else 1
    numbers = {each.version for each in [*known, *_known(staff, heads)]}
    events = walk(_lines(staff, first=first), first=first, numbers=numbers, keep=keep)
    staff.seen.hold(_CHAIN, staff.org, partial(_check, staff, events, heads))
    _remember(staff, events)
    if heads:
        staff.seen.hold_chain(_HEAD, staff.org, marks, reason="audit-head")
        staff.seen.record(_HEAD, staff.org, marks[-1])
    countersigned = _countersigned(staff, heads)
    by = tuple(_countersigners(staff, countersigned)) if countersigned else ()
    return Verified(events, tuple(heads), countersigned.head if countersigned else None, by)


def compare(staff: Staff, kept: Sequence[SignedHead], shown: Verified) -> list[AuditHead]:
    """Hold what the service shows to heads that were kept elsewhere. Those that a loss took, which are not there.

    Such a head is of a day from that of the backup to that of the acceptance. Raises `NotAuthentic` for a file that is
    none of this organisation's, and `Rollback` where the service shows others, or fewer.
    """
    heads = [each.head for each in kept]
    audit_heads.check_heads(heads, org=staff.org, keys=staff.log.service_keys, today=staff.today)
    marks = {each.head.mark for each in shown.heads}
    missing = [each for each in heads if each.mark not in marks]
    for each in missing:
        if not any(loss.day <= each.day <= loss.accepted_on for loss in staff.log.losses):
            raise Rollback("audit-head", each.day)
    return missing


def check_head_is_shown(staff: Staff, seen: Mark | None) -> None:
    """Raises `Rollback` unless the service shows this head at its place."""
    if seen is not None:
        told = next(iter(staff.service.items("/audit/heads", limit=1, **{"from": seen.version})), None)
        if told is None or _signed_head(dict(told)).head.mark != seen:
            raise Rollback("audit-head")


def check_event_is_shown(staff: Staff, seen: Mark | None) -> None:
    """Raises `Rollback` unless the service shows this event at its place."""
    if seen is not None:
        told = next(iter(staff.service.items("/audit", limit=1, after=seen.version - 1)), None)
        if told is None or (told["seq"], told["hash"]) != (seen.version, seen.sha256):
            raise Rollback("audit-chain")


def last_event(staff: Staff) -> Mark:
    """The newest event that the service shows, of a chain that holds together. Raises `NotAuthentic`."""
    last = walk(_lines(staff, first=1)).last
    if last is None:
        raise NotAuthentic("audit-chain")
    return last


def walk(
    lines: Iterable[bytes],
    *,
    first: int = 1,
    numbers: Collection[int] = (),
    keep: Callable[[bytes], object] = lambda _: None,
) -> Walked:
    """Follow the lines of events from number `first` on, which has been verified where it is not 1, and keep none.

    `keep` is given each before it is looked at, with its LF, and the events of these `numbers` are remembered by their
    marks. Raises `Malformed`, and `NotAuthentic` at the first event that is missing, changed or out of order.
    """

    def kept() -> Iterator[bytes]:
        for each in lines:
            keep(each)
            yield each.removesuffix(b"\n")

    last, marks = None, dict[int, Mark]()
    for event in audit_chain.followed(kept(), first=first):
        last = event
        if event.seq in numbers:
            marks[event.seq] = Mark(event.seq, event.hash)
    return Walked(first, Mark(last.seq, last.hash) if last else None, marks)


def write_heads(heads: Iterable[SignedHead]) -> bytes:
    """Heads as a file, one a line, the oldest first: of what staff did it says how often, and nothing else."""
    return b"".join(each.line() + b"\n" for each in heads)


def read_heads(content: bytes) -> list[SignedHead]:
    """What `write_heads` wrote. Raises `Malformed`."""
    return [_signed_head(parse_object(line)) for line in content.splitlines()]


def _heads(staff: Staff, known: Mark | None) -> list[SignedHead]:
    """The heads from the one on that is known, which is the first of them. Raises `NotAuthentic`.

    Before a supervisor has certified the service's key there are none, for nobody could believe them.
    """
    told = staff.service.items("/audit/heads", limit=200, **{"from": known.version if known else 1})
    signed = [_signed_head(dict(each)) for each in told]
    heads = [each.head for each in signed]
    if known is not None and (not heads or heads[0].mark != known):
        raise Rollback("audit-head")
    if not staff.log.service_keys:
        return []
    new, before = (heads[1:], heads[0]) if known else (heads, None)
    audit_heads.check_heads(new, org=staff.org, keys=staff.log.service_keys, after=before, today=staff.today)
    return signed


def _follow_events(staff: Staff, heads: Sequence[SignedHead]) -> None:
    """Follow the events from the last that was followed, and from farther back where a head names an earlier one."""
    _remember(staff, staff.seen.hold(_CHAIN, staff.org, partial(_followed, staff, heads)))


def _followed(staff: Staff, heads: Sequence[SignedHead], start: Mark | None) -> Walked:
    """The events from `start` on, which are held to it and to what is signed. Raises as `_check`."""
    if start is not None:
        first = min([start.version, *(each.head.seq for each in heads)])
    else:
        begin = _countersigned(staff, heads)
        first = begin.head.seq if begin else 1
    numbers = {each.version for each in _known(staff, heads)} | ({start.version} if start else set())
    events = walk(_lines(staff, first=first), first=first, numbers=numbers)
    _check(staff, events, heads, start)
    return events


def _known(staff: Staff, heads: Iterable[SignedHead]) -> list[Mark]:
    """Events that are known without the chain: by what is signed, and by what this machine saw."""
    return [*_signed(staff, heads), *staff.seen.marks(_CHAIN, staff.org)]


def _signed(staff: Staff, heads: Iterable[SignedHead]) -> list[Mark]:
    """The events that heads name, and those that losses left."""
    return [*(each.head.event for each in heads), *(each.audit for each in staff.log.losses)]


def _check(staff: Staff, events: Walked, heads: Iterable[SignedHead], seen: Mark | None) -> None:
    """Hold these events to the heads of their time, to what was left by losses, and to what this machine has seen.

    An event's hash binds all before it: where a later one is the right one, so is the first of these. Raises
    `Rollback`.
    """
    first, last = events.first if events.last else 1, seen.version if seen else 0
    known = [*_signed(staff, heads), *([seen] if seen else [])]
    known += [each for each in staff.seen.marks(_CHAIN, staff.org) if each.version < last]
    if any(events.marks.get(each.version) != each for each in known if each.version >= first):
        raise Rollback("audit-chain")


def _remember(staff: Staff, events: Walked) -> None:
    if events.last:
        staff.seen.record(_CHAIN, staff.org, events.last)


def _lines(staff: Staff, *, first: int) -> Iterator[bytes]:
    """The lines of events from a number on, each with its LF, an answer at a time, as the service tells them."""
    last = first - 1
    while told := staff.service.get("/audit/lines", after=last).content.splitlines(keepends=True):
        yield from told
        last += len(told)  # who follows them has missed none


def _countersigned(staff: Staff, heads: Sequence[SignedHead]) -> SignedHead | None:
    """The newest that a supervisor has countersigned."""
    return next((each for each in reversed(heads) if _countersigners(staff, each)), None)


def _countersigners(staff: Staff, signed: SignedHead) -> list[Certified]:
    """Those of whom it can be believed: what else the service shows there says nothing."""
    found = list[Certified]()
    for each in signed.countersignatures:
        with suppress(NotAuthentic):
            found.append(audit_heads.check_seen(each, signed.head, staff.trust))
    return found


def _countersign(staff: Staff, head: AuditHead) -> None:
    """Say that this machine has followed the chain up to it, unless it did."""
    if staff.seen.highest(_SEEN, staff.org) == head.mark:
        return
    document = audit_heads.state_seen(head, org=staff.org, signer=staff.signer, on=staff.today)
    staff.service.post("/audit/countersignatures", {"document": document.text.decode()})
    staff.seen.replace(_SEEN, staff.org, head.mark)


def _signed_head(item: dict[str, Any]) -> SignedHead:
    match item:
        case {"document": str(document), "countersignatures": list(documents), **rest} if not rest:
            head = AuditHead.read(parse_document(document.encode()))
            return SignedHead(head, tuple(parse_document(str(each).encode()) for each in documents))
    raise Malformed("not a head of the audit chain")
