"""Statistics cards: written for approved coding, kept in the outbox, sent shuffled at a random hour of the next days.

They go without a session and over connections of their own, and nothing is asked of the service under a session when
they leave, so that nothing joins them to a person or a case.
"""

import json
import secrets
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from app import age
from app.client.casework import approvals, cases, coding_approvals, ties, words
from app.client.casework.cases import OpenCase, ending
from app.client.machine.directory import write_atomically
from app.client.machine.kept import Kept
from app.client.machine.staff import NotGranted, Staff
from app.client.machine.transport import Refused, Service
from app.client.people import shared_keys
from app.protocol import card
from app.protocol.card import SignedCard
from app.protocol.case import CardNote, CaseFile, PartType, RuleBroken, Tie, card_or_none, not_counted, signed_tie
from app.protocol.chain import Mark
from app.protocol.documents import Signature
from app.protocol.encoding import b64, sha256_hex, unb64
from app.protocol.errors import NotAuthentic, ProtocolError
from app.protocol.journal import NamedVersion
from app.protocol.statements import KeyKind
from app.vocabulary import ApprovalState, ApprovalSubject, ConsentStatus

# A card leaves at a random hour of these many from now on.
DELAY_HOURS: Final = 72
# In what this person's machines have seen: which cards one of them has sent, up to which revision, and which it has
# taken back from the service.
_SENT: Final = "card-sent"
_GONE: Final = "card-gone"
_NO: Final = frozenset({ConsentStatus.DECLINED, ConsentStatus.WITHDRAWN})
# What somebody wrote so long before they left, or had other keys, may have waited on their machine then.
_MAY_WAIT: Final = timedelta(days=14)


@dataclass(frozen=True)
class _Entry:
    """A card that waits, or a withdrawal where `file` is None."""

    path: Path
    card: str = field(repr=False)
    revision: int
    due: datetime
    file: bytes | None = field(repr=False)


def write(staff: Staff, case_id: str, approval: str) -> OpenCase:
    """Sign each card that another person has signed, as the case says it now, and let it wait for its hour. Where that
    was broken off it is done again, and what waits nowhere waits then.

    Those too that join a person's tokens or part them; and with each under an older token goes the card that joins it,
    once more: without that one they would be counted as two. A card of which something has changed since says another
    line: it is asked for anew. Nothing else that changed in the case matters, but for what its reporters have said
    since: none is written of whom they let be counted no more. Raises `RuleBroken` where the coding is not approved, or
    by this person themselves, or the key is to turn first.
    """
    case = cases.open_(staff, case_id)
    approved = coding_approvals.approved(staff, case, approval)
    if approved.by == staff.person:
        raise RuleBroken("one-person")
    recipient = _recipient(staff)
    said = words.heard(staff, case)
    notes, sealed = {note.id: note for note in said.cards}, dict[str, bytes]()
    for note in said.cards:
        signed = None if note.written else _signed(staff, said, note, approved.signatures)
        if signed is not None:
            sealed[note.id] = age.encrypt(card.encode(signed), [recipient])
            notes[note.id] = replace(note, written=True)
    file = replace(said, cards=tuple(notes.values()))
    file = replace(file, ties=tuple(signed_tie(file, tie, approved.signatures, staff.signer) for tie in file.ties))
    after = cases.write(staff, case, file, is_typed=False)
    for id_, text in sealed.items():
        _put_out(staff, id_, text, revision=notes[id_].revision)
    people = {file.incident(notes[id_].incident).affected for id_ in sealed}
    for tie in (each for each in file.ties if each.signed and (each.person in people or each not in said.ties)):
        _put_out(staff, tie.card, _sealed_tie(file, tie, recipient), revision=tie.revision)
        if tie.before:
            _put_out(staff, tie.before, None)
    send_again(staff, after)
    tied = {tie.person for tie in file.ties if tie.signed and tie not in said.ties}
    for of, people in _ones(staff, after, tied).items():
        _carry(staff, cases.open_(staff, of), people)
    return cases.refreshed(staff, after) if tied else after


