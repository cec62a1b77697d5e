"""Two custodians give a key to somebody who has lost it: the second of a pair peels, the first grants."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from app.client.machine.staff import NotGranted, Staff
from app.client.people import shared_keys
from app.protocol import intake
from app.protocol.certified import Certified
from app.protocol.chain import Mark
from app.protocol.documents import Header, recipient_sha256, seal, signed
from app.protocol.encoding import b64, check_day, check_id, sha256_hex, unb64
from app.protocol.errors import Malformed, NotAuthentic, ProtocolError
from app.protocol.grants import OpenedGrant
from app.protocol.opening import Asked
from app.protocol.pairs import MOST_WITH_IT, OPEN_FOR, Pair, Recovery, RecoveryReason, check_act
from app.protocol.statements import KeyKind
from app.protocol.types import TYPES
from app.vocabulary import GrantKind, Role

# In what this machine has seen: the pairs that opened.
_PAIR: Final = "pair"
# How many are looked at in one sign-in; the rest waits for the next.
_AT_ONCE: Final = 50


@dataclass(frozen=True)
class HeldPair:
    """A pair whose second custodian this person is, by the service's word until it is opened.

    `case` is of the key of a part: it is peeled together with that of its case.
    """

    id: str
    subject: str
    case: str | None
    first: str
    made_on: date


@dataclass(frozen=True)
class Told:
    """That a key was peeled by one custodian for another, and since when somebody has it by them: a hint."""

    id: str
    subject: str
    first: str
    second: str
    peeled_on: date
    granted_on: date | None
    until: date | None


@dataclass(frozen=True)
class Peeled:
    """For which custodian a key was peeled, and with a case of which parts the key was not, for it does not open."""

    first: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Waiting:
    """What waits for this person as the first custodian: the key, and the act of the second, checked.

    With that of a case come those that parts of it have of their own, but for `faults`, which do not open.
    """

    recovery: str
    act: Recovery
    text: str = field(repr=False)
    second: str
    key: OpenedGrant = field(repr=False)
    parts: tuple[OpenedGrant, ...] = field(default=(), repr=False)
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Looked:
    """How many pairs were new and opened, and of which key one does not."""

    opened: int
    faults: tuple[str, ...]


def pairs(staff: Staff) -> list[HeldPair]:
    """All whose second custodian this person is. Raises `Malformed`."""
    return [
        HeldPair(
            check_id("pair", item["id"]),
            _subject(item["subject"]),
            None if item["case"] is None else check_id("case", item["case"]),
            check_id("per", item["first"]),
            check_day(item["made_on"]),
        )
        for item in staff.service.items("/pairs")
    ]


def recoveries(staff: Staff) -> list[Told]:
    """What this person is told of, the newest first. Raises `Malformed`."""
    return [
        Told(
            check_id("rcv", item["id"]),
            _subject(item["subject"]),
            check_id("per", item["first"]),
            check_id("per", item["second"]),
            check_day(item["peeled_on"]),
            None if item["granted_on"] is None else check_day(item["granted_on"]),
            None if item["until"] is None else check_day(item["until"]),
        )
        for item in staff.service.items("/recoveries")
    ]


def look(staff: Staff) -> Looked:
    """Open this person's layer of the pairs that are new: what does not open today opens on no bad day either."""
    opened, faults = 0, list[str]()
    new = [each for each in pairs(staff) if staff.seen.highest(_PAIR, each.id) is None]
    for each in new[:_AT_ONCE]:
        try:
            pair = _open(staff, each)
        except ProtocolError:
            faults.append(each.subject)
        else:
            staff.seen.record(_PAIR, each.id, Mark(1, sha256_hex(pair.file)))
            opened += 1
    return Looked(opened, tuple(faults))


