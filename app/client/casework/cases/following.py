"""The journal of a case, followed on a machine: from what it has read, from a checkpoint, or from the first entry."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache, partial
from typing import Any, Final

from app.client.casework.cases.keys import named_by, with_older
from app.client.machine import sealed
from app.client.machine.sealed import Key, key_in
from app.client.machine.staff import Staff
from app.protocol import journal
from app.protocol.chain import Mark
from app.protocol.documents import recipient_sha256
from app.protocol.encoding import sha256_hex, unb64
from app.protocol.errors import NotAuthentic, ProtocolError, Rollback
from app.protocol.grants import OpenedGrant
from app.protocol.journal import Authority, Journal, Place
from app.protocol.opening import Opened
from app.protocol.types import TYPES
from app.vocabulary import GrantKind, Role

# In what this machine has seen: the newest entry of each case's journal.
JOURNAL: Final = "journal"
CHECKPOINT: Final = "checkpoint"


def followed(
    staff: Staff, id_: str, contents: Mapping[str, Any], known: Journal | None, *, is_new: bool
) -> tuple[Key, Journal]:
    """The newest key that the journal names, and the journal; a false one of a higher number keeps no other back.

    `is_new`: this machine knows nothing of the case but what those had seen who granted its key.
    """
    granted = staff.current_grants(contents["grants"], id_, {GrantKind.ASSIGNED, GrantKind.APPROVAL})
    faults = list[ProtocolError]()
    for number, grant in enumerate(granted):
        key = with_older(staff, [key_in(each) for each in granted[number:]], contents["grants"])
        try:
            found = _journal(staff, key, contents, known)
            found.check_named(id_, key.generation, recipient_sha256(key.identity.recipient))
            _check_newest(staff, key, found)
            if grant.header.kind is GrantKind.APPROVAL:
                _check_loan(staff, found, grant.header.grantor)
        except ProtocolError as error:
            faults.append(error)
        else:
            if is_new:
                found = _held_to_heads(found, granted, contents["entries"])
            if len(staff.seen.marks(JOURNAL, id_)) > 1:
                marks = [Mark(number, sha256) for number, sha256 in _hashes(contents["entries"]).items()]
                staff.seen.hold_chain(JOURNAL, id_, marks, reason="journal")
            return named_by(key, found), found
    raise faults[0]


def followed_by(staff: Staff, granted: OpenedGrant, contents: Mapping[str, Any]) -> tuple[Key, Journal]:
    """The same for a custodian to whom another has peeled the key: from the first entry on, by nobody's summary."""
    id_, key = granted.header.subject, with_older(staff, [key_in(granted)], contents["grants"])
    found = _journal(staff, key, {**contents, "checkpoint": []}, None)
    found.check_named(id_, key.generation, recipient_sha256(key.identity.recipient))
    _check_newest(staff, key, found)
    return named_by(key, found), _held_to_heads(found, [granted], contents["entries"])


def _check_loan(staff: Staff, found: Journal, lender: str | None) -> None:
    """Raises `NotAuthentic` where colleagues would not know of it, or its lender is a member no more."""
    if lender not in found.members.present:
        raise NotAuthentic("grantor")
    if (staff.person, lender) not in {(each.to, each.by) for each in found.loans}:
        raise NotAuthentic("loan")


def _held_to_heads(found: Journal, granted: Iterable[OpenedGrant], items: Sequence[Mapping[str, Any]]) -> Journal:
    """A machine that has seen nothing of a case begins where those were who granted its key to this person.

    Whoever holds the key can say so, and nobody else is asked. A false word shuts out no machine that knows more. One
    who had seen more than a checkpoint sums up has checked it. Raises `Rollback`.
    """
    hashes = _hashes(items)
    for grant in granted:
        head, place = grant.header.head, (found.case, grant.header.generation)
        if head is None or head.version <= found.since or found.keys.get(place) != grant.header.recipient:
            continue
        if hashes.get(head.version) != head.sha256:
            raise Rollback("journal")
        found = replace(found, summed_up_by=None)
    return found


