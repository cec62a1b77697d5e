"""One request of the right form for every route, about things that are not there.

What the tests of this folder make of them is wrong in one place each. Because nothing of what they name is there, a
refusal of the form is seen to come before 404. Who may ask a route is said in the table of rights
(tests/access/table.py). A route without a row fails the test.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from app import age
from app.protocol.card import CARD_SIZE
from app.protocol.encoding import b64, sha256_hex
from app.protocol.sizes import Kind
from tests import factories

ABSENT = {
    name: factories.id_(prefix)
    for name, prefix in {
        "address": "upload",
        "approval_id": "apr",
        "attachment_id": "att",
        "case_id": "case",
        "epoch_id": "epoch",
        "key_id": "key",
        "pair_id": "pair",
        "partner_id": "par",
        "token_id": "tok",
        "part_id": "part",
        "person_id": "per",
        "recovery_id": "rcv",
        "release_id": "rel",
        "report_id": "rep",
        "session_id": "ses",
        "task_id": "task",
    }.items()
} | {"path": "data/persons.csv", "number": "1", "version": "1"}


@dataclass(frozen=True)
class Form:
    """`body` is JSON. A body of bytes is a line of JSON, `said`, unless there is none, and sealed `files`.

    `part` is one of an upload, of which only the upload says whether it is right; `tus` is said of uploads' protocol.
    `optional` are the names in the JSON that may be missing; `query` is what may be asked beside `limit` and `cursor`.
    """

    body: Mapping[str, object] | None = None
    optional: frozenset[str] = frozenset()
    said: Mapping[str, object] | None = None
    files: tuple[bytes, ...] = ()
    part: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    query: frozenset[str] = frozenset()
    pages: bool = False
    acts_once: bool = False
    sees_version: bool = False
    tus: bool = False


PAIR = {"first": factories.id_("per"), "second": factories.id_("per"), "file": factories.in_json(Kind.PAIR)}
GRANT = {"grantee": factories.id_("per"), "file": factories.in_json(Kind.GRANT)}
_SOMEBODY, _NO_HASH, _KEY = factories.id_("per"), "0" * 64, b64(bytes(32))
_LIST = Form(pages=True)
_ONE = Form()


def _made(body: Mapping[str, object], *optional: str) -> Form:
    return Form(body, frozenset(optional), acts_once=True)


def _moved(body: Mapping[str, object], *optional: str) -> Form:
    return Form(body, frozenset(optional), acts_once=True, sees_version=True)


PEOPLE = {
    "POST /v1/invitations": _made({"roles": ["triager"], "team": factories.id_("team")}, "team"),
    "POST /v1/people": Form(
        {
            "invitation": "no invitation",
            "handle": "nobody",
            "recipient": str(factories.SOMEBODY),
            "key": _KEY,
            "password": "correct horse battery",
        }
    ),
    "GET /v1/people": _LIST,
    "GET /v1/people/{person_id}": _ONE,
    "GET /v1/staff-log": Form(query=frozenset({"from"})),
    "GET /v1/staff-log/head": _ONE,
    "POST /v1/certificates": _made({"document": "no document"}),
    "POST /v1/sessions": Form({"person": "nobody", "password": "correct horse battery"}),
    "DELETE /v1/sessions/current": _ONE,
    "GET /v1/sessions": _ONE,
    "DELETE /v1/sessions/{session_id}": _ONE,
    "DELETE /v1/people/{person_id}/sessions": _ONE,
    "POST /v1/password/challenges": Form({"person": "nobody"}),
    "PUT /v1/password": Form(
        {
            "person": "nobody",
            "challenge": b64(bytes(56)),
            "signature": b64(bytes(64)),
            "password": "correct horse battery",
        }
    ),
    "PUT /v1/copy": Form({"file": factories.KEY_COPY, "signature": b64(bytes(64))}),
    "GET /v1/copy": _ONE,
    "GET /v1/memories": _ONE,
    "GET /v1/memories/{number}": _ONE,
    "PUT /v1/memories": Form(
        {"number": 1, "file": factories.in_json(Kind.MEMORY), "signature": b64(bytes(64))},
    ),
    "POST /v1/people/{person_id}/new-keys/tokens": Form(acts_once=True),
    "GET /v1/people/{person_id}/new-keys": _ONE,
    "PUT /v1/people/{person_id}/new-keys": Form({"document": ""}),
    "POST /v1/new-keys": Form(
        {
            "token": "no token",
            "recipient": str(factories.SOMEBODY),
            "key": _KEY,
            "password": "correct horse battery",
        }
    ),
    "POST /v1/replaced-keys": Form({"person": factories.id_("per"), "key": _KEY, "signature": b64(bytes(64))}),
    "PUT /v1/objections": Form(
        {
            "person": factories.id_("per"),
            "by_key": _KEY,
            "recipient": str(factories.SOMEBODY),
            "key": _KEY,
            "signature": b64(bytes(64)),
        }
    ),
    "GET /v1/objections": _LIST,
    "POST /v1/copy/fetches": Form({"token": "no token"}),
    "GET /v1/people/{person_id}/holdings": _ONE,
    "POST /v1/people/{person_id}/copy-tokens": Form(acts_once=True),
    "GET /v1/partners": _LIST,
    "POST /v1/partners": _made({"handle": "a-university", "scope": "published", "until": "2020-01-01"}),
    "GET /v1/partners/{partner_id}": _ONE,
    "POST /v1/partners/{partner_id}/transitions": _moved({"to": "agreed"}),
    "GET /v1/partners/{partner_id}/tokens": _LIST,
    "POST /v1/partners/{partner_id}/tokens": _made({"scope": "published"}),
    "DELETE /v1/partners/{partner_id}/tokens/{token_id}": _ONE,
    "POST /v1/keys": _made(
        {"document": "no document", "token_sha256": _NO_HASH, "grants": [GRANT], "pairs": [PAIR]},
        *("token_sha256", "pairs"),
    ),
    "GET /v1/keys": _LIST,
    "GET /v1/keys/{key_id}/grants": _ONE,
    "POST /v1/keys/{key_id}/grants": _made(GRANT),
    "POST /v1/pairs": _made(
        {"subject": factories.id_("part"), "generation": 1, "pairs": [PAIR], "case": factories.id_("case")}, "case"
    ),
    "GET /v1/pairs": _LIST,
    "GET /v1/pairs/{pair_id}": _ONE,
    "POST /v1/recoveries": _made(
        {
            "pair": factories.id_("pair"),
            "act": factories.in_json(Kind.PAIR),
            "file": factories.in_json(Kind.GRANT),
            "until": "2026-06-20",
            "parts": [{"pair": factories.id_("pair"), "file": factories.in_json(Kind.GRANT)}],
        },
        *("parts", "until"),
    ),
    "GET /v1/recoveries": _LIST,
    "GET /v1/recoveries/{recovery_id}": _ONE,
    "POST /v1/recoveries/{recovery_id}/grants": _made({"grants": [GRANT]}),
}

_WRITING = {
    "entries": [factories.in_json(Kind.JOURNAL)],
    "parts": [{"id": factories.id_("part"), "version": 1, "file": factories.in_json(Kind.PART)}],
}
_CASE = {
    "id": factories.id_("case"),
    "team": factories.id_("team"),
    "owner": _SOMEBODY,
    "priority": "p2",
    **_WRITING,
    "grants": [GRANT],
    "pairs": [PAIR],
}

_JOINS = {"case": factories.id_("case"), "after": 1, "entry": factories.in_json(Kind.JOURNAL)}

TRIAGE = {
    "GET /v1/queue": Form(query=frozenset({"state"}), pages=True),
    "GET /v1/reports": Form(query=frozenset({"state", "unopened", "count"}), pages=True),
    "GET /v1/reports/{report_id}": _ONE,
    "GET /v1/reports/{report_id}/grants": _ONE,
    "GET /v1/reports/{report_id}/body": _ONE,
    "GET /v1/reports/{report_id}/attachments": _LIST,
    "GET /v1/reports/{report_id}/attachments/{attachment_id}": _ONE,
    "GET /v1/reports/{report_id}/messages": _LIST,
    "GET /v1/reports/{report_id}/replies": _LIST,
    "POST /v1/reports/{report_id}/messages": _moved(
        {**factories.ANSWER, "read": [_NO_HASH], "replaced": [_NO_HASH]}, "read", "replaced"
    ),
    "GET /v1/reports/{report_id}/transitions": _ONE,
    "POST /v1/reports/{report_id}/transitions": _moved(
        {
            "to": "in_triage",
            "reason": "decided",
            "priority": "p2",
            "joins": _JOINS,
            "new_case": _CASE,
            "grant": GRANT,
            "duplicate_of": factories.id_("rep"),
            "no_contact": True,
            "danger_now": True,
        },
        *("priority", "joins", "new_case", "parts", "owner", "pairs", "grant", "duplicate_of", "no_contact"),
        "danger_now",
    ),
    "PUT /v1/reports/{report_id}/epoch": Form({"grant": GRANT}, sees_version=True),
    "PUT /v1/reports/states": Form({"items": [{"id": factories.id_("rep"), "version": 1, "to": "in_triage"}]}),
    "PUT /v1/reports/{report_id}/opening": Form(
        {"case": factories.id_("case"), "epoch": None}, optional=frozenset({"epoch"}), sees_version=True
    ),
    "PUT /v1/reports/{report_id}/case": Form(
        {"joins": _JOINS, "new_case": _CASE, "grant": GRANT},
        optional=frozenset({"joins", "new_case", "parts", "owner", "pairs"}),
        sees_version=True,
    ),
}

_CONSENT = {
    "person": factories.id_("psn"),
    "consent": factories.id_("cons"),
    "status": "withdrawn",
    "number": 1,
    "method": "form",
    "file": factories.in_json(Kind.MESSAGE),
}
_ENTRIES = {
    **_WRITING,
    "add": [GRANT],
    "turned": [GRANT],
    "pairs": [PAIR],
    "part_keys": [{"part": factories.id_("part"), "grants": [GRANT]}],
    "report_keys": [{"report": factories.id_("rep"), "file": GRANT["file"]}],
    "checkpoint": [factories.in_json(Kind.PART)],
    "remove": [_SOMEBODY],
    "owner": _SOMEBODY,
    "confirm": [_SOMEBODY],
}

CASES = {
    "POST /v1/cases": _made(_CASE, "parts", "owner", "pairs"),
    "GET /v1/cases": Form(query=frozenset({"stage", "priority", "label", "handling", "sort", "count"}), pages=True),
    "GET /v1/cases/{case_id}": _ONE,
    "GET /v1/cases/{case_id}/contents": Form(query=frozenset({"after", "summed_up"})),
    "GET /v1/cases/{case_id}/parts/{part_id}": _ONE,
    "POST /v1/cases/{case_id}/parts/{part_id}/grants": _made(GRANT),
    "POST /v1/cases/{case_id}/entries": _moved(
        _ENTRIES,
        *("parts", "add", "turned", "pairs", "part_keys", "report_keys", "checkpoint", "remove", "owner", "confirm"),
    ),
    "GET /v1/cases/{case_id}/recoveries/{recovery_id}/journal": _ONE,
    "POST /v1/cases/{case_id}/recoveries/{recovery_id}/entries": _moved(
        {
            "entry": factories.in_json(Kind.JOURNAL),
            "add": [GRANT],
            "parts": [{"part": factories.id_("part"), "grants": [GRANT]}],
        },
        "parts",
    ),
    "GET /v1/cases/{case_id}/transitions": _ONE,
    "POST /v1/cases/{case_id}/transitions": _moved(
        {
            "to": "assessment",
            "reason": "decided",
            "held_for": "client",
            "resume_on": "2026-06-30",
            "closing": factories.id_("part"),
            "retention_class": "standard",
        },
        *("held_for", "resume_on", "closing", "retention_class"),
    ),
    "GET /v1/cases/{case_id}/work": _ONE,
    "PUT /v1/cases/{case_id}/assessment": Form(
        {"part": factories.id_("part"), "part_version": 1, "level": "low", "valid_until": "2026-06-30"}
    ),
    "PUT /v1/cases/{case_id}/plan": Form(
        {"part": factories.id_("part"), "part_version": 1, "status": "agreed", "review": "2026-06-30"},
        frozenset({"review"}),
    ),
    "GET /v1/cases/{case_id}/tasks": _LIST,
    "GET /v1/cases/{case_id}/tasks/{task_id}": _ONE,
    "PUT /v1/cases/{case_id}/tasks/{task_id}": Form(
        {"part": factories.id_("part"), "kind": "contact", "urgent": True, "due": "2026-06-30"},
        frozenset({"urgent", "due"}),
    ),
    "POST /v1/cases/{case_id}/tasks/{task_id}/transitions": _moved({"to": "done"}),
    "PUT /v1/cases/{case_id}/marks": Form(
        {"priority": "p2", "handling": "tlp_red", "next_review": "2026-06-30", "label": "red"},
        frozenset({"next_review", "label"}),
        sees_version=True,
    ),
    "PUT /v1/cases/marks": Form(
        {"items": [{"case": factories.id_("case"), "version": 1, "priority": "p2", "handling": "tlp_red"}]}
    ),
    "GET /v1/cases/{case_id}/consents": _LIST,
    "POST /v1/cases/{case_id}/withdrawals": _moved(
        {
            "report": factories.id_("rep"),
            "last": [factories.in_json(Kind.SLOT)],
            "entries": [factories.in_json(Kind.JOURNAL)],
            "parts": [factories.id_("part")],
            "people": [factories.id_("psn")],
        },
        *("last", "entries", "parts", "people"),
    ),
    "POST /v1/cases/{case_id}/ends": _moved(
        {
            "entries": [factories.in_json(Kind.JOURNAL)],
            "parts": [{"part": factories.id_("part"), "version": 1}],
            "people": [factories.id_("psn")],
        },
        "people",
    ),
    "POST /v1/cases/{case_id}/moves": _moved(
        {
            "to": factories.id_("case"),
            "after": 1,
            "whole": True,
            "entries": [factories.in_json(Kind.JOURNAL)],
            "arriving": _WRITING,
            "parts": [{"part": factories.id_("part"), "becomes": factories.id_("part")}],
            "reports": [{"report": factories.id_("rep"), "keys": [{"generation": 1, "file": GRANT["file"]}]}],
            "people": [factories.id_("psn")],
            "consents": [{key: value for key, value in _CONSENT.items() if key != "number"}],
        },
        *("parts", "people", "consents"),
    ),
    "GET /v1/words": _LIST,
    "GET /v1/news": _LIST,
    "GET /v1/me": _ONE,
    "GET /v1/templates": _ONE,
    "PUT /v1/templates": Form(
        {"version": 1, "key": factories.id_("key"), "file": factories.in_json(Kind.PART)},
    ),
    "GET /v1/clock-policies": _LIST,
    "GET /v1/clock-policies/in-force": _ONE,
    "POST /v1/clock-policies": _made({"after": 7, "rules": factories.CLOCK_RULES}),
    "POST /v1/clock-policies/{version}/agreements": Form(acts_once=True),
    "PUT /v1/reports/{report_id}/reading": Form({"posts": 1}),
    "GET /v1/cases/{case_id}/words": _ONE,
    "POST /v1/cases/{case_id}/consents": _made(_CONSENT),
}

APPROVALS = {
    "POST /v1/approvals": _made(
        {
            "subject": "coding",
            "object": factories.id_("case"),
            "approver": _SOMEBODY,
            "of": _NO_HASH,
            "comment": factories.in_json(Kind.TASK),
            "grant": GRANT,
        },
        *("of", "comment", "grant"),
    ),
    "GET /v1/approvals": Form(query=frozenset({"state", "object"}), pages=True),
    "GET /v1/approvals/{approval_id}": _ONE,
    "GET /v1/approvals/{approval_id}/grant": _ONE,
    "GET /v1/approvals/{approval_id}/transitions": _ONE,
    "POST /v1/approvals/{approval_id}/transitions": _moved(
        {"to": "approved", "statement": factories.in_json(Kind.TASK)}, "statement"
    ),
}

_GRANT, _SLOT, _FILE = (factories.sealed(kind) for kind in (Kind.GRANT, Kind.SLOT, Kind.ATTACHMENT))

INTAKE = {
    "GET /v1/intake": _ONE,
    "GET /v1/key-log": Form(query=frozenset({"from"})),
    "PUT /v1/report": Form(
        said={
            "v": 1,
            "epoch": factories.id_("epoch"),
            "mailbox": str(factories.SOMEBODY),
            "withdrawal": sha256_hex(factories.WITHDRAWAL),
        },
        files=(_GRANT, _SLOT, factories.sealed(Kind.REPORT)),
        headers={"Tern-Report": factories.id_("rep")},
    ),
    "OPTIONS /v1/uploads": _ONE,
    "POST /v1/uploads": Form(
        headers={"Tern-Attachment": factories.id_("att"), "Upload-Length": str(len(_FILE))}, tus=True
    ),
    "HEAD /v1/uploads/{address}": Form(tus=True),
    "PATCH /v1/uploads/{address}": Form(part=_FILE, headers={"Upload-Offset": "0"}, tus=True),
    "POST /v1/mailbox": Form(
        said={"v": 1, "kind": "consent", "id": factories.id_("msg"), "consent": factories.id_("cons")},
        files=(factories.sealed(Kind.MESSAGE), _SLOT),
    ),
    "POST /v1/key-log": _made({"entries": [{"document": "no document", "grants": [GRANT], "pairs": [PAIR]}]}, "pairs"),
    "GET /v1/service-key": _ONE,
    "GET /v1/root-proposals": _LIST,
    "POST /v1/root-proposals": _made({"document": "no document", "kept": ["a" * 64] * 10}, "kept"),
    "GET /v1/root-kept": _ONE,
    "GET /v1/epochs": _LIST,
    "GET /v1/epochs/{epoch_id}/grants": _ONE,
    "POST /v1/epochs/{epoch_id}/grants": _made(GRANT),
}

_CARD = {"Tern-Card": factories.id_("card")}

STATISTICS = {
    "POST /v1/releases": _made({"kind": "reserve", "period": "2020-Q2", "workload": "Q"}),
    "GET /v1/releases": _LIST,
    "GET /v1/release-requests": _LIST,
    "GET /v1/releases/{release_id}": _ONE,
    "GET /v1/releases/{release_id}/transitions": _ONE,
    "POST /v1/releases/{release_id}/transitions": _moved({"to": "cancelled"}),
    "POST /v1/releases/{release_id}/draw": Form({"statistics_keys": ["AGE-SECRET-KEY-PQ-1" + "Q" * 58]}),
    "POST /v1/releases/{release_id}/lost-accounts": _ONE,
    "POST /v1/releases/{release_id}/composition": _ONE,
    "POST /v1/releases/{release_id}/stand-ins": _moved({"place": "requester"}),
    "GET /v1/releases/{release_id}/files": _ONE,
    "GET /v1/releases/{release_id}/files/{path}": _ONE,
    "POST /v1/releases/{release_id}/signatures": Form({"key": _KEY, "sig": b64(bytes(64)), "statement": "{}\n{}\n"}),
    "GET /v1/releases/{release_id}/signatures": _ONE,
    "POST /v1/releases/{release_id}/corrections": _made({"words": "It was wrong."}),
    "POST /v1/releases/{release_id}/note": Form({"words": "It was wrong."}),
    "POST /v1/releases/{release_id}/publication": _moved(
        {"certificates": ["{}\n{}\n"] * 2, "public_on": "2026-06-30"}, "public_on"
    ),
    "GET /v1/partner": _ONE,
    "GET /v1/partner/releases": _LIST,
    "GET /v1/partner/releases/{release_id}/files/{path}": _ONE,
    "GET /v1/partner/downloads": _LIST,
    "GET /v1/ledger": _ONE,
    "PUT /v1/card": Form(
        files=(age.encrypt(bytes(CARD_SIZE), [factories.SOMEBODY]),), headers=_CARD | {"Tern-Revision": "0"}
    ),
    "DELETE /v1/card": Form(headers=_CARD),
}

AUDIT = {
    "GET /v1/audit": Form(pages=True, query=frozenset({"after"})),
    "GET /v1/audit/lines": Form(query=frozenset({"after"})),
    "GET /v1/audit/heads": Form(pages=True, query=frozenset({"from"})),
    "POST /v1/audit/countersignatures": Form({"document": ""}, acts_once=True),
    "GET /v1/duties": _ONE,
    "GET /v1/ends": _ONE,
    "GET /v1/health": _ONE,
}

FORMS = PEOPLE | TRIAGE | CASES | APPROVALS | INTAKE | STATISTICS | AUDIT


def path_of(route: str, ids: Mapping[str, str]) -> str:
    """The path of a route, with these ids in the place of their names."""
    return re.sub(r"\{(\w+)\}", lambda name: ids[name[1]], route.partition(" ")[2])
