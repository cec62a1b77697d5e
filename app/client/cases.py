"""Cases: opened from a report, read, written version by version, shared with members. Facts stay inside the seal."""

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any

from app import age, vocabulary
from app.client.desk import Staff
from app.client.triage import OpenReport
from app.client.triage import move as move_report
from app.protocol import case, members
from app.protocol.card import new_contribution_token
from app.protocol.case import Affected, Assertion, CaseFile, Incident, RuleBroken, Verdict
from app.protocol.documents import Document, Header, recipient_sha256, seal, signed
from app.protocol.encoding import b64, new_id, sha256_hex, unb64
from app.protocol.errors import NotAuthentic, ProtocolError, Rollback
from app.protocol.grants import OpenedGrant
from app.protocol.opening import Asked, Mark, Opened, check_seen
from app.protocol.sizes import Kind
from app.vocabulary import (
    CaseStage,
    ConsentMethod,
    ConsentScope,
    ConsentStatus,
    GrantKind,
    Imminence,
    Relation,
    ReportState,
    Severity,
    TransitionReason,
    VerificationStatus,
)

# What a coding says where a caseworker left a field out.
_UNCODED: Mapping[str, None] = dict.fromkeys([*case.CODED, "quarter", "imminence"])


@dataclass(frozen=True)
class OpenCase:
    """A case as it was opened: its newest document, its key, and the authentic list of its members."""

    id: str
    identity: age.HybridIdentity = field(repr=False)
    generation: int
    version: int
    sha256: str
    author: str
    file: CaseFile = field(repr=False)
    members: frozenset[str]
    ever_members: frozenset[str]
    last_statement: Opened = field(repr=False)
    # Versions that count for nothing: junk, or by somebody who was never there. Their files stay where they are.
    passed_over: tuple[int, ...] = ()


@dataclass(frozen=True)
class OpenConsent:
    """An answer in a case: what a member sealed of it, beside what the service may know."""

    person: str
    slot: str
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
    people = sorted({staff.person, owner, *colleagues})
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
    file = CaseFile(title=title, summary=summary, reports=(opened.id,), persons=(), incidents=(), cards=())
    document = _document(staff, id_, secret.recipient, file, version=1, previous=None, generation=1)
    list_of_members, first = seal(genesis, Kind.CASE, secret.recipient), seal(document, Kind.CASE, secret.recipient)
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


def open_(staff: Staff, id_: str) -> OpenCase:
    """Read a case, after the whole chain of its members and all versions that this machine has not seen.

    Raises `NotGranted`, `NotMine` and `NotAuthentic`. Where the newest version is at fault, `restore` leads back.
    """
    key = _key(staff, id_)
    shown = staff.service.get(f"/cases/{id_}/document").json()
    opened = _open_file(staff, key, unb64(str(shown["document"])), writers=key.members)
    header = opened.document.header
    file = CaseFile.read(header.body)
    seen = staff.seen.highest("case", id_)
    passed_over: tuple[int, ...] = ()
    if seen is None or header.version > seen.version:
        past = _past(staff, key, until=header.version - 1)
        if header.previous != past.sha256:
            raise Rollback("previous")
        passed_over = past.passed_over
    # Only now: what is refused leaves no trace in what this machine has seen.
    check_seen(key.last_statement.document, key.last_statement.sha256, staff.seen)
    check_seen(opened.document, opened.sha256, staff.seen)
    version = _Version(file, str(header.author), opened.sha256, passed_over)
    return _opened(key, header.version, version)


def open_version(staff: Staff, opened: OpenCase, version: int) -> tuple[CaseFile, str]:
    """An earlier version, by whoever was on the list then, and the hash of its file."""
    shown = staff.service.get(f"/cases/{opened.id}/documents/{version}").json()
    asked = Asked("case", Kind.CASE, staff.org, opened.id, writers=opened.ever_members)
    found = staff.open_document(unb64(str(shown["document"])), opened.identity, asked, remember=False)
    if found.document.header.version != version:
        raise NotAuthentic("version")
    return CaseFile.read(found.document.header.body), found.sha256


def restore(staff: Staff, id_: str) -> OpenCase:
    """Write the newest version that counts once more, over those after it that do not, so that the case opens again.

    For where somebody spoiled the newest version, or left after writing it. What its author said stays under the rules
    of every next version; the caller vouches for it. Raises `Rollback` where the service shows less than was seen.
    """
    key = _key(staff, id_)
    newest = int(staff.service.get(f"/cases/{id_}/document").json()["version"])
    opened = _opened(key, newest, _past(staff, key, until=newest))
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
        version=opened.version + 1,
        previous=opened.sha256,
        generation=opened.generation,
    )
    sealed = seal(document, Kind.CASE, recipient)
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
    sealed = seal(statement, Kind.CASE, opened.identity.recipient)
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
    slot: str,
    scope: ConsentScope,
    status: ConsentStatus,
    method: ConsentMethod,
    wording: str = "",
) -> None:
    """Keep an answer of a person of the case. The service learns that there was one, and not to what."""
    recipient = opened.identity.recipient
    body = {"person": person, "slot": slot, "scope": scope, "status": status, "method": method, "wording": wording}
    header = _header(staff, "consent", opened.id, recipient, body, generation=opened.generation)
    sealed = seal(signed(header, staff.signer), Kind.MESSAGE, recipient)
    staff.service.post(
        f"/cases/{opened.id}/consents",
        {"person": person, "slot": slot, "status": status.value, "method": method.value, "file": b64(sealed)},
    )


