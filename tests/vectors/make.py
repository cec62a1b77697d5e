"""Makes the JSON files beside it: what every implementation of the protocol must read, write and refuse.

    python -m tests.vectors.make

Keys are counted, not drawn, so that what is signed comes out the same each time. What is sealed does not: age draws a
new key for each file. `docs/protocol.md` says what the fields mean.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import age
from app.protocol import audit_heads, intake, key_log, manifest, statements
from app.protocol.audit_heads import AuditHead
from app.protocol.certificates import Trust, certificate
from app.protocol.certified import Certified, fingerprint
from app.protocol.chain import Mark
from app.protocol.documents import (
    SERVICE,
    Document,
    Header,
    Signatures,
    Signer,
    bare,
    bytes_signed,
    maced,
    recipient_sha256,
    seal,
    signed,
)
from app.protocol.encoding import b64, sha256_hex
from app.protocol.grants import seal_grant
from app.protocol.intake import Intake
from app.protocol.journal import Authority
from app.protocol.key_log import Head
from app.protocol.manifest import ORGANISATION, Organisation
from app.protocol.objections import Objection, ask
from app.protocol.receipt import Receipt
from app.protocol.roots import make_root, org_of
from app.protocol.sizes import KIB, MIB, Kind, ciphertext_sizes, classes
from app.protocol.statements import ApprovalStatement
from app.vocabulary import ApprovalState, ApprovalSubject, GrantKind, Imminence, Role

DIRECTORY: Final = Path(__file__).parent
DAY: Final = date(2026, 6, 15)
HOUR: Final = "2026-06-15T09:00Z"
# The newest entry of the case's journal, as grantors had seen it.
HEAD: Final = Mark(3, "3" * 64)
THREAD_KEY: Final = bytes(range(32))


def counted_id(prefix: str, number: int) -> str:
    return f"{prefix}_{number:032x}"


class Person:
    """A person whose secrets are a number, 32 times."""

    def __init__(self, number: int, *roles: Role) -> None:
        self.id = counted_id("per", number)
        self.identity = age.identity_from_seed(bytes([number]) * 32)
        self.key = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        self.signer = Signer(self.id, self.key)
        self.certified = Certified(
            self.id, frozenset(roles), self.identity.recipient, self.key.public_key().public_bytes_raw()
        )

    def told(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "identity": str(self.identity),
            "recipient": str(self.identity.recipient),
            "signing_seed": b64(self.key.private_bytes_raw()),
            "key": b64(self.certified.key),
        }


SUPERVISOR: Final = Person(1, Role.SUPERVISOR)
CASEWORKER: Final = Person(2, Role.CASEWORKER)
TRIAGER: Final = Person(3, Role.CASEWORKER, Role.TRIAGER)
ANALYST: Final = Person(4, Role.ANALYST)
STRANGER: Final = Person(5, Role.CASEWORKER)
SERVICE_KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes([6]) * 32)

ROOT: Final = make_root([SUPERVISOR.certified], SUPERVISOR.signer, on=DAY)
ORG: Final = org_of(ROOT)
CERTIFICATES: Final = [
    certificate(person.certified, org=ORG, signer=SUPERVISOR.signer, valid_from=DAY, valid_until=date(2026, 12, 31))
    for person in (CASEWORKER, TRIAGER, ANALYST)
]

_TRUST: Final = Trust.pinned(ROOT, ORG).with_certificates(CERTIFICATES)
# A reader of journals to whom everybody is certified at all times.
KNOWN: Final = Authority(
    today=DAY,
    was_certified=lambda _, __: True,
    author_of=lambda document: _TRUST.author_of(document, None),
    ended_by=_TRUST.ended_by,
)

AUDIT_HEAD: Final = AuditHead.read(
    audit_heads.state_head(day=DAY, event=Mark(3, "d" * 64), org=ORG, signer=Signer(SERVICE, SERVICE_KEY), after=None)
)

CASE: Final = counted_id("case", 1)
CASE_KEY: Final = age.identity_from_seed(bytes([7]) * 32)
REPORT: Final = counted_id("rep", 1)
REPORT_KEY: Final = age.identity_from_seed(bytes([8]) * 32)
PART: Final = counted_id("part", 1)
EPOCH: Final = counted_id("epoch", 1)
EPOCH_KEY: Final = age.identity_from_seed(bytes([9]) * 32)


def organisation() -> dict[str, Any]:
    """What the other vectors refer to."""
    return {
        "pin": ORG,
        "root": ROOT.text.decode(),
        "certificates": [document.text.decode() for document in CERTIFICATES],
        "supervisor": SUPERVISOR.told(),
        "caseworker": CASEWORKER.told(),
        "triager": TRIAGER.told(),
        "analyst": ANALYST.told(),
        "stranger": STRANGER.told(),
        "fingerprints": {
            person.id: fingerprint(str(person.identity.recipient), b64(person.certified.key))
            for person in (SUPERVISOR, CASEWORKER, TRIAGER)
        },
    }


def sizes() -> dict[str, Any]:
    """All classes of the documents, and those of attachments under two limits."""
    limits = (16 * MIB, 100_000_000)
    return {
        "plaintext": {kind: classes(kind) for kind in Kind if kind is not Kind.ATTACHMENT},
        "sealed": {kind: sorted(ciphertext_sizes(kind)) for kind in Kind if kind is not Kind.ATTACHMENT},
        "attachments": {str(limit): classes(Kind.ATTACHMENT, limit) for limit in limits},
    }


APPROVAL: Final = signed(
    Header.new(
        "approval",
        CASE,
        ApprovalStatement(
            approval=counted_id("apr", 1),
            subject=ApprovalSubject.CODING,
            object=CASE,
            of="a" * 64,
            decision=ApprovalState.APPROVED,
        ).body(),
        org=ORG,
        author=TRIAGER.id,
        at=HOUR,
        to=CASE_KEY.recipient,
        generation=1,
    ),
    TRIAGER.signer,
)
THREAD_STATE: Final = Header(
    type="thread-state",
    org=ORG,
    subject=REPORT,
    version=1,
    previous=None,
    generation=None,
    sealed_to=recipient_sha256(CASE_KEY.recipient),
    author=None,
    at="2026-06-15",
    body={"words": 'quotes " and \\, 事件, ‏العربية, 😀, \u0001'},
)
MACED: Final = maced(THREAD_STATE, THREAD_KEY)
# What makes a second version of a first one.
SECOND: Final[dict[str, Any]] = {"version": 2, "previous": "0" * 64}


def documents() -> dict[str, Any]:
    """Texts as they are before padding and sealing, each with the reason for which it is refused, or null."""
    genuine = {"signed": APPROVAL, "under a MAC": MACED, "bare": bare(replace(THREAD_STATE, type="state"))}
    return {
        "asked": {
            "org": ORG,
            "recipient": str(CASE_KEY.recipient),
            "day": str(DAY),
            "writers": [TRIAGER.id, ANALYST.id, STRANGER.id],
            "thread_key": b64(THREAD_KEY),
        },
        "bytes_signed": {"type": "approval", "hex": bytes_signed("approval", APPROVAL.line).hex()},
        "vectors": [
            *(_vector(name, document, document.text, None) for name, document in genuine.items()),
            *(_vector(name, APPROVAL, text, why) for name, text, why in _refused()),
            *(_vector(name, MACED, text, why) for name, text, why in _refused_of_a_thread()),
        ],
    }


def _vector(name: str, asked: Document, text: bytes, refused: str | None) -> dict[str, Any]:
    """What is read where `asked` is asked for."""
    of = asked.header
    return {"name": name, "type": of.type, "subject": of.subject, "text": text.decode(), "refused": refused}


def _refused() -> Iterator[tuple[str, bytes, str]]:
    line, proof = APPROVAL.text.split(b"\n")[:2]
    swapped: dict[str, tuple[Any, str]] = {
        "org": ("0" * 64, "org"),
        "type": ("consent", "type"),
        "subject": (counted_id("case", 2), "subject"),
        "version": (2, "malformed"),
        "previous": ("0" * 64, "malformed"),
        "generation": (2, "signature"),
        "sealed_to": (recipient_sha256(REPORT_KEY.recipient), "sealed_to"),
        "author": (CASEWORKER.id, "signature"),
        "at": ("2026-06-15T10:00Z", "signature"),
        "body": ({}, "signature"),
    }
    for key, (value, reason) in swapped.items():
        header = replace(APPROVAL.header, **{key: value})
        yield f"{key} swapped", Document(header.line(), header, APPROVAL.proof).text, reason
    for name, author, reason in (
        ("by nobody who is certified", STRANGER, "uncertified"),
        ("by an analyst", ANALYST, "role"),
        ("by somebody who is not the named approver", CASEWORKER, "not-a-writer"),
    ):
        yield name, signed(replace(APPROVAL.header, author=author.id), author.signer).text, reason
    yield "from the future", signed(replace(APPROVAL.header, at="2026-07-01T09:00Z"), TRIAGER.signer).text, "at"
    yield "in another's name", signed(APPROVAL.header, CASEWORKER.signer).text, "author"
    yield "two signatures", signed(APPROVAL.header, TRIAGER.signer, CASEWORKER.signer).text, "author"
    other = TRIAGER.signer.sign("consent", line)
    yield "signed as another type", Document(line, APPROVAL.header, Signatures((other,))).text, "signature"
    yield "no signature", line + b'\n{"sigs":[]}\n', "unsigned"
    for name, text in (
        ("no proof", line + b"\n{}\n"),
        ("a MAC where there is a signature", maced(APPROVAL.header, THREAD_KEY).text),
        ("an unknown type", APPROVAL.text.replace(b'"type":"approval"', b'"type":"approved"')),
        ("an unknown key", APPROVAL.text.replace(b'{"v":1,', b'{"v":1,"w":1,')),
        ("a repeated key", APPROVAL.text.replace(b'"version":1', b'"version":1,"version":1')),
        ("a repeated key in the body", APPROVAL.text.replace(b'"decision"', b'"of":"","decision"')),
        ("another version of the format", APPROVAL.text.replace(b'"v":1', b'"v":2')),
        ("half of a surrogate pair", APPROVAL.text.replace(b'"approved"', b'"\\ud800"')),
        ("a third line", APPROVAL.text + b"{}\n"),
        ("no last line feed", APPROVAL.text[:-1]),
        ("padded base64url", line + b"\n" + proof.replace(b'"}]', b'=="}]') + b"\n"),
        ("a space in line 2", line + b"\n" + proof.replace(b":[", b": [") + b"\n"),
        ("dated to the minute", signed(replace(APPROVAL.header, at="2026-06-15T09:17Z"), TRIAGER.signer).text),
        ("about an epoch", signed(replace(APPROVAL.header, subject=EPOCH), TRIAGER.signer).text),
        ("a second version of what is written once", signed(replace(APPROVAL.header, **SECOND), TRIAGER.signer).text),
    ):
        yield name, text, "malformed"


def _refused_of_a_thread() -> Iterator[tuple[str, bytes, str]]:
    """The same for what carries a MAC, which a browser reads too."""
    yield "another thread's MAC", maced(THREAD_STATE, bytes(32)).text, "mac"
    for name, changes in (
        ("about a case", {"subject": CASE}),
        ("a second version of a reply", {"type": "message.staff", **SECOND}),
    ):
        yield f"under a MAC: {name}", maced(replace(THREAD_STATE, **changes), THREAD_KEY).text, "malformed"


def sealed() -> dict[str, Any]:
    """Grants and a document as the service keeps them."""
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
        head=HEAD,
    )
    first = seal_grant(
        REPORT_KEY,
        EPOCH_KEY.recipient,
        org=ORG,
        subject=REPORT,
        generation=1,
        grantee=EPOCH,
        kind=GrantKind.INTAKE,
        at="2026-06-15",
        signer=None,
        language="ug",
        danger_now=Imminence.NOW,
    )
    return {
        "grant": {
            "file": b64(grant),
            "identity": str(TRIAGER.identity),
            "plaintext": _plaintext(grant, TRIAGER.identity),
            "secret": str(CASE_KEY),
        },
        "first_grant": {
            "file": b64(first),
            "identity": str(EPOCH_KEY),
            "plaintext": _plaintext(first, EPOCH_KEY),
            "secret": str(REPORT_KEY),
        },
        "document": {
            "file": b64(seal(APPROVAL, CASE_KEY.recipient)),
            "identity": str(CASE_KEY),
            "text": APPROVAL.text.decode(),
        },
        "of_a_thread": {
            "file": b64(seal(MACED, CASE_KEY.recipient)),
            "identity": str(CASE_KEY),
            "text": MACED.text.decode(),
        },
        "to_two_recipients": {
            "file": b64(age.encrypt(bytes(4 * KIB), [CASE_KEY.recipient, REPORT_KEY.recipient])),
            "refused": "envelope",
        },
        "of_no_class": {"file": b64(age.encrypt(bytes(1000), [CASE_KEY.recipient])), "refused": "envelope"},
    }


def _plaintext(grant: bytes, identity: age.HybridIdentity) -> str:
    return age.decrypt(grant, [identity]).decode()


def public_log() -> dict[str, Any]:
    """A key log of a root, the service key and two intake documents; its head; the card-writing key beside it."""
    epoch = Intake(
        epoch=EPOCH,
        recipient=EPOCH_KEY.recipient,
        accepts_from=DAY,
        accepts_until=date(2026, 6, 21),
        destroyed_on=date(2026, 6, 28),
        languages=("en", "zh-Hans"),
        attachment_limit=100_000_000,
        notice="We read every report within a day.",
    )
    following = replace(
        epoch,
        epoch=counted_id("epoch", 2),
        recipient=REPORT_KEY.recipient,
        accepts_from=date(2026, 6, 22),
        accepts_until=date(2026, 6, 28),
        destroyed_on=date(2026, 7, 5),
    )
    service = statements.state_service_key(
        SERVICE_KEY.public_key().public_bytes_raw(), org=ORG, signer=SUPERVISOR.signer, on=DAY
    )
    first = intake.make(epoch, org=ORG, previous=None, signer=SUPERVISOR.signer, on=DAY)
    second = intake.make(following, org=ORG, previous=first, signer=SUPERVISOR.signer, on=DAY)
    lines: list[bytes] = []
    for n, document in enumerate((ROOT, service, first, second), start=1):
        lines.append(key_log.entry(n, sha256_hex(lines[-1]) if lines else None, document))
    head = Head(len(lines), sha256_hex(lines[-1]))
    signature = Signer(SERVICE, SERVICE_KEY).sign("key-log-head", head.line())
    return {
        "pin": ORG,
        "lines": [line.decode() for line in lines],
        "head": key_log.write_head(head, signature),
        "head_line": head.line().decode(),
    }


def client() -> dict[str, Any]:
    """The organisation's file, two manifests that follow one another, and others that are refused."""
    organisation = Organisation("Tern", ORG, "https://www.example.org/").content()
    files = {
        "assets/report-ab12cd34.js": "a" * 64,
        "en/": "b" * 64,
        "en/replies/": "c" * 64,
        ORGANISATION: sha256_hex(organisation),
        "zh-Hans/": "d" * 64,
    }
    first = manifest.make(files, org=ORG, previous=None, signer=SUPERVISOR.signer, on=DAY)
    second = manifest.make(files, org=ORG, previous=first, signer=SUPERVISOR.signer, on=date(2026, 6, 16))
    return {
        "pin": ORG,
        "organisation": organisation.decode(),
        "files": files,
        "first": first.text.decode(),
        "second": second.text.decode(),
        "refused": [
            {"name": name, "text": text.decode(), "refused": why} for name, text, why in _refused_manifests(first)
        ],
    }


