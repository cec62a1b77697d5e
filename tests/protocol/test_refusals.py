"""The refusals in `tests/vectors/refusals.json`, which TypeScript runs too: each rule, and what breaks it."""

import ast
import json
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app import age, protocol
from app.protocol import (
    audit_chain,
    audit_heads,
    case,
    conversation,
    encoding,
    intake,
    journal,
    key_log,
    mailbox,
    staff_log,
)
from app.protocol.audit_heads import AuditHead
from app.protocol.case import RuleBroken, Said
from app.protocol.certificates import Trust
from app.protocol.chain import Mark
from app.protocol.conversation import NoSuchMailbox
from app.protocol.documents import parse_document, recipient_sha256
from app.protocol.encoding import parse_object, sha256_hex, unb64
from app.protocol.errors import NotAuthentic, ProtocolError
from app.protocol.grants import open_grant
from app.protocol.journal import Authority, Place
from app.protocol.mailbox import ReporterMessage, StaffMessage, ThreadState
from app.protocol.opening import Asked, Opened, check_attachment, open_document
from app.protocol.report import Attachment, Form, check_recipient
from app.protocol.sizes import classes
from app.protocol.types import TYPES
from app.vocabulary import Role
from tests.protocol.organisation import Memory
from tests.vectors import make
from tests.vectors.make import DIRECTORY
from tests.vectors.make_mailbox import MAILBOX, RECEIPT
from tests.vectors.refusals.vectors import vectors

Given = dict[str, Any]


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DIRECTORY / f"{name}.json").read_bytes())
    return found


ORGANISATION, MAILBOX_VECTORS, SEALED, REFUSALS = map(read, ("organisation", "mailbox", "sealed", "refusals"))
ROOT = parse_document(ORGANISATION["root"].encode())
TRUST = Trust.pinned(ROOT, ORGANISATION["pin"])
CERTIFIED = TRUST.with_certificates(parse_document(text.encode()) for text in REFUSALS["certificates"])
TO_NOBODY = unb64(MAILBOX_VECTORS["answer"])[-mailbox.SLOT_SIZE :]


def read_value(given: Given) -> object:
    return given["value"]


def read_json(given: Given) -> object:
    return parse_object(given["line"].encode() if "line" in given else unb64(given["bytes"]))


def read_document(given: Given) -> None:
    text = given["text"].encode() if "text" in given else unb64(given["bytes"])
    assert parse_document(text).text == text.rstrip(b" ")


def read_root(given: Given) -> None:
    Trust.pinned(parse_document(given["text"].encode()), given["pin"])


def read_public(given: Given) -> None:
    trust = followed(given.get("roots", ()))
    trust.check_public(parse_document(given["text"].encode()), given["type"])


def read_kept(given: Given) -> None:
    followed(given["roots"]).with_kept(given["hashes"])


def followed(roots: Iterable[str]) -> Trust:
    trust = TRUST
    for each in roots:
        trust = trust.followed_by(parse_document(each.encode()))
    return trust


def read_key_log(given: Given) -> None:
    log = key_log.verify([REFUSALS["lines"][name].encode() for name in given["lines"]], given["pin"])
    if given["head"] is not None:
        log.check_head(*key_log.parse_head(given["head"]))
    log.check_follows(Mark(seen["n"], seen["hash"]) if (seen := given["seen"]) else None)
    if shown := given.get("shown"):
        log.shown_on(date.fromisoformat(shown["today"]), shown["text"].encode())


def read_intake(given: Given) -> None:
    intake.read(parse_document(given["text"].encode())).check_accepts(date.fromisoformat(given["today"]))


def open_edited(given: Given) -> None:
    document = SEALED["of_a_thread"]
    file = unb64(document["file"])
    for edit in given["edits"]:
        file = file[: edit["at"]] + unb64(edit["put"]) + file[edit["at"] + edit["cut"] :]
    header = parse_document(document["text"].encode()).header
    asked = Asked(header.type, ORGANISATION["pin"], header.subject)
    open_document(file, identity(document["identity"]), asked, thread_key=make.THREAD_KEY)


def read_attachment(given: Given) -> None:
    hashes = {key: given[key] for key in ("ciphertext_sha256", "plaintext_sha256")}
    check_attachment(Attachment.read(given["attachment"]), **hashes)


