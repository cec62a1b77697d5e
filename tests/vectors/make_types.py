"""Makes `types.json` beside it, in the way of `make.py`: one of each type of the table, as it is before it is sealed.

python -m tests.vectors.make_types
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import age
from app.protocol import audit_heads, journal, key_log, losses, manifest, memory, staff_log, statements, templates
from app.protocol.card import SignedCard, encode, sign
from app.protocol.case import (
    CODED,
    NOTHING,
    Affected,
    Assertion,
    Assessment,
    CardNote,
    Closing,
    Identity,
    Incident,
    Name,
    Note,
    PartType,
    SafetyPlan,
    Task,
    Tie,
    Verdict,
    of_part,
    take_apart,
)
from app.protocol.chain import Mark
from app.protocol.documents import SERVICE, Document, Header, Signer, bare, parse_document, recipient_sha256, signed
from app.protocol.encoding import b64, sha256_hex
from app.protocol.grants import seal_grant
from app.protocol.journal import Entry, HeldNote, KeyNote, PartNote, Place, ReportNote
from app.protocol.key_copy import AccountKey, KeyCopy
from app.protocol.key_log import Head
from app.protocol.mailbox import ReplyCopy
from app.protocol.manifest import ORGANISATION
from app.protocol.members import MemberList
from app.protocol.memory import Remembered, listed
from app.protocol.opening import Opened
from app.protocol.pairs import Pair, Recovery, RecoveryReason
from app.protocol.release import signatures
from app.protocol.release.release_keys import ReleaseKey, ReleaseSigner
from app.protocol.release.sums import sums as sums_of
from app.protocol.report import Form, Report
from app.protocol.roots import Pin
from app.protocol.selectors import Selector
from app.protocol.sizes import Kind, classes, padded_size
from app.protocol.statements import KeyKind, SharedKey
from app.protocol.templates import Template
from app.protocol.types import TYPES
from app.vocabulary import (
    CaseStage,
    ConsentMethod,
    ConsentScope,
    ConsentStatus,
    GrantKind,
    Imminence,
    Outcome,
    Relation,
    RetentionClass,
    RiskLevel,
    Role,
    SafetyPlanStatus,
    TaskType,
    VerificationStatus,
)
from tests.protocol.cards import a_card
from tests.vectors import make, make_mailbox
from tests.vectors.make import (
    CASE,
    CASE_KEY,
    CASEWORKER,
    DAY,
    HOUR,
    KNOWN,
    ORG,
    REPORT,
    REPORT_KEY,
    SUPERVISOR,
    TRIAGER,
)
from tests.vectors.make import counted_id as id_
from tests.vectors.refusals.opening import CUSTODIAN, SECOND_CUSTODIAN

FILE: Final = b"A photo of the car."
CARD: Final = a_card(card_id=id_("card", 1), token=bytes(range(16)))


def types() -> dict[str, Any]:
    """By the type's name."""
    return {**{name: {"text": document.text.decode()} for name, document in documents().items()}, **_others()}


def documents() -> dict[str, Document]:
    log = [parse_document(json.loads(line)["document"].encode()) for line in make.public_log()["lines"]]
    thread = make_mailbox.documents()
    found = [
        *log[:3],
        losses.state_loss(
            day=DAY,
            key_log=Mark(3, "a" * 64),
            audit=Mark(7, "b" * 64),
            org=ORG,
            signer=SUPERVISOR.signer,
            on=DAY,
        ),
        make.CERTIFICATES[0],
        _key(),
        manifest.make(
            {ORGANISATION: "a" * 64, "en/": "b" * 64}, org=ORG, previous=None, signer=SUPERVISOR.signer, on=DAY
        ),
        _report(),
        thread["thread-state"],
        thread["state"],
        thread["message.staff 1"],
        thread["message.reporter message"],
        _copy(),
        *_of_a_release(),
        *_of_a_case(),
        _templates(),
        *_of_custodians(),
        make.APPROVAL,
        _memory(),
        make.AUDIT_HEAD.document,
        audit_heads.state_seen(make.AUDIT_HEAD, org=ORG, signer=SUPERVISOR.signer, on=DAY),
    ]
    return {document.header.type: document for document in found}