def send_again(staff: Staff, case: OpenCase) -> int:
    """Let wait once more what perhaps never left, for the machine is gone on which it waited; how many cards and
    withdrawals that is.

    It is what this person wrote and by their memory none of their machines has sent, and what somebody wrote in the
    last days before they left or had other keys. Nothing else of others: who opens a case would send all its cards
    again, and so show the service which those are. What had left all the same changes nothing there. A card of which
    something has changed since is asked for anew, and nobody sends one that they approved.

    Raises `Refused`, and `NotGranted` and `RuleBroken` where no card can be sealed now.
    """
    if staff.person not in case.members:
        return 0
    _call_back(staff, case)
    waits = _waiting(staff)
    lost = [each for each in _unsent(staff, case) if each.card not in waits]
    files = _sealed_again(staff, case, [each for each in lost if not each.is_withdrawal])
    found = [each for each in lost if each.is_withdrawal or each.card in files]
    for each in found:
        _put_out(staff, each.card, files.get(each.card), revision=each.revision)
    return len(found)


@dataclass(frozen=True)
class _Unsent:
    """What a note or a tie says was sent, and no machine that is asked knows to have sent."""

    said: CardNote | Tie = field(repr=False)
    card: str = field(repr=False)
    revision: int
    is_withdrawal: bool = False


def _unsent(staff: Staff, case: OpenCase) -> Iterator[_Unsent]:
    told = {*case.file.cards, *case.file.ties}
    for part, said in case.said.items():
        is_of_cards = said.type in (PartType.CARD, PartType.TIE) and said.content in told
        if is_of_cards and _may_have_waited(staff, case.journal.parts[part][-1]):
            yield from _unknown(staff, said.content)


def _unknown(staff: Staff, said: object) -> Iterator[_Unsent]:
    match said:
        case CardNote(withdrawn=True) if was_written(said) and not _is_gone(staff, said):
            yield _Unsent(said, said.id, 0, is_withdrawal=True)
        case CardNote(withdrawn=False, written=True) if not _is_sent(staff, said.id, said.revision):
            yield _Unsent(said, said.id, said.revision)
        case Tie(signed=(_, *_)):
            if not _is_sent(staff, said.card, said.revision):
                yield _Unsent(said, said.card, said.revision)
            if said.before and staff.seen.highest(_GONE, said.before) is None:
                yield _Unsent(said, said.before, 0, is_withdrawal=True)


def _may_have_waited(staff: Staff, named: NamedVersion) -> bool:
    """On a machine of this person, or of somebody with keys that have ended, shortly before they did."""
    writers = frozenset(shared_keys.HOLDERS[KeyKind.CARD_WRITING])
    ended = staff.with_trust(lambda trust: trust.lost_since(named.author, writers, staff.today))
    if named.author == staff.person and (ended is None or ended <= named.day):
        return True
    return ended is not None and ended - _MAY_WAIT <= named.day <= ended


def _sealed_again(staff: Staff, case: OpenCase, lost: Collection[_Unsent]) -> dict[str, bytes]:
    """Of each that can be signed by two as it was approved, the file, by its card."""
    if not lost:
        return {}
    recipient, said, signatures = _recipient(staff), words.heard(staff, case), _approved_ever(staff, case)
    apart = replace(said, ties=())  # a card that was approved together with a tie has its person's own token
    files = dict[str, bytes]()
    for each in lost:
        if isinstance(each.said, Tie):
            files[each.card] = _sealed_tie(said, each.said, recipient)
        elif signed := _signed(staff, said, each.said, signatures) or _signed(staff, apart, each.said, signatures):
            files[each.card] = age.encrypt(card.encode(signed), [recipient])
    return files


def _approved_ever(staff: Staff, case: OpenCase) -> dict[tuple[str, int], Signature]:
    """What others have signed of this coding, in whichever approvals this person is shown."""
    found = dict[tuple[str, int], Signature]()
    for each in approvals.list_(staff, state=ApprovalState.APPROVED, about=case.id):
        if each.subject is ApprovalSubject.CODING and each.approver != staff.person:
            with suppress(ProtocolError):
                found |= coding_approvals.approved(staff, case, each.id).signatures
    return {of: signature for of, signature in found.items() if signature.by != staff.person}