def _refused_manifests(genuine: Document) -> Iterator[tuple[str, bytes, str]]:
    files: dict[str, Any] = genuine.header.body["files"]
    for name, body in (
        ("without the organisation's file", {path: hash_ for path, hash_ in files.items() if path != ORGANISATION}),
        ("with itself", {**files, "manifest.txt": "e" * 64}),
        ("with a path from the root", {**files, "/en/": "e" * 64}),
        ("with a path that leads out", {**files, "en/../": "e" * 64}),
        ("with an empty path", {**files, "": "e" * 64}),
        ("with a question", {**files, "en/?a": "e" * 64}),
        ("with no hash", {**files, "en/": None}),
    ):
        yield name, _manifest(genuine, {"files": dict(sorted(body.items()))}), "malformed"
    yield "in another order", _manifest(genuine, {"files": dict(reversed(files.items()))}), "malformed"
    yield "with something else", _manifest(genuine, {"files": files, "more": 1}), "malformed"
    of_another = replace(genuine.header, author=CASEWORKER.id)
    yield "of somebody who is no supervisor", signed(of_another, CASEWORKER.signer).text, "signer"
    another = replace(genuine.header, body={"files": {**files, "en/": "e" * 64}})
    yield "changed after it was signed", Document(another.line(), another, genuine.proof).text, "signature"