def _memory() -> Document:
    seen = [
        Remembered("journal", CASE, Mark(7, "a" * 64, 2)),
        Remembered("journal", CASE, Mark(9, "b" * 64, 2)),
        Remembered("key-log", ORG, Mark(3, "c" * 64)),
        listed(f"message.reporter of {REPORT}", "d" * 64),
    ]
    said = memory.body(seen, most=classes(Kind.MEMORY)[-1])
    header = _header("memory", TRIAGER.id, said, to=TRIAGER.identity, author=TRIAGER.id, at=HOUR)
    return signed(header, TRIAGER.signer)


def _templates() -> Document:
    ready = Template("when we write", 1, {}).said_as({"en": "We write on {day}."}).said_as({"fa": "{day} می‌نویسیم."})
    said = templates.body(
        [
            ready.said_as({"en": "We write to you on {day}."}),
            Template("we read it", 1, {}).said_as({"en": "We read it."}),
        ]
    )
    header = _header("templates", "templates", said, to=DESK_KEY, author=SUPERVISOR.id, at=HOUR)
    return signed(header, SUPERVISOR.signer)


def _key() -> Document:
    key = SharedKey(id_("key", 1), KeyKind.STATISTICS, CASE_KEY.recipient, DAY, date(2027, 6, 15))
    return statements.state_key(key, org=ORG, signer=SUPERVISOR.signer)


def _report() -> Document:
    given = [consent.scope for consent in make_mailbox.CONSENTS if consent.given]
    answers = {"danger_now": "days", "when": "Since May, each evening.", "consent": given}
    report = Report(
        form=Form.read({"language": "fa", "text": "آنها جلوی در ایستاده‌اند.", "answers": answers}),
        mailbox=str(make_mailbox.MAILBOX),
        thread_key=b64(make_mailbox.RECEIPT.thread_key),
        withdrawal=make_mailbox.RECEIPT.withdrawal_sha256,
        attachments=(make_mailbox.FILE,),
        consents=make_mailbox.CONSENTS,
        vocabulary="1.0.0",
    )
    return bare(_header("report", REPORT, report.body(), to=REPORT_KEY, author=None, at=DAY.isoformat()))


def _copy() -> Document:
    copy = ReplyCopy("c" * 64, ("a" * 64, "b" * 64), "Are you safe tonight?")
    return signed(
        _header("message.copy", REPORT, copy.body(), to=REPORT_KEY, author=TRIAGER.id, at=HOUR), TRIAGER.signer
    )


CODING: Final[dict[str, Any]] = {
    **dict.fromkeys([*CODED, "quarter", "imminence"]),
    "incident_type": "hoax_booking",
    "modality": ["reputational"],
    "channel": ["email", "booking_or_order_site"],
    "host_country": "DE",
    "severity": "serious",
    "imminence": "weeks",
    "quarter": "2026-Q2",
}
del CODING["verification_status"]
PERSON: Final = Affected(
    id=id_("psn", 1),
    relation=Relation.SELF,
    token=b64(bytes(range(16))),
    statistics=ConsentStatus.GIVEN,
    by_reporter=None,
    can_be_asked=True,
    note="Write, never call.",
)
INCIDENT: Final = Incident(
    id=id_("inc", 1),
    affected=PERSON.id,
    coder=CASEWORKER.id,
    coding=CODING,
    narrative="Each evening another one.",
    assertions=(Assertion("a neighbour", "Two men sat in it.", "relative_witnessed", when="in May"),),
    verdicts=(Verdict(VerificationStatus.VERIFIED, CASEWORKER.id, TRIAGER.id),),
    when="Since May",
    place="Before the door",
    place_is="home",
    confidence="likely",
)
_SAID = Tie(PERSON.id, b64(bytes(range(16, 32))), id_("card", 2), 0, CASEWORKER.id, asked_of=TRIAGER.id)
_TWO: Final = (CASEWORKER.signer, TRIAGER.signer)
TIE: Final = replace(_SAID, signed=tuple(sign(_SAID.content(PERSON.token), each) for each in _TWO))
# One of each, in the order in which a case is taken apart.
BODIES: Final[dict[Name, dict[str, Any]]] = take_apart(
    replace(
        NOTHING,
        title="Cars before the door",
        summary="Each evening another one.",
        persons=(PERSON,),
        incidents=(INCIDENT,),
        cards=(CardNote(CARD.id, INCIDENT.id, 0, CASEWORKER.id, "1.0.0"),),
        ties=(TIE,),
        selectors=(Selector.of("phone", "+49 30 23125 417"),),
        identities=(Identity(PERSON.id, "Lin Wei", "+49 30 23125 999", "After seven, and never by voice."),),
        assessment=Assessment(
            RiskLevel.HIGH,
            date(2026, 6, 29),
            Imminence.WEEKS,
            threats="A car each evening.",
            vulnerabilities="She lives alone.",
            capacities="Neighbours who look.",
            reasoning="They come nearer.",
        ),
        plan=SafetyPlan(SafetyPlanStatus.AGREED, "Stay with the neighbours.", "To all of it.", "She goes on teaching."),
        tasks=(Task(id_("task", 1), TaskType.CONTACT, "Ask the neighbours."),),
        notes=(Note(id_("note", 1), "They have not come for a month.", CaseStage.MONITORING),),
        closing=Closing("risk_resolved", Outcome.SAFER, RetentionClass.STANDARD, "The cars are gone."),
    )
)
DESK_KEY: Final = age.identity_from_seed(bytes([10]) * 32)
# Of the part that has one of its own.
IDENTITY_KEY: Final = age.identity_from_seed(bytes([9]) * 32)


