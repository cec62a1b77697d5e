"""Consents: what a person of a case answered about each use, a chain of answers under each consent id."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any

from app.client.casework.cases.following import authority
from app.client.casework.cases.reading import OpenCase, whole
from app.client.casework.cases.writing import current, turn
from app.client.machine import sealed
from app.client.machine.sealed import Key, Sealed
from app.client.machine.staff import Staff
from app.client.machine.transport import Refused
from app.protocol import chain
from app.protocol.case import Name, PartType, carried
from app.protocol.chain import Mark
from app.protocol.encoding import new_id, sha256_hex, unb64
from app.protocol.errors import Malformed, NotAuthentic, ProtocolError
from app.protocol.opening import Opened
from app.vocabulary import ConsentMethod, ConsentScope, ConsentStatus


@dataclass(frozen=True)
class OpenConsent:
    """The newest answer under a consent id: what a member sealed of it, beside what the service may know.

    `mark` is the last place under the id, which the next answer follows.
    """

    person: str
    id: str
    status: ConsentStatus
    scope: ConsentScope = field(repr=False)
    wording: str = field(repr=False)
    mark: Mark


@dataclass(frozen=True)
class SpoiledAnswer:
    """What was stored as an answer, in this place of a consent id, and is none; or is shown as another than it is."""

    id: str
    number: int
    problem: str


@dataclass(frozen=True)
class Consents:
    """The newest answer under each consent id, and what stands beside the answers. It stops none of them."""

    newest: tuple[OpenConsent, ...]
    spoiled: tuple[SpoiledAnswer, ...]


def list_consents(staff: Staff, case: OpenCase) -> list[OpenConsent]:
    """The newest answer under each consent id, as `read_consents`."""
    return list(read_consents(staff, case).newest)


def read_consents(staff: Staff, case: OpenCase) -> Consents:
    """All answers, each as it was sealed, whatever the service shows of it in clear.

    What a member stored that is no answer is passed over and keeps its place. Raises `NotAuthentic` where the service
    leaves one out: an answer names the one before it, and none that this machine saw is missing, nor all of a consent
    id of somebody who is in the case.
    """
    newest, spoiled = list[OpenConsent](), list[SpoiledAnswer]()
    for consent, items in _shown(staff, case).items():
        found, faults = _read_chain(staff, case, consent, items)
        newest.extend([found] if found else [])
        spoiled.extend(faults)
    # Those of who is in the case no more went with them: of who never was, they are the case's.
    lists = {_part_of(case, person.id): list[str]() for person in case.file.persons} | {case.id: []}
    for each in newest:
        lists.setdefault(_part_of(case, each.person), []).append(each.id)
    for of, ids in lists.items():
        staff.seen.hold_list("consent", of, ids, reason="consent-chain")
    return Consents(tuple(newest), tuple(spoiled))


def carried_on(staff: Staff, case: OpenCase, people: AbstractSet[str], into: Key) -> list[dict[str, Any]]:
    """The answers of these people as they go on in another case, sealed to its key: under new ids, each with all that
    was answered under the one before. Raises as `read_consents`, and `RuleBroken` for a too long one."""
    newest = {each.id: each for each in read_consents(staff, case).newest}
    moved = list[dict[str, Any]]()
    for consent, items in _shown(staff, case).items():
        if consent in newest and newest[consent].person in people:
            answers = [each for item in items for each in _each_answer(staff, case, item)]
            body = carried.body([text for text, _ in answers], range(len(answers)), is_answer=True)
            shown = {name: answers[-1][1][name] for name in ("person", "status", "method")}
            file = sealed.write(staff, into, "consent", body).file
            moved.append({**shown, "consent": new_id("cons"), "file": file})
    return moved


def _shown(staff: Staff, case: OpenCase) -> dict[str, list[Mapping[str, Any]]]:
    """What the service shows, by consent id, each in the order of its numbers."""
    items_of: dict[str, list[Mapping[str, Any]]] = {}
    for item in staff.service.items(f"/cases/{case.id}/consents"):
        items_of.setdefault(str(item["consent"]), []).append(item)
    return {consent: sorted(items, key=lambda item: int(item["number"])) for consent, items in items_of.items()}


def _part_of(case: OpenCase, person: str) -> str:
    """In what this machine has seen their answers stand under the part: it ends where they go to another case."""
    return case.whole.parts.get(Name(PartType.PERSON, person), case.id)


def record_consent(
    staff: Staff,
    case: OpenCase,
    *,
    person: str,
    consent: str,
    scope: ConsentScope,
    status: ConsentStatus,
    method: ConsentMethod,
    wording: str = "",
    after: Mark | None = None,
) -> None:
    """Keep an answer of a person of the case. The service learns that there was one, no more.

    `after` is the answer under the same id that was the newest when the person was asked, if there was one. Raises
    `Refused` (`stale-version`) where it is that no longer.
    """
    body = {
        "person": person,
        "consent": consent,
        "scope": scope,
        "status": status,
        "method": method,
        "wording": wording,
    }
    case = current(staff, whole(staff, case))
    try:
        answer = _keep(staff, case, body, after)
    except Refused as refusal:
        if refusal.type != "turn-first":
            raise
        staff.forget()  # somebody was certified when this machine looked
        answer = _keep(staff, turn(staff, case), body, after)
    staff.seen.record("consent", consent, answer.mark)
    staff.seen.add_to_list("consent", _part_of(case, person), consent)


def _keep(staff: Staff, case: OpenCase, body: Mapping[str, Any], after: Mark | None) -> Sealed:
    answer = sealed.write(staff, case.key, "consent", dict(body), after=after)
    shown = {name: body[name] for name in ("person", "consent", "status", "method")}
    request = {**shown, "number": answer.mark.version, "file": answer.file}
    staff.service.post(f"/cases/{case.id}/consents", request)
    return answer


def _read_chain(
    staff: Staff, case: OpenCase, consent: str, items: Sequence[Mapping[str, Any]]
) -> tuple[OpenConsent | None, list[SpoiledAnswer]]:
    """The newest answer under an id, if there is one, and what lies in the places of others."""
    marks = [Mark(int(item["number"]), sha256_hex(unb64(str(item["file"])))) for item in items]
    if [mark.version for mark in marks] != list(range(1, len(marks) + 1)):
        raise NotAuthentic("consent-chain")
    staff.seen.hold("consent", consent, lambda seen: chain.check_contains(marks, seen, reason="consent-chain"))
    staff.seen.hold_chain("consent", consent, marks, reason="consent-chain")
    newest, spoiled = None, list[SpoiledAnswer]()
    for item, mark, last in zip(items, marks, [None, *marks], strict=False):
        try:
            answer = _answer(staff, case, item)
            chain.check_next(answer.link, last, reason="consent-chain")
            *_, (_, body) = _each_said(staff, answer)
            if not carried.is_carried(answer.body) and body["consent"] != consent:
                raise NotAuthentic("consent")
            newest = replace(_open_consent(body, mark=marks[-1]), id=consent)
        except ProtocolError as error:
            spoiled.append(SpoiledAnswer(consent, mark.version, sealed.fault(error)))
        else:
            if any(body[name] != item[name] for name in ("person", "status", "method")):
                spoiled.append(SpoiledAnswer(consent, mark.version, "shown as another answer"))
    staff.seen.record("consent", consent, marks[-1])
    return newest, spoiled


def _answer(staff: Staff, case: OpenCase, item: Mapping[str, Any]) -> Opened:
    return sealed.read(staff, case.key, "consent", item["file"], writers=case.member_list.ever)


def _each_answer(staff: Staff, case: OpenCase, item: Mapping[str, Any]) -> list[tuple[str, dict[str, object]]]:
    """What stands in one place of a consent id, as it was signed; nothing where that is no answer."""
    try:
        return _each_said(staff, _answer(staff, case, item))
    except ProtocolError:
        return []


def _each_said(staff: Staff, answer: Opened) -> list[tuple[str, dict[str, object]]]:
    """The same of an answer; where the first comes from another case, all that was answered there, of one person."""
    each = [answer.document]
    if carried.is_carried(answer.body):
        by = authority(staff).author_of
        each = [document for document, _ in carried.documents(answer.body, "consent", org=staff.org, author_of=by)]
    if answer.mark.version > 1 and each != [answer.document]:
        raise NotAuthentic("moved")
    if len({str(document.header.body.get("person")) for document in each}) != 1:
        raise NotAuthentic("consent")
    return [(document.text.decode(), document.header.body) for document in each]


def _open_consent(body: dict[str, object], *, mark: Mark) -> OpenConsent:
    """Raises `Malformed`."""
    match body:
        case {
            "person": str(person),
            "consent": str(consent),
            "scope": str(scope),
            "status": str(status),
            "method": str(),
            "wording": str(wording),
            **rest,
        } if not rest and scope in list(ConsentScope) and status in list(ConsentStatus):
            return OpenConsent(
                person=person,
                id=consent,
                status=ConsentStatus(status),
                scope=ConsentScope(scope),
                wording=wording,
                mark=mark,
            )
    raise Malformed("an answer of another form")