def _manifest(genuine: Document, body: dict[str, Any]) -> bytes:
    return signed(replace(genuine.header, body=body), SUPERVISOR.signer).text


def objections() -> dict[str, Any]:
    """A key that was replaced asks which are in its place, and says that these are not its person\'s.

    Each signature, and what is none. The certificates say which keys the person has, and had.
    """
    anew = replace(TRIAGER.certified, recipient=STRANGER.certified.recipient, key=STRANGER.certified.key)
    last = date(2026, 12, 31)
    second = certificate(
        anew, org=ORG, signer=SUPERVISOR.signer, valid_from=DAY, valid_until=last, previous=CERTIFICATES[1]
    )
    by = TRIAGER.signer
    recipient, key = str(anew.recipient), anew.key
    genuine = _objection(Objection.sign(by, org=ORG, recipient=recipient, key=key))
    asked = {"person": TRIAGER.id, "key": b64(by.public_key), "sig": b64(ask(by, org=ORG))}
    others = {
        "of the key in its place": Signer(TRIAGER.id, STRANGER.key),
        "of a key that the person never had": Signer(TRIAGER.id, CASEWORKER.key),
        "of somebody whose keys are as they were": CASEWORKER.signer,
    }
    return {
        "org": ORG,
        "certificates": [CERTIFICATES[1].text.decode(), second.text.decode()],
        "asked": asked,
        "not_asked": {
            "for somebody else": {**asked, "person": CASEWORKER.id},
            "by another key": {**asked, "key": b64(STRANGER.certified.key)},
            "an objection": {**asked, "sig": genuine["signature"]},
        },
        "objection": genuine,
        "not_objected": {
            "for somebody else": {**genuine, "person": CASEWORKER.id},
            "to another recipient": {**genuine, "recipient": str(REPORT_KEY.recipient)},
            "to another key": {**genuine, "key": b64(ANALYST.certified.key)},
            "for another organisation": _objection(Objection.sign(by, org="a" * 64, recipient=recipient, key=key)),
            "a question": {**genuine, "signature": asked["sig"]},
            **{
                name: _objection(Objection.sign(signer, org=ORG, recipient=recipient, key=key))
                for name, signer in others.items()
            },
        },
    }