def _of_a_case() -> list[Document]:
    consent = {
        "person": id_("psn", 1),
        "consent": id_("cons", 1),
        "scope": ConsentScope.SERVICE,
        "status": ConsentStatus.GIVEN,
        "method": ConsentMethod.SPOKEN,
        "wording": "Yes.",
    }
    parts = {name.type: id_("part", number) for number, name in enumerate(BODIES, start=1)}
    entry = Entry(
        parts=tuple(
            PartNote(parts[name.type], name.type, 1, "f" * 64, of_part(name.type, body))
            for name, body in BODIES.items()
        ),
        members=MemberList(frozenset([CASEWORKER.id, TRIAGER.id]), CASEWORKER.id),
        keys=(
            KeyNote(CASE, 1, recipient_sha256(CASE_KEY.recipient)),
            KeyNote(REPORT, 1, recipient_sha256(REPORT_KEY.recipient)),
            KeyNote(parts[PartType.IDENTITY], 1, recipient_sha256(IDENTITY_KEY.recipient)),
        ),
        held=(HeldNote(parts[PartType.IDENTITY], frozenset([CASEWORKER.id])),),
        reports=(ReportNote(REPORT, "e" * 64),),
    )
    began = journal.begin(
        CASE,
        Place("d" * 64, Opened(_of_staff("journal", CASE, entry.body(), to=CASE_KEY), "d" * 64, None)),
        by=KNOWN,
    )
    [piece] = journal.pieces(journal.summary(began))
    bodies = [
        ("journal", CASE, entry.body()),
        ("checkpoint", CASE, piece),
        ("consent", CASE, consent),
        *((name.type, parts[name.type], body) for name, body in BODIES.items()),
    ]
    return [
        _of_staff(type_, subject, body, to=IDENTITY_KEY if TYPES[type_].own_key else CASE_KEY)
        for type_, subject, body in bodies
    ]