def peel(
    staff: Staff,
    subject: str,
    people: Collection[str],
    reason: RecoveryReason,
    *,
    first: str | None = None,
    until: date | None = None,
) -> Peeled:
    """Peel a pair of this key for its first custodian, and sign for whom it is: `people`, who are certified today.

    `until` is of a case alone: the last day on which those work on it who did not before.
    With several pairs it is the one with `first`, or any that opens. With a case those of its parts are peeled that
    have keys of their own, by one act. Raises `NotGranted` where this person is the second of no such pair, and
    `NotAuthentic` where it is of another key than the one that authentic documents name.
    """
    for person in people:
        staff.certified(person)
    faults = list[ProtocolError]()
    held = pairs(staff)
    for each in held:
        if each.subject != subject or first not in (None, each.first):
            continue
        try:
            pair = _open(staff, each)
            to = _custodian(staff, each.first)
        except ProtocolError as error:
            faults.append(error)
            continue
        parts = [part for part in held if part.case == subject and part.first == each.first]
        opened, unopened = _open_parts(staff, sorted(parts, key=lambda part: part.subject))
        files = tuple(sha256_hex(one.file) for one in (pair, *(part for _, part in opened)))
        act = Recovery(subject, pair.generation, pair.recipient, tuple(sorted(set(people))), reason, files, until)
        _peel(staff, (each, pair), opened, to, act)
        return Peeled(each.first, unopened)
    raise faults[0] if faults else NotGranted(f"you are the second custodian of no pair of {subject}")


def waiting(staff: Staff, recovery: str) -> Waiting:
    """What another custodian peeled for this one, checked. Raises `NotAuthentic`, and `Refused` where nothing waits."""
    told = staff.service.get(f"/recoveries/{recovery}").json()
    subject = _subject(told["recovery"]["subject"])
    asked = Asked("recovery", staff.org, subject)
    document = staff.open_document(unb64(told["act"]), staff.keys.identity, asked, remember=False).document
    file, text = unb64(told["file"]), document.text.decode()
    key = staff.open_grant(file, subject, {GrantKind.CUSTODIAN})
    act = staff.with_trust(
        lambda trust: check_act(
            text,
            org=staff.org,
            trust=trust,
            subject=subject,
            generation=key.header.generation,
            recipient=key.header.recipient,
            by=staff.person,
            on=staff.today,
        )
    )
    with_it = {check_id("part", each["part"]): unb64(each["file"]) for each in told["parts"]}
    if set(act.files) != {sha256_hex(each) for each in (file, *with_it.values())} or act.files[0] != sha256_hex(file):
        raise NotAuthentic("recovery")
    _check_named(staff, subject, act.generation, act.recipient)
    parts, faults = list[OpenedGrant](), list[str]()
    for part, sealed in with_it.items():
        try:
            parts.append(staff.open_grant(sealed, part, {GrantKind.CUSTODIAN}))
        except ProtocolError:
            faults.append(part)  # whoever made that pair spoils nothing else
    return Waiting(recovery, act, text, str(document.header.author), key, tuple(parts), tuple(faults))


def grant(staff: Staff, found: Waiting) -> None:
    """Grant the key to those whom the other custodian's act names, which stands in each of these grants.

    The key of a case is given by its journal (`casework.recoveries`). Raises `WordsNotCompared`.
    """
    act = found.act
    grants = [
        staff.grant(
            found.key.identity,
            act.subject,
            staff.certified(person),
            GrantKind.RECOVERY,
            generation=act.generation,
            act=found.text,
        )
        for person in act.people
    ]
    staff.service.post(f"/recoveries/{found.recovery}/grants", {"grants": grants})


@dataclass(frozen=True)
class Drilled:
    """What a custodian did to try a pair: who peeled one that they opened, or for whom they peeled one."""

    opened: tuple[str, ...] = ()
    peeled_for: str | None = None


def drill(staff: Staff) -> Drilled:
    """Try a pair of the key that opens nothing, by the very acts by which any other is recovered.

    What another custodian has peeled, the first opens, and grants to the supervisor whom it is for. Else the second
    peels one, of the first with whom they have tried one longest ago. Raises `NotGranted` where there is nothing to
    try, and what any recovery raises: then this pair would have failed on a bad day.
    """
    key = shared_keys.newest_key(staff, KeyKind.DRILL).id
    of_drills = [each for each in recoveries(staff) if each.subject == key]
    open_ = [each for each in of_drills if not each.granted_on and each.peeled_on + OPEN_FOR >= staff.today]
    mine = [each for each in open_ if each.first == staff.person]
    for each in mine:
        grant(staff, waiting(staff, each.id))
    if mine:
        return Drilled(opened=tuple(sorted({each.second for each in mine})))
    if waits := [each.first for each in open_ if each.second == staff.person]:
        return Drilled(peeled_for=waits[0])
    return Drilled(peeled_for=_peel_to_try(staff, key, of_drills))


