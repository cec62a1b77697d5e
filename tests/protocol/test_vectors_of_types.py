"""Of each type of the table there is one in `tests/vectors/types.json`, and its reader takes it as it stands."""

import json
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import pytest

from app import age
from app.client.machine.directory import PersonKeys
from app.protocol import (
    attachments,
    audit_heads,
    card,
    intake,
    journal,
    key_log,
    manifest,
    memory,
    staff_log,
    statements,
    templates,
)
from app.protocol.audit_heads import AuditHead
from app.protocol.case import Said, check, put_together
from app.protocol.certificates import Trust
from app.protocol.documents import Document, parse_document, recipient_sha256, seal
from app.protocol.encoding import sha256_hex
from app.protocol.grants import open_grant
from app.protocol.key_copy import AccountKey, open_copy
from app.protocol.losses import Loss
from app.protocol.mailbox import ReplyCopy, ReporterMessage, StaffMessage, ThreadState, read_state
from app.protocol.opening import Asked, open_document
from app.protocol.pairs import Pair, Recovery
from app.protocol.release import signatures
from app.protocol.release.release_keys import ReleaseKey, ReleaseSigner
from app.protocol.report import Report
from app.protocol.types import TYPES, Form
from tests.strength import COPY_WORK_FACTOR
from tests.vectors import make, make_types
from tests.vectors.make import CASE_KEY, DAY, DIRECTORY, ORG, REPORT_KEY, TRIAGER
from tests.vectors.make_mailbox import RECEIPT
from tests.vectors.make_types import DESK_KEY, IDENTITY_KEY
from tests.vectors.refusals.opening import CERTIFIED, CUSTODIAN, SECOND_CUSTODIAN

Vector = Mapping[str, Any]
VECTORS: dict[str, Vector] = json.loads((DIRECTORY / "types.json").read_bytes())
TRUST = Trust.pinned(make.ROOT, ORG).with_certificates(CERTIFIED)
IDENTITIES = {
    recipient_sha256(each.recipient): each
    for each in (
        CASE_KEY,
        DESK_KEY,
        IDENTITY_KEY,
        REPORT_KEY,
        RECEIPT.identity,
        TRIAGER.identity,
        CUSTODIAN.identity,
        SECOND_CUSTODIAN.identity,
    )
}
# It has no form yet.
WITHOUT_VECTOR = {"comment"}


def document_of(vector: Vector) -> Document:
    document = parse_document(vector["text"].encode())
    assert document.text.decode() == vector["text"]
    return document


def public(read: Callable[[Document], object]) -> Callable[[Vector], None]:
    def taken(vector: Vector) -> None:
        document = document_of(vector)
        read(TRUST.check_public(document, document.header.type))

    return taken


def sealed(read: Callable[[dict[str, Any]], object]) -> Callable[[Vector], None]:
    def taken(vector: Vector) -> None:
        document = document_of(vector)
        header = document.header
        identity = IDENTITIES[header.sealed_to or ""]
        writers = frozenset({header.author}) if header.author else None
        asked = Asked(header.type, ORG, header.subject, writers)
        file = seal(document, identity.recipient)
        opened = open_document(file, identity, asked, trust=TRUST, day=DAY, thread_key=RECEIPT.thread_key)
        read(opened.body)

    return taken


def pin_root(vector: Vector) -> None:
    assert Trust.pinned(document_of(vector), ORG).supervisors.keys() == {make.SUPERVISOR.id}


def certify(vector: Vector) -> None:
    document = document_of(vector)
    assert Trust.pinned(make.ROOT, ORG).with_certificates([document]).certified(document.header.subject, DAY)


def read_consent(body: dict[str, Any]) -> None:
    assert body.keys() == {"person", "consent", "scope", "status", "method", "wording"}


def part(type_: str) -> Callable[[Vector], None]:
    return sealed(lambda body: check(Said(make.PART, type_, body, make.CASEWORKER.id)))


def take_grant(vector: Vector) -> None:
    file = age.encrypt(vector["text"].encode(), [TRIAGER.identity.recipient])
    opened = open_grant(file, TRIAGER.identity, org=ORG, subject=make.CASE, grantee=TRIAGER.id, trust=TRUST, day=DAY)
    assert opened.identity.secret == CASE_KEY.secret


def take_attachment(vector: Vector) -> None:
    file, sink = vector["plaintext"].encode(), BytesIO()
    listed = attachments.seal(BytesIO(file), sink, CASE_KEY.recipient, name="a.txt", media_type="text/plain", limit=100)
    padded = age.decrypt(sink.getvalue(), [CASE_KEY])
    assert (len(padded), listed.plaintext_sha256) == (vector["padded"], vector["plaintext_sha256"])
    assert padded == file.ljust(vector["padded"], b"\0")
    assert listed.ciphertext_sha256 == sha256_hex(sink.getvalue())