def _sealed_tie(file: CaseFile, tie: Tie, recipient: age.HybridRecipient) -> bytes:
    content = tie.content(file.person(tie.person).token)
    return age.encrypt(card.encode(SignedCard(content, *tie.signed)), [recipient])


def _recipient(staff: Staff) -> age.HybridRecipient:
    """The newest statistics key, of which nobody knows the secret who may hold it no longer: since it was made, no
    supervisor has lost role or keys, nor have two custodians who may have kept it. Raises `RuleBroken` where they have:
    the next supervisor who signs in makes another."""
    key, roles = shared_keys.newest_key(staff, KeyKind.STATISTICS), frozenset(shared_keys.HOLDERS[KeyKind.STATISTICS])
    if staff.with_trust(lambda trust: trust.may_be_known(roles, key.valid_from, staff.today)):
        raise RuleBroken("key-turns-first")
    return key.recipient


def withdraw(staff: Staff, case: OpenCase, incidents: Collection[str]) -> OpenCase:
    """Take back the cards of these incidents, wherever they are.

    Those that wait here are dropped, those that left are deleted by their ids, and those that wait on a colleague's
    machine are taken no more.
    """
    return _withdraw(staff, case, case.file, incidents)


def own_word(staff: Staff, case: OpenCase, person: str, status: ConsentStatus) -> OpenCase:
    """Write into the case what somebody has said of being counted, before any reporter's word; after a *no* take back
    what was counted of them.

    That they said it, to whom and how, `cases.record_consent` keeps.
    """
    persons = tuple(replace(each, statistics=status) if each.id == person else each for each in case.file.persons)
    said = replace(case.file, persons=persons)
    incidents = () if status is ConsentStatus.GIVEN else ending.incidents_of(case, {person})
    return _withdraw(staff, case, said, incidents)


def follow(staff: Staff, case: OpenCase) -> OpenCase:
    """Take back the cards of whom the case lets be counted no more, and of what was found not to have happened."""
    gone = not_counted(case.file)
    if gone.isdisjoint(note.incident for note in case.file.cards):
        return case
    return _withdraw(staff, case, case.file, gone)


def take_back(staff: Staff, case: OpenCase, said: CaseFile, incidents: Collection[str]) -> OpenCase:
    """The same in the case as it is `said` to be by now, and once more what no machine of this person has sent."""
    case = _withdraw(staff, case, said, incidents)
    going = {entry.card for entry in _entries(staff) if entry.file is None}
    for note in case.file.cards:
        if note.incident in incidents and note.id not in going and not _is_gone(staff, note):
            _put_out(staff, note.id, None)
    return case


def are_gone(staff: Staff, file: CaseFile, incidents: Collection[str]) -> bool:
    """Whether machines of this person have taken back all cards of these incidents that ever left one."""
    return all(_is_gone(staff, note) for note in file.cards if note.incident in incidents)


def was_written(note: CardNote) -> bool:
    """Whether the card, in this revision or another, may ever have left a machine."""
    return note.written or note.revision > 0


def forget(staff: Staff, note: CardNote) -> None:
    """What it tells of is destroyed."""
    for type_ in (_SENT, _GONE):
        staff.seen.forget(type_, note.id)


def follow_words(staff: Staff) -> list[str]:
    """Take back the cards of whom their reporters let be counted no more, and write into the case what they said; and
    likewise in each other case of this person's in which two have signed that somebody is the same human being.

    Of all cases of this person at once, whether cards wait or not: what is asked of the service tells none from
    another. Gives back the ids of those in which something was written. One that fails keeps no other back; the first
    failure is raised in the end. Raises `Refused`, `NotGranted`, `NotAuthentic` and `Collision`.
    """
    if not cases.works_on_cases(staff, staff.person, staff.today):
        return []
    kept, faults, written = _heard_before(staff), list[Exception](), list[str]()
    for case, posts in _changed(staff).items():
        if kept.find(case) == posts:
            continue
        try:
            written += _follow_behind(staff, case)
        except (ProtocolError, NotGranted, Refused, cases.Collision) as fault:
            faults.append(fault)
        else:
            kept.keep(case, posts)
    if faults:
        raise faults[0]
    return written