def drilled_on(staff: Staff) -> date | None:
    """The last day on which two custodians tried a pair, as far as this person is told: supervisors are of all."""
    keys = shared_keys.drill_keys(staff)
    return max(
        (each.granted_on for each in recoveries(staff) if each.subject in keys and each.granted_on), default=None
    )


def _peel_to_try(staff: Staff, key: str, of_drills: Sequence[Told]) -> str:
    tried = {each.first: each.peeled_on for each in reversed(of_drills) if each.second == staff.person}
    firsts = [each.first for each in pairs(staff) if each.subject == key]
    supervisors = [each.person for each in staff.colleagues(Role.SUPERVISOR)]
    if not firsts or not supervisors:
        raise NotGranted("of the pairs to try you are the second of none: let another custodian begin")
    first = min(firsts, key=lambda each: (tried.get(each, date.min), each))
    return peel(staff, key, supervisors[:1], RecoveryReason.ABSENT, first=first).first


def _open(staff: Staff, held: HeldPair) -> Pair:
    """The pair, as somebody who may hold the key has made it. Raises `NotMine` and `NotAuthentic`."""
    file = unb64(str(staff.service.get(f"/pairs/{held.id}").json()["file"]))
    asked = Asked("pair", staff.org, held.subject, on_last_day=True)
    pair = Pair.read(staff.open_document(file, staff.keys.identity, asked, remember=False).body)
    # Else who signs for one case could be shown who the people of another are.
    if pair.custodians != (held.first, staff.person) or pair.case != held.case:
        raise NotAuthentic("pair")
    _check_named(staff, held.subject, pair.generation, pair.recipient)
    return pair


def _open_parts(staff: Staff, held: Collection[HeldPair]) -> tuple[list[tuple[HeldPair, Pair]], tuple[str, ...]]:
    """Those that open, and of which parts one does not: as many as an act holds."""
    opened, faults = list[tuple[HeldPair, Pair]](), list[str]()
    for each in held:
        try:
            if len(opened) == MOST_WITH_IT:
                raise Malformed("more keys than an act holds")
            opened.append((each, _open(staff, each)))
        except ProtocolError:
            faults.append(each.subject)
    return opened, tuple(faults)


def _peel(
    staff: Staff,
    of_key: tuple[HeldPair, Pair],
    parts: Collection[tuple[HeldPair, Pair]],
    to: Certified,
    act: Recovery,
) -> None:
    held, pair = of_key
    body = Recovery.read(act.body()).body()  # more people than fit are refused here
    header = Header.new(
        "recovery", held.subject, body, org=staff.org, author=staff.person, at=staff.hour, to=to.recipient
    )
    file = seal(signed(header, staff.signer), to.recipient)
    request: dict[str, object] = {"pair": held.id, "act": b64(file), "file": b64(pair.file)}
    if act.until:
        request["until"] = act.until.isoformat()
    request["parts"] = [{"pair": part.id, "file": b64(opened.file)} for part, opened in parts]
    staff.service.post("/recoveries", request)


def _custodian(staff: Staff, person: str) -> Certified:
    certified = staff.certified(person)
    if Role.CUSTODIAN not in certified.roles:
        raise NotAuthentic("role")
    return certified


def _check_named(staff: Staff, subject: str, generation: int, recipient: str) -> None:
    """Raises `NotAuthentic` where this is not the key that the key log or a supervisor's statement names."""
    if subject.startswith(("case_", "part_")):
        return  # which keys these have, a journal says, which the first custodian reads
    if (generation, recipient) != (1, _named(staff, subject)):
        raise NotAuthentic("recipient")


def _named(staff: Staff, subject: str) -> str | None:
    of_epochs = {each.epoch: each.recipient for each in map(intake.read, staff.log.intakes)}
    found = of_epochs if subject.startswith("epoch_") else shared_keys.recipients_in_pairs(staff)
    return recipient_sha256(found[subject]) if subject in found else None


def _subject(text: object) -> str:
    return TYPES[_PAIR].check_subject(text)