def open_sealed(given: Given, **means: Any) -> None:
    text = given["text"].encode()
    size = given["size"] or classes(TYPES[given["asked"]["type"]].size)[0]
    file = age.encrypt(text.ljust(size, b" "), [identity(given["sealed_to"]).recipient])
    memory = Memory()
    asked = Asked(**given["asked"], writers=means.pop("writers", None))
    if seen := given["seen"]:
        mark = Mark(seen["version"], seen["sha256"] or sha256_hex(file), seen["generation"])
        memory.record(asked.type, asked.subject, mark)
    thread_key = unb64(given["thread_key"]) if given["thread_key"] else None

    opened = open_document(file, identity(given["opened_by"]), asked, thread_key=thread_key, seen=memory, **means)

    header = opened.document.header
    assert opened.document.text == text
    assert memory.highest(asked.type, asked.subject) == Mark(header.version, sha256_hex(file), header.generation)


def open_signed(given: Given) -> None:
    writers = None if given["writers"] is None else frozenset(given["writers"])
    open_sealed(given, trust=CERTIFIED, day=date.fromisoformat(given["today"]), writers=writers)


def who(given: Given) -> list[Role]:
    trust = TRUST.with_certificates(parse_document(text.encode()) for text in given["certificates"])
    key = None if given["key"] is None else unb64(given["key"])
    return sorted(trust.certified(given["person"], date.fromisoformat(given["day"]), key=key).roles)


def read_certificate_chain(given: Given) -> None:
    TRUST.with_certificates(parse_document(text.encode()) for text in given["certificates"]).check_chains()


def read_journal(given: Given) -> Given:
    places = [
        Place(sha256, text and Opened(parse_document(text.encode()), sha256, None))
        for sha256, text in ((place["sha256"], place["text"]) for place in given["places"])
    ]

    def was_certified(person: str, day: date) -> bool:
        first, last = map(date.fromisoformat, given["certified"][person])
        return first <= day <= last

    by = Authority(
        today=date.fromisoformat(given["today"]),
        was_certified=was_certified,
        author_of=lambda document: CERTIFIED.author_of(document, None),
        ended_by=CERTIFIED.ended_by,
    )
    found = journal.follow(journal.begin(given["case"], places[0], by=by), places[1:], by=by)
    return {
        "members": sorted(found.members.present),
        "owner": found.members.owner,
        "generation": found.generation,
        "reports": [each.id for each in found.reports],
        "parts": {
            part: [[each.note.version, each.entry] for each in versions] for part, versions in found.parts.items()
        },
        "passed_over": list(found.passed_over),
        "clock_wrong": list(found.clock_wrong),
        "seconded": [[each.by, each.entry] for each in found.seconded],
    }


def read_part(given: Given) -> None:
    said = Said(given["part"], given["type"], given["body"], given["author"])
    before = given["before"] and Said(given["part"], given["type"], **given["before"])
    case.check(said)
    case.check_change(before, said)


def read_case(given: Given) -> Given:
    whole = case.put_together((Said(**said) for said in given["parts"]), ())
    whole.file.check()
    return {
        "set_aside": sorted([each.part, each.rule] for each in whole.set_aside),
        "persons": [each.id for each in whole.file.persons],
        "incidents": {
            each.id: [len(each.assertions), len(each.verdicts), each.confidence] for each in whole.file.incidents
        },
        "cards": [each.id for each in whole.file.cards],
        "selectors": len(whole.file.selectors),
        "identities": len(whole.file.identities),
    }


def read_audit(given: Given) -> str:
    events = [audit_chain.Event(**event) for event in given["events"]]
    return audit_chain.verify(events, seq=given["seq"], head=given["head"])


def read_audit_heads(given: Given) -> None:
    heads = [audit_head(text) for text in given["heads"]]
    keys = [unb64(each) for each in given["keys"]]
    after = audit_head(given["after"]) if given["after"] else None
    today = date.fromisoformat(given["today"])
    audit_heads.check_heads(heads, org=ORGANISATION["pin"], keys=keys, after=after, today=today)


def read_audit_seen(given: Given) -> str:
    seen = parse_document(given["text"].encode())
    return audit_heads.check_seen(seen, audit_head(given["head"]), CERTIFIED).person


def read_staff_log(given: Given) -> None:
    log = staff_log.verify([line.encode() for line in given["lines"]])
    log.check_follows(Mark(seen["n"], seen["hash"]) if (seen := given["seen"]) else None)
    log.check_head(*key_log.parse_head(given["head"]), unb64(given["key"]))


def audit_head(text: str) -> AuditHead:
    return AuditHead.read(parse_document(text.encode()))


def open_the_grant(given: Given) -> None:
    text = given["text"].encode().ljust(given["size"] - 1, b" ") + b"\n"
    file = age.encrypt(text, [identity(given["sealed_to"]).recipient])
    asked = {key: given[key] for key in ("org", "subject", "grantee")}
    open_grant(file, identity(given["opened_by"]), **asked, trust=CERTIFIED, day=date.fromisoformat(given["today"]))


