"""Cases: opened from a report, read, written version by version, shared with members. Facts stay inside the seal."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app import age, vocabulary
from app.client.casework import case_reading as reading
from app.client.casework.case_reading import OpenCase as OpenCase
from app.client.casework.case_reading import open_ as open_
from app.client.casework.case_reading import open_version as open_version
from app.client.casework.triage import OpenReport
from app.client.casework.triage import move as move_report
from app.client.machine.staff import Staff
from app.protocol import case, chain, members
from app.protocol.card import new_contribution_token
from app.protocol.case import Affected, Assertion, CaseFile, Incident, ReportNote, RuleBroken, Verdict
from app.protocol.chain import Mark
from app.protocol.documents import Document, Header, seal, signed
from app.protocol.encoding import b64, new_id, sha256_hex, unb64
from app.protocol.errors import NotAuthentic
from app.protocol.opening import Asked, Opened
from app.vocabulary import (
    CaseStage,
    ConsentMethod,
    ConsentScope,
    ConsentStatus,
    GrantKind,
    Imminence,
    Priority,
    Relation,
    ReportState,
    Severity,
    TransitionReason,
    VerificationStatus,
)

# What a coding says where a caseworker left a field out.
_UNCODED: Mapping[str, None] = dict.fromkeys([*case.CODED, "quarter", "imminence"])


@dataclass(frozen=True)
class OpenConsent:
    """An answer in a case: what a member sealed of it, beside what the service may know."""

    person: str
    id: str
    status: ConsentStatus
    scope: ConsentScope = field(repr=False)
    wording: str = field(repr=False)


def list_(staff: Staff, *, stage: CaseStage | None = None) -> list[dict[str, Any]]:
    """The state of the work on every case that this person may know of, as the service tells it."""
    return list(staff.service.items("/cases", **({"stage": stage.value} if stage else {})))


def accept(
    staff: Staff,
    opened: OpenReport,
    incidents: Iterable[tuple[Severity, Imminence]],
    *,
    owner: str,
    colleagues: Collection[str] = (),
    title: str = "",
    summary: str = "",
) -> str:
    """Accept a report into a new case, whose id this returns. The opener is a member, as are owner and colleagues.

    The report's key is sealed to the case, whose secret is made here.
    """
    priority = vocabulary.priority_of(incidents)
    secret, id_ = age.generate(), new_id("case")
    reports = (ReportNote(opened.id, opened.sha256),)
    file = CaseFile(title=title, summary=summary, reports=reports, persons=(), incidents=(), cards=())
    _begin(staff, id_, secret, file, priority, owner=owner, people=sorted({staff.person, owner, *colleagues}))
    handed_on = staff.seal_grant(opened.identity, opened.id, secret.recipient, id_, GrantKind.CASE)
    move_report(
        staff,
        opened.id,
        ReportState.ACCEPTED,
        reason=TransitionReason.DECIDED,
        priority=priority.value,
        case=id_,
        grant={"grantee": id_, "file": handed_on},
    )
    return id_


def _begin(
    staff: Staff,
    id_: str,
    secret: age.HybridIdentity,
    file: CaseFile,
    priority: Priority,
    *,
    owner: str,
    people: Collection[str],
) -> None:
    """The first list of members, the first version, and the key for everybody on the list."""
    genesis = members.state(
        people,
        id_,
        secret.recipient,
        org=staff.org,
        previous=None,
        generation=1,
        at=staff.hour,
        signer=staff.signer,
    )
    document = _document(staff, id_, secret.recipient, file, generation=1, after=None)
    list_of_members, first = seal(genesis, secret.recipient), seal(document, secret.recipient)
    team = staff.service.get(f"/people/{staff.person}").json()["team"]
    staff.service.post(
        "/cases",
        {
            "id": id_,
            "team": team,
            "owner": owner,
            "priority": priority.value,
            "members": b64(list_of_members),
            "document": b64(first),
            "grants": [staff.grant(secret, id_, staff.certified(person), GrantKind.ASSIGNED) for person in people],
        },
    )
    staff.seen.record("members", id_, Mark(1, sha256_hex(list_of_members), 1))
    staff.seen.record("case", id_, Mark(1, sha256_hex(first), 1))


def restore(staff: Staff, id_: str) -> OpenCase:
    """Write the newest version that counts once more, over those after it that do not, so that the case opens again.

    For where somebody spoiled the newest version, or left after writing it. What its author said stays under the rules
    of every next version; the caller vouches for it. Raises `Rollback` where the service shows less than was seen.
    """
    opened = reading.newest_that_counts(staff, id_)
    return write(staff, opened, opened.file)


def write(staff: Staff, opened: OpenCase, file: CaseFile) -> OpenCase:
    """Seal and store the next version. Raises `RuleBroken` for what unsays an earlier one.

    Raises `Refused` (`stale-version`) where a colleague was faster: open the case again.
    """
    case.check_successor(opened.file, file, author=staff.person)
    recipient = opened.identity.recipient
    document = _document(
        staff,
        opened.id,
        recipient,
        file,
        generation=opened.generation,
        after=Mark(opened.version, opened.sha256, opened.generation),
    )
    sealed = seal(document, recipient)
    staff.service.put(f"/cases/{opened.id}/document", {"document": b64(sealed)}, version=f'"{opened.version}"')
    sha256 = sha256_hex(sealed)
    staff.seen.record("case", opened.id, Mark(opened.version + 1, sha256, opened.generation))
    return replace(opened, version=opened.version + 1, sha256=sha256, author=staff.person, file=file)


def affected(
    relation: Relation,
    *,
    statistics: ConsentStatus | None,
    by_reporter: ConsentStatus | None,
    can_be_asked: bool,
    note: str = "",
) -> Affected:
    """A person of the case, with a contribution token of their own."""
    return Affected(
        id=new_id("psn"),
        relation=relation,
        token=b64(new_contribution_token()),
        statistics=statistics,
        by_reporter=by_reporter,
        can_be_asked=can_be_asked,
        note=note,
    )


def incident(
    staff: Staff,
    person: Affected,
    coding: Mapping[str, Any],
    *,
    narrative: str = "",
    assertions: Iterable[Assertion] = (),
    status: VerificationStatus = VerificationStatus.UNVERIFIED,
    second: str | None = None,
) -> Incident:
    """An incident as this caseworker codes it. Raises `RuleBroken` for a code that is of no list.

    `second` is the other person whom `verified`, `refuted` and `falsely_attributed` need.
    """
    coded = {**_UNCODED, **coding}
    coded.pop("verification_status")
    made = Incident(
        id=new_id("inc"),
        affected=person.id,
        coder=staff.person,
        coding=coded,
        narrative=narrative,
        assertions=tuple(assertions),
        verdicts=(Verdict(status, staff.person, second),),
    )
    case.check_coding(made)
    return made


def change_members(
    staff: Staff, opened: OpenCase, *, add: Collection[str] = (), remove: Collection[str] = (), owner: str | None = None
) -> OpenCase:
    """The next statement of who works on the case, with a grant for each who comes.

    What those who go have read cannot be unread. Only who is there may have written the newest version, so where its
    author goes, it is written again first, and who wrote last does not leave by themselves: `RuleBroken`. Should
    somebody write on while they are removed, `restore` leads back.
    """
    if opened.author in remove:
        if opened.author == staff.person:
            raise RuleBroken("last-author")
        opened = write(staff, opened, opened.file)
    after = (opened.members - set(remove)) | set(add)
    statement = members.state(
        after,
        opened.id,
        opened.identity.recipient,
        org=staff.org,
        previous=opened.last_statement,
        generation=opened.generation,
        at=staff.hour,
        signer=staff.signer,
    )
    sealed = seal(statement, opened.identity.recipient)
    wanted: dict[str, object] = {
        "statement": b64(sealed),
        "add": [
            staff.grant(
                opened.identity, opened.id, staff.certified(person), GrantKind.ASSIGNED, generation=opened.generation
            )
            for person in sorted(add)
        ],
        "remove": sorted(remove),
    }
    if owner:
        wanted["owner"] = owner
    version = opened.last_statement.document.header.version
    staff.service.post(f"/cases/{opened.id}/members", wanted, version=f'"{version}"')
    sha256 = sha256_hex(sealed)
    staff.seen.record("members", opened.id, Mark(version + 1, sha256, opened.generation))
    return replace(
        opened,
        members=after,
        ever_members=opened.ever_members | after,
        last_statement=Opened(statement, sha256, author=None),
    )


def record_consent(
    staff: Staff,
    opened: OpenCase,
    *,
    person: str,
    consent: str,
    scope: ConsentScope,
    status: ConsentStatus,
    method: ConsentMethod,
    wording: str = "",
) -> None:
    """Keep an answer of a person of the case, the next under its id. The service learns that there was one, no more."""
    recipient = opened.identity.recipient
    earlier = _answers(staff, opened).get(consent, [])
    body = {
        "person": person,
        "consent": consent,
        "scope": scope,
        "status": status,
        "method": method,
        "wording": wording,
    }
    after = earlier[-1].mark if earlier else None
    header = _header(staff, "consent", opened.id, recipient, body, generation=opened.generation, after=after)
    sealed = seal(signed(header, staff.signer), recipient)
    staff.service.post(
        f"/cases/{opened.id}/consents",
        {
            "person": person,
            "consent": consent,
            "number": header.version,
            "status": status.value,
            "method": method.value,
            "file": b64(sealed),
        },
    )
    staff.seen.record("consent", consent, Mark(header.version, sha256_hex(sealed), opened.generation))


def consents(staff: Staff, opened: OpenCase) -> list[OpenConsent]:
    """The newest answer under each consent id. Raises `NotAuthentic` where the service shows another than was sealed.

    Also where it leaves one out: an answer names the one before it, and the last is not older than this machine saw.
    """
    return [_consent(answers[-1].document.header.body) for answers in _answers(staff, opened).values()]


def move(staff: Staff, opened: OpenCase, to: CaseStage, *, reason: TransitionReason = TransitionReason.DECIDED) -> None:
    """Take the case to a stage. That the answer before assessment is about *service* is checked here.

    Raises `RuleBroken` where it is not, and `Refused` (`guards-fail`).
    """
    if to is CaseStage.ASSESSMENT and not any(
        each.scope is ConsentScope.SERVICE and each.status in (ConsentStatus.GIVEN, ConsentStatus.DECLINED)
        for each in consents(staff, opened)
    ):
        raise RuleBroken("no-answer-about-service")
    shown = staff.service.get(f"/cases/{opened.id}")
    wanted = {"to": to.value, "reason": reason.value}
    staff.service.post(f"/cases/{opened.id}/transitions", wanted, version=shown.etag)


def _answers(staff: Staff, opened: OpenCase) -> dict[str, list[Opened]]:
    """All answers in a case by consent id, in the order that they give themselves."""
    chains: dict[str, list[Opened]] = {}
    for item in staff.service.items(f"/cases/{opened.id}/consents"):
        asked = Asked("consent", staff.org, opened.id, writers=opened.ever_members)
        found = staff.open_document(unb64(str(item["file"])), opened.identity, asked, remember=False)
        body = found.document.header.body
        if any(body[name] != item[name] for name in ("person", "consent", "status", "method")):
            raise NotAuthentic("consent")
        chains.setdefault(str(body["consent"]), []).append(found)
    for consent, answers in chains.items():
        answers.sort(key=lambda answer: answer.document.header.version)
        links = [answer.link for answer in answers]
        chain.check_whole(links, reason="consent-chain")
        chain.check_contains([link.mark for link in links], staff.seen.highest("consent", consent), reason="version")
        staff.seen.record("consent", consent, links[-1].mark)
    return chains


def _consent(body: Mapping[str, Any]) -> OpenConsent:
    return OpenConsent(
        person=str(body["person"]),
        id=str(body["consent"]),
        status=ConsentStatus(body["status"]),
        scope=ConsentScope(body["scope"]),
        wording=str(body["wording"]),
    )


def _document(
    staff: Staff, id_: str, recipient: age.HybridRecipient, file: CaseFile, *, generation: int, after: Mark | None
) -> Document:
    header = _header(staff, "case", id_, recipient, file.body(), generation=generation, after=after)
    return signed(header, staff.signer)


def _header(
    staff: Staff,
    type_: str,
    subject: str,
    recipient: age.HybridRecipient,
    body: dict[str, Any],
    *,
    generation: int,
    after: Mark | None,
) -> Header:
    return Header.new(
        type_,
        subject,
        body,
        org=staff.org,
        author=staff.person,
        at=staff.hour,
        to=recipient,
        generation=generation,
        after=after,
    )
