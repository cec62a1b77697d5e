"""Consents: what a person of a case answered about each use, a chain of answers under each consent id."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.client.casework.cases.document import OpenCase
from app.client.machine import sealed
from app.client.machine.staff import Staff
from app.protocol.chain import Mark
from app.protocol.errors import NotAuthentic
from app.protocol.opening import Opened, hold_chain_to_seen
from app.vocabulary import ConsentMethod, ConsentScope, ConsentStatus


@dataclass(frozen=True)
class OpenConsent:
    """The newest answer under a consent id: what a member sealed of it, beside what the service may know.

    `mark` is its place among the answers, which the next one follows.
    """

    person: str
    id: str
    status: ConsentStatus
    scope: ConsentScope = field(repr=False)
    wording: str = field(repr=False)
    mark: Mark


def list_consents(staff: Staff, case: OpenCase) -> list[OpenConsent]:
    """The newest answer under each consent id. Raises `NotAuthentic` where the service shows another than was sealed.

    Also where it leaves one out: an answer names the one before it, and none that this machine saw is missing, nor all
    of a consent id.
    """
    chains: dict[str, list[Opened]] = {}
    for item in staff.service.items(f"/cases/{case.id}/consents"):
        answer = _read(staff, case, item)
        chains.setdefault(str(answer.body["consent"]), []).append(answer)
    staff.seen.hold_list("consent", case.id, chains.keys(), reason="consent-chain")
    return [_newest(staff, consent, answers) for consent, answers in chains.items()]


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
    answer = sealed.write(staff, case.key, "consent", body, after=after)
    staff.service.post(
        f"/cases/{case.id}/consents",
        {
            "person": person,
            "consent": consent,
            "number": answer.mark.version,
            "status": status.value,
            "method": method.value,
            "file": answer.file,
        },
    )
    staff.seen.record("consent", consent, answer.mark)
    staff.seen.add_to_list("consent", case.id, consent)


def _read(staff: Staff, case: OpenCase, item: Mapping[str, Any]) -> Opened:
    answer = sealed.read(staff, case.key, "consent", item["file"], writers=case.member_list.ever)
    if any(answer.body[name] != item[name] for name in ("person", "consent", "status", "method")):
        raise NotAuthentic("consent")
    return answer


def _newest(staff: Staff, consent: str, answers: list[Opened]) -> OpenConsent:
    """Of all answers under an id, in whatever order the service lists them."""
    answers.sort(key=lambda answer: answer.mark.version)
    links = [answer.link for answer in answers]
    hold_chain_to_seen("consent", consent, links, staff.seen, reason="consent-chain")
    body = answers[-1].body
    return OpenConsent(
        person=str(body["person"]),
        id=consent,
        status=ConsentStatus(str(body["status"])),
        scope=ConsentScope(str(body["scope"])),
        wording=str(body["wording"]),
        mark=links[-1].mark,
    )