def _changed(staff: Staff) -> dict[str, bytes]:
    """The ids of posts that change something, a line each, by the case whose reports they are of."""
    posts = dict[str, list[str]]()
    for item in staff.service.items("/words"):
        posts.setdefault(str(item["case"]), []).extend(str(each) for each in item["posts"])
    return {case: "".join(f"{each}\n" for each in sorted(of_case)).encode() for case, of_case in posts.items()}


def _follow_behind(staff: Staff, id_: str) -> list[str]:
    """The same, once more where a colleague's machine follows at this moment."""
    try:
        return _follow(staff, id_)
    except cases.Collision:
        return _follow(staff, id_)


def _follow(staff: Staff, id_: str) -> list[str]:
    case = cases.whole(staff, cases.open_(staff, id_))
    found = words.of_case(staff, case)
    said = words.as_said(case.file, found)
    # Of all who may not be counted, and not of whom this machine hears it first: the case may say so already.
    after = _withdraw(staff, case, said, not_counted(said))
    here = [id_] if after.file != case.file else []
    return [*here, *_say_no(staff, after, words.no_of(after.file, found))]


def _ones(staff: Staff, case: OpenCase, people: Collection[str]) -> dict[str, set[str]]:
    """By case, these people, and who is one human being with one of them."""
    found = defaultdict[str, set[str]](set, {case.id: set(people)} if people else {})
    for _, each in ties.elsewhere(staff, case, people):
        found[each.case.id].add(each.person)
    return found


def _carry(staff: Staff, case: OpenCase, people: Collection[str]) -> None:
    """Let a *no* of these people, their own or a reporter's, count in the other cases in which they are."""
    said_no = words.no_of(case.file, words.of_case(staff, case))
    own = {each.id: True for each in case.file.persons if each.statistics in _NO}
    _say_no(staff, case, {person: is_own for person, is_own in (said_no | own).items() if person in people})


def _say_no(staff: Staff, case: OpenCase, people: Mapping[str, bool]) -> list[str]:
    """Write a *no* of these people of a case into the others of this person's in which they are, and take back their
    cards; in which it was not yet so. Their own word there stands before a reporter's here.

    It is written as their own: no word of a reporter of that case, who may not know of this one, outdoes it.
    """
    written = list[str]()
    for person, other in ties.elsewhere(staff, case, people):
        there = cases.open_(staff, other.case.id)
        theirs = there.file.person(other.person).statistics
        if theirs in _NO or (theirs is ConsentStatus.GIVEN and not people[person]):
            continue
        status = ConsentStatus.WITHDRAWN if theirs is ConsentStatus.GIVEN else ConsentStatus.DECLINED
        own_word(staff, there, other.person, status)
        written.append(there.id)
    return written


def _heard_before(staff: Staff) -> Kept:
    return Kept(staff.machine.journals, staff.keys.identity, use="words-of-cases")


def _withdraw(staff: Staff, case: OpenCase, said: CaseFile, incidents: Collection[str]) -> OpenCase:
    targets = [note for note in said.cards if note.incident in incidents and not note.withdrawn]
    notes = tuple(replace(note, withdrawn=note.withdrawn or note in targets) for note in said.cards)
    after = cases.write(staff, case, replace(said, cards=notes), is_typed=False)
    waits = _waiting(staff) | {note.id for note in targets}
    again = [each.card for each in _unsent(staff, after) if each.is_withdrawal and each.card not in waits]
    for card_id in (*(note.id for note in targets), *again):  # those too of which this was broken off
        _put_out(staff, card_id, None)
    _call_back(staff, after)
    return after


def _call_back(staff: Staff, case: OpenCase) -> None:
    """What waits here of cards that a colleague has taken back leaves as their withdrawal, and never as cards."""
    withdrawn = {note.id for note in case.file.cards if note.withdrawn}
    for entry in _entries(staff) if withdrawn else ():
        if entry.file is not None and entry.card in withdrawn:
            _put_out(staff, entry.card, None)