def _objection(of: Objection) -> dict[str, str]:
    """As the service takes and shows it."""
    return {
        "person": of.person,
        "by_key": b64(of.by),
        "recipient": of.recipient,
        "key": b64(of.key),
        "signature": b64(of.sig),
    }


def receipt() -> dict[str, Any]:
    """Receipts, their words in some lists, and what is derived from them."""
    secrets = (bytes(16), bytes(range(16)), b"\xff" * 16, bytes.fromhex("7f3c0011aa55de9912844bf0c2e6d781"))
    return {"vectors": [_receipt(Receipt(secret)) for secret in secrets]}


def _receipt(of: Receipt) -> dict[str, Any]:
    return {
        "secret": of.secret.hex(),
        "words": {language: of.words(language) for language in ("en", "zh-Hans", "zh-Hant", "fr", "es", "ja", "ko")},
        "token": b64(of.token),
        "token_sha256": sha256_hex(b64(of.token).encode()),
        "identity": str(of.identity),
        "recipient": str(of.identity.recipient),
        "thread_key": b64(of.thread_key),
        "withdrawal": b64(of.withdrawal),
        "withdrawal_sha256": of.withdrawal_sha256,
    }


FILES: Final = {
    "organisation": organisation,
    "sizes": sizes,
    "documents": documents,
    "sealed": sealed,
    "key_log": public_log,
    "manifest": client,
    "receipt": receipt,
    "objections": objections,
}


def main() -> None:
    for name, make in FILES.items():
        text = json.dumps(make(), ensure_ascii=True, indent=1)
        (DIRECTORY / f"{name}.json").write_text(text + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
