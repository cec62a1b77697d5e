"""All vectors, by what reads them."""

from typing import Any

from tests.vectors.refusals import (
    chains,
    files,
    forms,
    grants,
    journals,
    losses,
    opening,
    parts,
    roots,
    thread,
    trust,
    values,
)


def vectors() -> dict[str, Any]:
    logs = trust.KeyLogs()
    by_reader = {
        "hash": values.hashes(),
        "id": values.ids(),
        "day": values.days(),
        "at": values.moments(),
        "base64url": values.base64url(),
        "recipient": values.recipients(),
        "json": values.json_lines(),
        "envelope": files.envelopes(),
        "attachment": files.attachments(),
        "document": forms.documents(),
        "document-of-staff": forms.documents_of_staff(),
        "root": (*trust.roots(), *roots.forms()),
        "public": (*trust.public_documents(), *roots.counting()),
        "kept": roots.lists(),
        "public-of-staff": trust.public_documents_of_staff(),
        "key-log": (*logs.vectors(), *roots.successions(logs), *losses.of_logs(logs)),
        "intake": trust.intakes(),
        "opening": opening.openings(),
        "signed": opening.signed_documents(),
        "certificates": opening.certificates(),
        "certificate-chain": trust.certificate_chains(),
        "journal": journals.journals(),
        "part": parts.parts(),
        "case": parts.cases(),
        "audit-chain": chains.audit_chains(),
        "audit-heads": chains.audit_heads_of_days(),
        "staff-log": chains.staff_logs(),
        "audit-seen": chains.countersignatures(),
        "grant": grants.grants(),
        "form": thread.forms(),
        "body": thread.bodies(),
        "reply": thread.replies(),
        "answer": thread.answers(),
    }
    told = {reader: [vector.told() for vector in found] for reader, found in by_reader.items()}
    return {
        "certificates": [document.text.decode() for document in opening.CERTIFIED],
        "lines": logs.lines,
        "vectors": told,
    }