def read_form(given: Given) -> None:
    Form.read(given)


def read_body(given: Given) -> None:
    readers: dict[str, Callable[[dict[str, Any]], Any]] = {
        "thread-state": ThreadState.read,
        "message.reporter": ReporterMessage.read,
        "message.staff": StaffMessage.read,
        "state": mailbox.read_state,
    }
    readers[given["type"]](given["body"])


def read_reply(given: Given) -> str:
    return mailbox.join([StaffMessage.read(part) for part in given["parts"]])


def read_answer(given: Given) -> Given:
    recalled, *slots = [
        TO_NOBODY if text is None else age.encrypt(text.encode().ljust(4096, b" "), [MAILBOX])
        for text in (given.get("recalled"), *given["slots"])
    ]
    found = conversation.read_mailbox(
        b"".join(slots), RECEIPT, org=ORGANISATION["pin"], recall=lambda: b"".join([recalled, *slots[1:]])
    )
    return {
        "state": found.state,
        "replies": [[reply.number, reply.day, reply.text] for reply in found.replies],
        "missing": list(found.missing),
        "not_authentic": list(found.not_authentic),
        "writes_to": recipient_sha256(found.write_to) if found.thread_state else None,
    }


def identity(secret: str) -> age.HybridIdentity:
    found = age.parse_identity(secret)
    assert isinstance(found, age.HybridIdentity)
    return found


READERS: dict[str, Callable[[Given], object]] = {
    "hash": lambda given: encoding.check_hash(given["value"]),
    "id": lambda given: encoding.check_id(given["prefix"], given["value"]),
    "day": lambda given: encoding.check_day(given["value"]),
    "at": lambda given: str(encoding.check_at(given["value"])),
    "base64url": lambda given: unb64(given["value"], given["size"]),
    "recipient": lambda given: check_recipient(given["value"]),
    "json": read_json,
    "envelope": open_edited,
    "attachment": read_attachment,
    "document": read_document,
    "document-of-staff": read_document,
    "root": read_root,
    "public": read_public,
    "public-of-staff": read_public,
    "kept": read_kept,
    "key-log": read_key_log,
    "intake": read_intake,
    "opening": open_sealed,
    "signed": open_signed,
    "certificates": who,
    "certificate-chain": read_certificate_chain,
    "journal": read_journal,
    "part": read_part,
    "case": read_case,
    "audit-chain": read_audit,
    "audit-heads": read_audit_heads,
    "audit-seen": read_audit_seen,
    "staff-log": read_staff_log,
    "grant": open_the_grant,
    "form": read_form,
    "body": read_body,
    "reply": read_reply,
    "answer": read_answer,
}
EACH = [
    pytest.param(reader, vector, id=f"{reader}: {vector['rule']}: {vector['name']}"[:150])
    for reader, every in REFUSALS["vectors"].items()
    for vector in every
]


def test_the_vectors_are_those_that_we_make() -> None:
    assert json.loads(json.dumps(vectors())) == REFUSALS


@pytest.mark.parametrize(("reader", "vector"), EACH)
def test_each_vector_is_taken_or_refused_for_the_stated_reason(reader: str, vector: dict[str, Any]) -> None:
    refused = None
    try:
        given = READERS[reader](vector["given"])
    except ProtocolError as failure:
        refused = {"kind": type(failure).__name__, "reason": reason_of(failure)}

    assert refused == vector["refused"]
    if "gives" in vector:
        assert given == vector["gives"]


def reason_of(failure: ProtocolError) -> str:
    if isinstance(failure, NoSuchMailbox):
        return "no-mailbox"
    if isinstance(failure, RuleBroken):
        return failure.rule
    return failure.reason if isinstance(failure, NotAuthentic) else "not-mine"


@pytest.mark.parametrize("reader", REFUSALS["vectors"])
def test_beside_each_refusal_stands_what_is_taken(reader: str) -> None:
    every = REFUSALS["vectors"][reader]
    refuses = reader != "case"  # which sets aside, whatever there is

    assert {vector["refused"] is None for vector in every} == {True, not refuses}
    names = [(vector["rule"], vector["name"]) for vector in every]
    assert len(names) == len(set(names))


def test_every_reason_that_the_protocol_knows_has_a_vector() -> None:
    known = {
        node.args[0].value
        for module in Path(str(protocol.__path__[0])).glob("*.py")
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"NotAuthentic", "Rollback"}
        and isinstance(node.args[0], ast.Constant)
    }
    told = {
        vector["refused"]["reason"] for every in REFUSALS["vectors"].values() for vector in every if vector["refused"]
    }

    assert known - told == set()