def take_copy(vector: Vector) -> None:
    text, account_key = vector["text"].encode(), AccountKey.read(vector["account_key"])
    typed = age.Passphrase(f"{vector['passphrase']} {vector['account_key']}", COPY_WORK_FACTOR)
    copy = open_copy(age.encrypt(text, [typed]), vector["passphrase"], account_key)
    assert (copy.text, PersonKeys.read(copy.keys).recipient) == (text, str(TRIAGER.identity.recipient))


def take_card(vector: Vector) -> None:
    text = vector["text"].encode()
    assert card.encode(card.parse(text)) == text


def take_head(vector: Vector) -> None:
    head, signature = key_log.parse_head(vector["head"])
    assert head.line().decode() == vector["line"]
    key_log.verify([line.encode() for line in vector["lines"]], ORG).check_head(head, signature)


def take_staff_head(vector: Vector) -> None:
    log = staff_log.verify([line.encode() for line in vector["lines"]])
    log.check_head(*key_log.parse_head(vector["head"]), make.SERVICE_KEY.public_key().public_bytes_raw())
    assert log.certificates == tuple(make.CERTIFICATES)


def take_audit_head(vector: Vector) -> None:
    head = AuditHead.read(document_of(vector))
    keys = [make.SERVICE_KEY.public_key().public_bytes_raw()]
    audit_heads.check_heads([head], org=ORG, keys=keys, today=DAY)


def take_audit_seen(vector: Vector) -> None:
    assert audit_heads.check_seen(document_of(vector), make.AUDIT_HEAD, TRUST).person == make.SUPERVISOR.id


def take_release_key(vector: Vector) -> None:
    document = document_of(vector)
    stated = ReleaseKey.read(document)
    assert stated.role in TRUST.author_of(document, stated.signed_on).roles


def take_release(vector: Vector) -> None:
    signers = signatures.read_signatures(vector["signatures"].encode())
    for each in signers:
        signatures.check_signature(each, vector["sums"].encode())
    assert len({each.by for each in signers}) == 2


READERS: Mapping[str, Callable[[Vector], None]] = {
    "root": pin_root,
    "certificate": certify,
    "service-key": public(statements.read_service_key),
    "intake": public(intake.read),
    "loss": public(Loss.read),
    "key": public(statements.read_key),
    "client": public(manifest.read),
    "report": sealed(Report.read),
    "thread-state": sealed(ThreadState.read),
    "state": sealed(read_state),
    "message.staff": sealed(StaffMessage.read),
    "message.reporter": sealed(ReporterMessage.read),
    "message.copy": sealed(ReplyCopy.read),
    "journal": sealed(journal.read),
    "checkpoint": sealed(lambda body: journal.summed_up(journal.joined([body]))),
    **{name: part(name) for name in TYPES if name.startswith("part.")},
    "consent": sealed(read_consent),
    "approval": sealed(statements.read_approval),
    "memory": sealed(memory.read),
    "templates": sealed(templates.read),
    "pair": sealed(Pair.read),
    "recovery": sealed(Recovery.read),
    "grant": take_grant,
    "attachment": take_attachment,
    "card": take_card,
    "copy": take_copy,
    "key-log-head": take_head,
    "staff-log-head": take_staff_head,
    "audit-head": take_audit_head,
    "audit-seen": take_audit_seen,
    "release-key": take_release_key,
    "release-signer": public(ReleaseSigner.read),
    "release": take_release,
}


def test_the_vectors_of_all_parts_come_to_one_case() -> None:
    headers = [parse_document(VECTORS[name]["text"].encode()).header for name in TYPES if name.startswith("part.")]

    whole = put_together((Said(each.subject, each.type, each.body, each.author or "") for each in headers), ())

    assert whole.set_aside == ()
    assert whole.file.incidents == (make_types.INCIDENT,)


def test_the_vectors_are_those_that_we_make() -> None:
    assert json.loads(json.dumps(make_types.types())) == VECTORS, "run `python -m tests.vectors.make_types`"


@pytest.mark.parametrize("name", sorted(TYPES.keys() - WITHOUT_VECTOR))
def test_each_type_has_a_vector_that_its_reader_takes(name: str) -> None:
    assert name in VECTORS, f"type {name} has no vector"
    assert name in READERS, f"type {name} has no reader here"

    READERS[name](VECTORS[name])


@pytest.mark.parametrize("name", [name for name, of in TYPES.items() if of.is_document])
def test_a_vector_of_a_document_is_of_its_type_and_of_no_other(name: str) -> None:
    header = parse_document(VECTORS[name]["text"].encode()).header

    assert (header.type, header.sealed_to is None) == (name, TYPES[name].form is Form.PUBLIC)