def waiting(staff: Staff) -> int:
    """How many cards and withdrawals lie in the outbox."""
    return len(list(_paths(staff)))


def ready(staff: Staff) -> int:
    """Of how many of these the hour has come. Nobody is asked for it."""
    return sum(entry.due <= staff.now for entry in _entries(staff))


def send(staff: Staff, *, now: bool = False) -> int:
    """Send what is due, in no order; how many there were. `now` sends all, which only a demo and tests may ask for.

    Raises `Unreachable`, `NotGranted` where no sign-in has brought a card token yet, and `Refused`, as after the
    card-writing key has turned: the next sign-in brings its token. What was not taken stays in the outbox.
    """
    due = [entry for entry in _entries(staff) if now or entry.due <= staff.now]
    if not due:
        return 0
    token = shared_keys.local_card_token(staff)
    secrets.SystemRandom().shuffle(due)
    with closing(Service(staff.about.server, http=staff.http)) as anonymous:
        for entry in due:
            _send(anonymous, token, entry)
            type_, number = (_GONE, 1) if entry.file is None else (_SENT, entry.revision + 1)
            staff.seen.record(type_, entry.card, Mark(number, sha256_hex(entry.card.encode())))
            entry.path.unlink()
    return len(due)


def _send(anonymous: Service, token: str, entry: _Entry) -> None:
    headers = {"Authorization": f"Bearer {token}", "Tern-Card": entry.card}
    if entry.file is None:
        anonymous.delete("/card", headers)
    else:
        anonymous.send("PUT", "/card", entry.file, headers | {"Tern-Revision": str(entry.revision)})


def _signed(
    staff: Staff, file: CaseFile, note: CardNote, signatures: Mapping[tuple[str, int], Signature]
) -> SignedCard | None:
    """The card under both signatures; None where it is withdrawn, or is not what was approved."""
    signature = signatures.get((note.id, note.revision))
    content = card_or_none(file, note)
    if note.withdrawn or signature is None or content is None:
        return None
    if file.incident(note.incident).coder == signature.by:
        raise RuleBroken("own-coding")
    signed = SignedCard(content, card.sign(content, staff.signer), signature)
    try:
        signed.check_signed(lambda _, __: True)  # whose the keys are is known
    except NotAuthentic:
        return None
    return signed


def _is_sent(staff: Staff, card_id: str, revision: int) -> bool:
    sent = staff.seen.highest(_SENT, card_id)
    return sent is not None and sent.version > revision


def _is_gone(staff: Staff, note: CardNote) -> bool:
    return not was_written(note) or staff.seen.highest(_GONE, note.id) is not None


def _put_out(staff: Staff, card_id: str, file: bytes | None, *, revision: int = 0) -> None:
    """Let a card or its withdrawal wait for its hour, in the place of what waits of the same card."""
    earlier = [entry.path for entry in _entries(staff) if entry.card == card_id]
    due = staff.now + timedelta(hours=secrets.randbelow(DELAY_HOURS) + 1)
    entry = {
        "card": card_id,
        "revision": revision,
        "due": due.isoformat(),
        "file": None if file is None else b64(file),
    }
    sealed = age.encrypt(json.dumps(entry).encode(), [staff.keys.identity.recipient])
    write_atomically(staff.machine.outbox / f"{secrets.token_hex(16)}.age", sealed)
    for path in earlier:
        path.unlink()


def _waiting(staff: Staff) -> frozenset[str]:
    return frozenset(entry.card for entry in _entries(staff))


def _entries(staff: Staff) -> list[_Entry]:
    entries = []
    for path in _paths(staff):
        line = json.loads(age.decrypt(path.read_bytes(), [staff.keys.identity]))
        file = None if line["file"] is None else unb64(line["file"])
        due = datetime.fromisoformat(line["due"])
        entries.append(_Entry(path, line["card"], line["revision"], due, file))
    return entries


def _paths(staff: Staff) -> list[Path]:
    return sorted(staff.machine.outbox.glob("[!.]*.age"))