def _of_a_release() -> list[Document]:
    """Whose key of a release it is, and what its readers are told of them."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key().public_bytes_raw()
    stated = ReleaseKey(id_("rel", 1), "5" * 64, Role.CASEWORKER, key, DAY)
    return [
        stated.state(org=ORG, signer=CASEWORKER.signer),
        ReleaseSigner.of(stated).certify(org=ORG, signer=SUPERVISOR.signer),
    ]


def _of_custodians() -> list[Document]:
    """A pair of a statistics key, and the act with which its second custodian peels it for the first."""
    about: dict[str, Any] = {"org": ORG, "subject": id_("key", 1), "at": HOUR}
    first, second = CUSTODIAN.identity.recipient, SECOND_CUSTODIAN.identity.recipient
    (length,) = TYPES["grant"].lengths
    file = bytes(length)  # in the place of the grant to the first, which is sealed otherwise each time
    name = recipient_sha256(CASE_KEY.recipient)
    pair = Pair(1, name, (CUSTODIAN.id, SECOND_CUSTODIAN.id), file)
    act = Recovery(about["subject"], 1, name, (TRIAGER.id,), RecoveryReason.LOST, (sha256_hex(file),))
    return [
        signed(Header.new("pair", **about, body=pair.body(), author=SUPERVISOR.id, to=second), SUPERVISOR.signer),
        signed(
            Header.new("recovery", **about, body=act.body(), author=SECOND_CUSTODIAN.id, to=first),
            SECOND_CUSTODIAN.signer,
        ),
    ]


def _of_staff(type_: str, subject: str, body: Mapping[str, Any], *, to: age.HybridIdentity) -> Document:
    return signed(_header(type_, subject, body, to=to, author=CASEWORKER.id, at=HOUR), CASEWORKER.signer)


def _header(
    type_: str, subject: str, body: Mapping[str, Any], *, to: age.HybridIdentity, author: str | None, at: str
) -> Header:
    return Header(
        type=type_,
        org=ORG,
        subject=subject,
        version=1,
        previous=None,
        generation=1,
        sealed_to=recipient_sha256(to.recipient),
        author=author,
        at=at,
        body=dict(body),
    )


def _others() -> dict[str, Any]:
    """What is no document: the plaintext of a file, or what is signed and its signatures."""
    grant = seal_grant(
        CASE_KEY,
        TRIAGER.identity.recipient,
        org=ORG,
        subject=CASE,
        generation=1,
        grantee=TRIAGER.id,
        kind=GrantKind.ASSIGNED,
        at=HOUR,
        signer=CASEWORKER.signer,
        head=make.HEAD,
    )
    log = make.public_log()
    sums = sums_of({"README.txt": b"Nothing is certain.\n"})
    signers = [signatures.sign_sums(sums, by=each.id, key=each.key) for each in (SUPERVISOR, CASEWORKER)]
    return {
        "grant": {"text": age.decrypt(grant, [TRIAGER.identity]).decode()},
        "attachment": {
            "plaintext": FILE.decode(),
            "padded": padded_size(Kind.ATTACHMENT, len(FILE)),
            "plaintext_sha256": sha256_hex(FILE),
        },
        "card": {
            "text": encode(SignedCard(CARD, *(sign(CARD, each.signer) for each in (TRIAGER, CASEWORKER)))).decode()
        },
        "copy": _key_copy(),
        "key-log-head": {"line": log["head_line"], "head": log["head"], "lines": log["lines"]},
        "staff-log-head": _staff_log(),
        "release": {"sums": sums.decode(), "signatures": signatures.write_signatures(signers).decode()},
    }


def _key_copy() -> dict[str, Any]:
    """What is in it, the words that are typed to open it, and one that they open."""
    account_key, passphrase = AccountKey(bytes(range(16))), "five words of no sentence"
    seed = b64(TRIAGER.key.private_bytes_raw())
    keys = f"{TRIAGER.identity}\n# tern-signing-key {seed}\n"
    copy = KeyCopy("https://tern.example", TRIAGER.id, Pin.read(ORG), Mark(3, "a" * 64), keys)
    return {"text": copy.text.decode(), "passphrase": passphrase, "account_key": account_key.words}


def _staff_log() -> dict[str, Any]:
    lines: list[bytes] = []
    for n, document in enumerate(make.CERTIFICATES, start=1):
        lines.append(key_log.entry(n, sha256_hex(lines[-1]) if lines else None, document))
    head = Head(len(lines), sha256_hex(lines[-1]))
    signature = staff_log.sign_head(head, Signer(SERVICE, make.SERVICE_KEY))
    return {"head": key_log.write_head(head, signature), "lines": [line.decode() for line in lines]}


def main() -> None:
    text = json.dumps(types(), ensure_ascii=True, indent=1)
    (make.DIRECTORY / "types.json").write_text(text + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