def consents(staff: Staff, opened: OpenCase) -> list[OpenConsent]:
    """The newest answer in each slot. Raises `NotAuthentic` where the service shows another than was sealed."""
    newest: dict[str, OpenConsent] = {}
    for item in staff.service.items(f"/cases/{opened.id}/consents"):
        asked = Asked("consent", Kind.MESSAGE, staff.org, opened.id, writers=opened.ever_members)
        found = staff.open_document(unb64(str(item["file"])), opened.identity, asked, remember=False)
        body = found.document.header.body
        if any(body[name] != item[name] for name in ("person", "slot", "status", "method")):
            raise NotAuthentic("consent")
        newest[str(body["slot"])] = OpenConsent(
            person=str(body["person"]),
            slot=str(body["slot"]),
            status=ConsentStatus(body["status"]),
            scope=ConsentScope(body["scope"]),
            wording=str(body["wording"]),
        )
    return list(newest.values())


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


@dataclass(frozen=True)
class _Key:
    """The key of a case, from somebody who may grant it, and the authentic list of who works there."""

    case: str
    grant: OpenedGrant = field(repr=False)
    members: frozenset[str]
    ever_members: frozenset[str]
    last_statement: Opened = field(repr=False)


def _key(staff: Staff, id_: str) -> _Key:
    grant = staff.case_grant(id_)
    chain = _chain(staff, id_, grant.identity)
    ever = frozenset[str]().union(*(members.read(link.document.header.body) for link in chain))
    if grant.header.grantor not in ever:
        raise NotAuthentic("grantor")
    return _Key(id_, grant, members.members_of(chain, staff.seen.highest("members", id_)), ever, chain[-1])


def _open_file(staff: Staff, key: _Key, file: bytes, *, writers: AbstractSet[str]) -> Opened:
    asked = Asked("case", Kind.CASE, staff.org, key.case, writers=writers)
    return staff.open_document(file, key.grant.identity, asked, remember=False)


@dataclass(frozen=True)
class _Version:
    """The newest version that counts, None before the first; `sha256` is of the last file, whether it counts or not."""

    file: CaseFile | None = field(repr=False)
    author: str
    sha256: str | None
    passed_over: tuple[int, ...]


def _opened(key: _Key, version: int, found: _Version) -> OpenCase:
    if found.file is None or found.sha256 is None:
        raise Rollback("version")
    return OpenCase(
        id=key.case,
        identity=key.grant.identity,
        generation=key.grant.header.generation,
        version=version,
        sha256=found.sha256,
        author=found.author,
        file=found.file,
        members=key.members,
        ever_members=key.ever_members,
        last_statement=key.last_statement,
        passed_over=found.passed_over,
    )


def _past(staff: Staff, key: _Key, *, until: int) -> _Version:
    """What version `until` comes to, read from the one that this machine saw last, or from the first.

    Each names the file before, or a history of somebody else's would only have to be longer by two. Any member can
    store a file that is no version of the case: it is passed over, or one of them could close the case to all.
    """
    seen = staff.seen.highest("case", key.case)
    past = _Version(None, "", None, ())
    for version in range(seen.version if seen else 1, until + 1):
        file = unb64(str(staff.service.get(f"/cases/{key.case}/documents/{version}").json()["document"]))
        is_seen = seen is not None and version == seen.version
        if seen and is_seen and sha256_hex(file) != seen.sha256:
            raise Rollback("version")
        try:
            header = _open_file(staff, key, file, writers=key.ever_members).document.header
            if header.version != version or (not is_seen and header.previous != past.sha256):
                raise NotAuthentic("previous")
            past = _Version(CaseFile.read(header.body), str(header.author), sha256_hex(file), past.passed_over)
        except ProtocolError:
            past = replace(past, sha256=sha256_hex(file), passed_over=(*past.passed_over, version))
    return past


def _chain(staff: Staff, id_: str, identity: age.HybridIdentity) -> list[Opened]:
    items = staff.service.get(f"/cases/{id_}/members").json()["items"]
    asked = Asked("members", Kind.CASE, staff.org, id_)
    files = [unb64(str(item["statement"])) for item in items]
    return [staff.open_document(file, identity, asked, remember=False) for file in files]


def _document(
    staff: Staff,
    id_: str,
    recipient: age.HybridRecipient,
    file: CaseFile,
    *,
    version: int,
    previous: str | None,
    generation: int,
) -> Document:
    header = _header(staff, "case", id_, recipient, file.body(), generation=generation)
    return signed(replace(header, version=version, previous=previous), staff.signer)


def _header(
    staff: Staff, type_: str, subject: str, recipient: age.HybridRecipient, body: dict[str, Any], *, generation: int
) -> Header:
    return Header(
        type=type_,
        org=staff.org,
        subject=subject,
        version=1,
        previous=None,
        generation=generation,
        sealed_to=recipient_sha256(recipient),
        author=staff.person,
        at=staff.hour,
        body=body,
    )