def _hashes(items: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    return {int(item["number"]): sha256_hex(unb64(str(item["file"]))) for item in items}


def authority(staff: Staff) -> Authority:
    """By whom this machine judges a journal: all certificates, fetched anew where somebody is not among them."""
    return Authority(
        today=staff.today,
        was_certified=cache(partial(was_certified, staff)),  # each asks the service anew where it finds nobody
        author_of=lambda document: staff.with_trust(lambda trust: trust.author_of(document, None)),
        ended_by=lambda document: staff.with_trust(lambda trust: trust.ended_by(document)),
    )


def was_certified(staff: Staff, person: str, day: date) -> bool:
    """Whether the person was certified on that day, as far as this machine can know."""
    return _roles_on(staff, person, day) is not None


def works_on_cases(staff: Staff, person: str, day: date) -> bool:
    """Whether they were with a role that works on cases."""
    return bool((_roles_on(staff, person, day) or frozenset()) & TYPES["approval"].roles)


def _roles_on(staff: Staff, person: str, day: date) -> frozenset[Role] | None:
    """The roles for which they were; None where nobody vouched for them."""
    try:
        return staff.with_trust(lambda trust: trust.certified(person, day)).roles
    except NotAuthentic:
        return None


def _check_newest(staff: Staff, key: Key, found: Journal) -> None:
    """Raises `Rollback` where there is a newer one, as far as this machine knows: else it would write under an old one.

    Whoever left may hold that, and no colleague counts what lies under it.
    """
    seen = staff.seen.highest(JOURNAL, key.subject)
    if key.generation < max(found.generation, (seen and seen.generation) or 0):
        raise Rollback("generation")


def _journal(staff: Staff, key: Key, contents: Mapping[str, Any], known: Journal | None) -> Journal:
    """Followed from what this machine has read of it, from a checkpoint, or from its first entry."""
    items = contents["entries"]
    pieces = [unb64(str(each)) for each in contents["checkpoint"]] if known is None else []
    start = known.mark.version - 1 if known else 0
    if pieces and items:
        start = int(items[0]["number"]) - 1
    if [int(item["number"]) for item in items] != list(range(start + 1, start + 1 + len(items))):
        raise Rollback("journal")  # the service leaves one out
    files = [unb64(str(item["file"])) for item in items]
    staff.seen.hold(JOURNAL, key.subject, partial(_check_within, files, start))
    if known:
        _check_within(files, start, known.mark)
    by = authority(staff)
    follow = partial(journal.follow, by=by)
    later = (_place(staff, key, file) for file in files[1:])
    if known:
        return follow(known, later)
    if not files:
        raise NotAuthentic("journal")
    opened = sealed.open_(staff, key, JOURNAL, files[0])
    first = Place(opened.sha256, opened)
    if pieces:
        return _from_checkpoint(staff, key, opened, pieces, lambda before: follow(before, [first, *later]))
    return follow(journal.begin(key.subject, first, by=by), later)


def _check_within(files: Sequence[bytes], start: int, seen: Mark | None) -> None:
    """Raises `Rollback` unless these entries, behind the number `start`, have the one that was seen at its place."""
    if seen is None or seen.version <= start:
        return
    if seen.version > start + len(files) or sha256_hex(files[seen.version - start - 1]) != seen.sha256:
        raise Rollback("journal")


def _from_checkpoint(
    staff: Staff, key: Key, entry: Opened, pieces: Sequence[bytes], follow: Callable[[Journal], Journal]
) -> Journal:
    """The journal from the entry on that made a checkpoint, as its author sums up what was before.

    Raises `ProtocolError` where it is not theirs, does not follow, or a later one says otherwise.
    """
    said, author = journal.read(entry.body).checkpoint, entry.document.header.author
    if said is None or author is None or tuple(map(sha256_hex, pieces)) != said.files:
        raise NotAuthentic("checkpoint")
    under = key.of(entry.mark.generation or 0)
    bodies = [sealed.open_(staff, under, CHECKPOINT, file, writers={author}).body for file in pieces]
    text = journal.joined(bodies)
    if sha256_hex(text) != said.text:
        raise NotAuthentic("checkpoint")
    found = follow(journal.summed_up(text))
    if found.case != key.subject or found.checkpoint < entry.mark.version or found.false_checkpoints:
        raise NotAuthentic("checkpoint")
    return replace(found, summed_up_by=author)


def _place(staff: Staff, key: Key, file: bytes) -> Place:
    try:
        opened = sealed.open_(staff, key, JOURNAL, file)
    except ProtocolError:
        return Place(sha256_hex(file), None)  # junk has its place too
    return Place(opened.sha256, opened)
