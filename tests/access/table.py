"""The table of rights: who may ask each route, written out once more, apart from the code that holds it.

A row says which roles a route is for at all (everybody else is answered 403), to whom its object is there (everybody
else with a role is answered 404), and what those are answered. A write is asked in a form that changes nothing for
those who may make it: with a version that nobody has seen, or about something that is not there. So one cast serves
every cell of a row.

Each package has its own section. A route without a row fails the test.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.protocol.encoding import b64
from app.protocol.sizes import Kind
from app.vocabulary import Role
from tests import factories
from tests.intake import tus

T, C, S, A, U = Role.TRIAGER, Role.CASEWORKER, Role.SUPERVISOR, Role.ANALYST, Role.AUDITOR
K = Role.CUSTODIAN
EVERY_ROLE = frozenset(Role)
WORKERS = frozenset({T, C, S})

# The cast: who they are to the report, the case and the approval of the scene (tests/access/scene.py).
NOBODY = "nobody"  # no session
UNCERTIFIED = "uncertified"  # joined for every role, and certified for none
OUTSIDERS = {f"outside {role}": frozenset({role}) for role in Role}  # another team, no key
COLLEAGUE = "colleague"  # of the case's team, and not its member
TEAM_SUPERVISOR = "supervisor of the team"
CLAIMER = "claimer"  # of the report; holds the epoch's key
SECOND_TRIAGER = "second triager"  # holds the epoch's key too
OWNER = "owner"  # of the case
MEMBER = "member"
FIRST_CUSTODIAN = "first custodian"  # of the epoch's pair, which the second has peeled for them
SECOND_CUSTODIAN = "second custodian"
APPROVER = "approver"  # was asked by the owner to approve the coding, and lent the key

CAST: dict[str, frozenset[Role]] = {
    NOBODY: frozenset(),
    UNCERTIFIED: frozenset(),
    **OUTSIDERS,
    COLLEAGUE: frozenset({C}),
    TEAM_SUPERVISOR: frozenset({S}),
    CLAIMER: frozenset({T}),
    SECOND_TRIAGER: frozenset({T}),
    OWNER: frozenset({C}),
    MEMBER: frozenset({T}),
    APPROVER: frozenset({C}),
    FIRST_CUSTODIAN: frozenset({K}),
    SECOND_CUSTODIAN: frozenset({K}),
}

ANYBODY = frozenset(CAST)
SUPERVISORS = frozenset({f"outside {S}", TEAM_SUPERVISOR})
IN_CASE = frozenset({OWNER, MEMBER})
OF_EPOCH = frozenset({CLAIMER, SECOND_TRIAGER})

GRANT = factories.in_json(Kind.GRANT)
UNSEEN = 999  # a version that nobody has seen


@dataclass(frozen=True)
class Row:
    """`there_for` are those for whom the object exists; `answered` is the status of what they ask.

    `body` may name an object of the scene, as `{case_id}`. `version` is that of an If-Match.
    """

    roles: frozenset[Role] = EVERY_ROLE
    there_for: frozenset[str] = ANYBODY
    answered: int = 200
    body: Mapping[str, object] | None = None
    version: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    for_staff: bool = True  # or no session is looked at, and roles decide nothing
    needs_role: bool = True  # or a session is enough, for somebody uncertified too
    without_session: int = 401

    def expected(self, who: str) -> int:
        """The status that this member of the cast is answered."""
        if who == NOBODY:
            return self.without_session
        if self.for_staff and self.needs_role and not self.roles & CAST[who]:
            return 403
        if self.for_staff and who not in self.there_for:
            return 404
        return self.answered


_SOMEBODY, _NO_HASH = factories.id_("per"), "0" * 64

PEOPLE = {
    "POST /v1/invitations": Row(
        frozenset({S}), answered=422, body={"roles": ["triager"], "team": factories.id_("team")}
    ),
    "POST /v1/people": Row(for_staff=False, without_session=422, answered=422, body={}),
    "GET /v1/people": Row(),
    "GET /v1/people/{person_id}": Row(needs_role=False),
    "GET /v1/staff-log": Row(),
    "GET /v1/staff-log/head": Row(for_staff=False, without_session=404, answered=404),
    "POST /v1/certificates": Row(frozenset({S}), answered=422, body={"document": ""}),
    "POST /v1/sessions": Row(for_staff=False, without_session=422, answered=422, body={}),
    "DELETE /v1/sessions/current": Row(needs_role=False, answered=204),
    "GET /v1/sessions": Row(needs_role=False),
    "DELETE /v1/sessions/{session_id}": Row(needs_role=False, there_for=frozenset()),
    "DELETE /v1/people/{person_id}/sessions": Row(frozenset({S}), answered=204),
    "POST /v1/password/challenges": Row(for_staff=False, without_session=422, answered=422, body={}),
    "PUT /v1/password": Row(for_staff=False, without_session=422, answered=422, body={}),
    "PUT /v1/copy": Row(needs_role=False, answered=422, body={"file": factories.KEY_COPY, "signature": b64(bytes(64))}),
    "GET /v1/copy": Row(needs_role=False, answered=404),
    "GET /v1/memories": Row(needs_role=False),
    "GET /v1/memories/{number}": Row(needs_role=False, answered=404),
    "PUT /v1/memories": Row(
        needs_role=False, answered=422, body={"number": 1, "file": "", "signature": b64(bytes(64))}
    ),
    "POST /v1/people/{person_id}/new-keys/tokens": Row(frozenset({S}), answered=201),
    "GET /v1/people/{person_id}/new-keys": Row(frozenset({S}), answered=404),
    "PUT /v1/people/{person_id}/new-keys": Row(frozenset({S}), answered=404, body={"document": ""}),
    "POST /v1/new-keys": Row(for_staff=False, without_session=422, answered=422, body={}),
    "POST /v1/replaced-keys": Row(for_staff=False, without_session=422, answered=422, body={}),
    "PUT /v1/objections": Row(for_staff=False, without_session=422, answered=422, body={}),
    "GET /v1/objections": Row(EVERY_ROLE),
    "POST /v1/copy/fetches": Row(for_staff=False, without_session=422, answered=422, body={}),
    "GET /v1/people/{person_id}/holdings": Row(frozenset({S})),
    "POST /v1/people/{person_id}/copy-tokens": Row(frozenset({S}), answered=201),
    "POST /v1/keys": Row(frozenset({S}), answered=422, body={"document": "", "grants": []}),
    "GET /v1/keys": Row(EVERY_ROLE),
    "GET /v1/keys/{key_id}/grants": Row(WORKERS),
    "POST /v1/keys/{key_id}/grants": Row(WORKERS, answered=404, body={"grantee": _SOMEBODY, "file": GRANT}),
}

_PAIRS = {"subject": "{epoch_id}", "generation": 9, "pairs": []}
_PEELED = {"pair": "{pair_id}", "act": factories.in_json(Kind.PAIR), "file": GRANT}

PAIRS = {
    "POST /v1/pairs": Row(WORKERS, OF_EPOCH, 412, body=_PAIRS),
    "GET /v1/pairs": Row(frozenset({K})),
    "GET /v1/pairs/{pair_id}": Row(frozenset({K}), frozenset({SECOND_CUSTODIAN})),
    "POST /v1/recoveries": Row(frozenset({K}), frozenset({SECOND_CUSTODIAN}), 201, body=_PEELED),
    "GET /v1/recoveries": Row(),
    "GET /v1/recoveries/{recovery_id}": Row(frozenset({K}), frozenset({FIRST_CUSTODIAN})),
    "POST /v1/recoveries/{recovery_id}/grants": Row(
        frozenset({K}), frozenset({FIRST_CUSTODIAN}), 422, body={"grants": [{"grantee": _SOMEBODY, "file": GRANT}]}
    ),
}

_SEES_CLAIMED = OF_EPOCH | SUPERVISORS
_READS_CLAIMED = OF_EPOCH
_MOVE = {"to": "in_triage", "reason": "decided"}

TRIAGE = {
    "GET /v1/reports": Row(WORKERS),
    "GET /v1/queue": Row(WORKERS),
    "GET /v1/reports/{report_id}": Row(WORKERS, _SEES_CLAIMED),
    "GET /v1/reports/{report_id}/grants": Row(WORKERS, _READS_CLAIMED),
    "GET /v1/reports/{report_id}/body": Row(WORKERS, _READS_CLAIMED),
    "GET /v1/reports/{report_id}/attachments": Row(WORKERS, _READS_CLAIMED),
    "GET /v1/reports/{report_id}/attachments/{attachment_id}": Row(WORKERS, _READS_CLAIMED),
    "GET /v1/reports/{report_id}/messages": Row(WORKERS, _READS_CLAIMED),
    "GET /v1/reports/{report_id}/replies": Row(WORKERS, _READS_CLAIMED),
    "POST /v1/reports/{report_id}/messages": Row(
        WORKERS, frozenset({CLAIMER}), 412, body=factories.ANSWER, version=UNSEEN
    ),
    "GET /v1/reports/{report_id}/transitions": Row(WORKERS, _SEES_CLAIMED),
    "POST /v1/reports/{report_id}/transitions": Row(WORKERS, _SEES_CLAIMED, 412, body=_MOVE, version=UNSEEN),
    "PUT /v1/reports/states": Row(WORKERS, answered=422, body={"items": []}),
    "PUT /v1/reports/{report_id}/case": Row(
        WORKERS,
        frozenset(),  # nobody was handed this report
        body={
            "joins": {"case": factories.id_("case"), "after": 1, "entry": factories.in_json(Kind.JOURNAL)},
            "grant": {"grantee": factories.id_("case"), "file": GRANT},
        },
        version=UNSEEN,
    ),
    "PUT /v1/reports/{report_id}/epoch": Row(
        WORKERS,
        OF_EPOCH,
        answered=412,
        version=UNSEEN,
        body={"grant": {"grantee": factories.id_("epoch"), "file": GRANT}},
    ),
    "PUT /v1/reports/{report_id}/opening": Row(
        WORKERS,
        frozenset(),  # it is in no case
        body={"case": factories.id_("case")},
        version=UNSEEN,
    ),
}

_SEES_CASE = IN_CASE | {TEAM_SUPERVISOR}
_READS_CASE = IN_CASE | {APPROVER}
_HOLDS_DESK_KEY = IN_CASE | {TEAM_SUPERVISOR}
_CONSENT = {
    "person": factories.id_("psn"),
    "consent": factories.id_("cons"),
    "status": "withdrawn",
    "number": 1,
    "method": "form",
    "file": factories.in_json(Kind.MESSAGE),
}
_CASE = {
    "id": factories.id_("case"),
    "team": "{team_id}",
    "priority": "p2",
    "entries": [factories.in_json(Kind.JOURNAL)],
    "parts": [{"id": factories.id_("part"), "version": 1, "file": factories.in_json(Kind.PART)}],
    "grants": [],
}

CASES = {
    "POST /v1/cases": Row(WORKERS, answered=422, body=_CASE),
    "GET /v1/cases": Row(WORKERS),
    "GET /v1/cases/{case_id}": Row(WORKERS, _SEES_CASE),
    "GET /v1/cases/{case_id}/contents": Row(WORKERS, _READS_CASE),
    "GET /v1/cases/{case_id}/parts/{part_id}": Row(WORKERS, _READS_CASE),
    "GET /v1/words": Row(WORKERS),
    "GET /v1/news": Row(WORKERS),
    "GET /v1/clock-policies": Row(EVERY_ROLE),
    "GET /v1/clock-policies/in-force": Row(EVERY_ROLE),
    "POST /v1/clock-policies": Row(frozenset({S}), answered=412, body={"after": 7, "rules": factories.CLOCK_RULES}),
    "POST /v1/clock-policies/{version}/agreements": Row(frozenset({S}), answered=404),
    "GET /v1/me": Row(needs_role=False),
    "GET /v1/templates": Row(WORKERS, _HOLDS_DESK_KEY),
    "PUT /v1/templates": Row(
        frozenset({S}),
        answered=409,
        body={"version": 1, "key": factories.id_("key"), "file": factories.in_json(Kind.PART)},
    ),
    "PUT /v1/reports/{report_id}/reading": Row(WORKERS, _READS_CLAIMED, 412, body={"posts": 99}),
    "GET /v1/cases/{case_id}/words": Row(WORKERS, _READS_CASE),
    "POST /v1/cases/{case_id}/parts/{part_id}/grants": Row(
        WORKERS, frozenset({OWNER}), 422, body={"grantee": _SOMEBODY, "file": GRANT}
    ),
    "POST /v1/cases/{case_id}/entries": Row(
        WORKERS, IN_CASE, 412, body={"entries": [factories.in_json(Kind.JOURNAL)]}, version=UNSEEN
    ),
    "POST /v1/cases/{case_id}/withdrawals": Row(
        WORKERS,
        IN_CASE,
        409,  # the report is in no case: tests/casework/test_withdrawals.py ends one that is
        body={"report": "{report_id}", "last": [factories.in_json(Kind.SLOT)]},
        version=UNSEEN,
    ),
    "POST /v1/cases/{case_id}/ends": Row(
        WORKERS,
        IN_CASE,
        412,
        body={"entries": [factories.in_json(Kind.JOURNAL)], "parts": [{"part": factories.id_("part"), "version": 1}]},
        version=UNSEEN,
    ),
    "POST /v1/cases/{case_id}/moves": Row(
        WORKERS,
        IN_CASE,
        412,
        body={
            "to": "{case_id}",
            "after": 1,
            "whole": False,
            "entries": [factories.in_json(Kind.JOURNAL)],
            "arriving": {"entries": [factories.in_json(Kind.JOURNAL)]},
            "parts": [],
            "reports": [{"report": "{report_id}", "keys": [{"generation": 1, "file": GRANT}]}],
        },
        version=UNSEEN,
    ),
    "GET /v1/cases/{case_id}/transitions": Row(WORKERS, _SEES_CASE),
    "POST /v1/cases/{case_id}/transitions": Row(
        WORKERS, _SEES_CASE, 412, body={"to": "assessment", "reason": "decided"}, version=UNSEEN
    ),
    "GET /v1/cases/{case_id}/work": Row(WORKERS, _SEES_CASE),
    "PUT /v1/cases/{case_id}/assessment": Row(
        WORKERS,
        IN_CASE,
        422,
        body={"part": factories.id_("part"), "part_version": 1, "level": "low", "valid_until": "2026-06-16"},
    ),
    "PUT /v1/cases/{case_id}/plan": Row(
        WORKERS, IN_CASE, 422, body={"part": factories.id_("part"), "part_version": 1, "status": "agreed"}
    ),
    "GET /v1/cases/{case_id}/tasks": Row(WORKERS, _SEES_CASE),
    "GET /v1/cases/{case_id}/tasks/{task_id}": Row(WORKERS, _SEES_CASE),
    "PUT /v1/cases/{case_id}/tasks/{task_id}": Row(
        WORKERS, IN_CASE, 422, body={"part": factories.id_("part"), "kind": "contact"}
    ),
    "POST /v1/cases/{case_id}/tasks/{task_id}/transitions": Row(
        WORKERS, IN_CASE, 412, body={"to": "done"}, version=UNSEEN
    ),
    "PUT /v1/cases/{case_id}/marks": Row(
        WORKERS, IN_CASE, 412, body={"priority": "p2", "handling": "tlp_red"}, version=UNSEEN
    ),
    "PUT /v1/cases/marks": Row(WORKERS, answered=422, body={"items": []}),
    "GET /v1/cases/{case_id}/consents": Row(WORKERS, IN_CASE),
    "POST /v1/cases/{case_id}/consents": Row(WORKERS, IN_CASE, 409, body=_CONSENT),
}

CASES |= {
    # Whose key was not peeled for anybody of the cast: tests/casework/test_recoveries.py asks for one that was.
    "GET /v1/cases/{case_id}/recoveries/{recovery_id}/journal": Row(frozenset({K}), frozenset()),
    "POST /v1/cases/{case_id}/recoveries/{recovery_id}/entries": Row(
        frozenset({K}),
        frozenset(),
        body={"entry": factories.in_json(Kind.JOURNAL), "add": [{"grantee": _SOMEBODY, "file": GRANT}]},
        version=UNSEEN,
    ),
}

_IN_APPROVAL = IN_CASE | {APPROVER}
_ASK = {"subject": "coding", "object": "{case_id}", "approver": _SOMEBODY}

APPROVALS = {
    "POST /v1/approvals": Row(WORKERS, IN_CASE, 422, body=_ASK),
    "GET /v1/approvals": Row(WORKERS),
    "GET /v1/approvals/{approval_id}": Row(WORKERS, _IN_APPROVAL),
    "GET /v1/approvals/{approval_id}/grant": Row(WORKERS, frozenset({APPROVER})),
    "GET /v1/approvals/{approval_id}/transitions": Row(WORKERS, _IN_APPROVAL),
    "POST /v1/approvals/{approval_id}/transitions": Row(
        WORKERS, _IN_APPROVAL, 412, body={"to": "rejected"}, version=UNSEEN
    ),
}

_BYTES = {"Content-Type": "application/octet-stream"}

INTAKE = {
    "GET /v1/intake": Row(for_staff=False, without_session=404, answered=404),
    "GET /v1/key-log": Row(for_staff=False, without_session=200),
    # Any bearer token does: it is the reporter's own. What is sent under it here is no envelope.
    "PUT /v1/report": Row(for_staff=False, answered=422, headers=_BYTES),
    "OPTIONS /v1/uploads": Row(for_staff=False, without_session=204, answered=204),
    "POST /v1/uploads": Row(
        for_staff=False, answered=404, headers=tus.of_file(factories.id_("att"), len(factories.sealed(Kind.ATTACHMENT)))
    ),
    "HEAD /v1/uploads/{address}": Row(for_staff=False, answered=404, headers=tus.TUS),
    "PATCH /v1/uploads/{address}": Row(for_staff=False, answered=404, headers=tus.at(0)),
    "POST /v1/mailbox": Row(for_staff=False, answered=422, headers=_BYTES),
    "POST /v1/key-log": Row(frozenset({S}), answered=422, body={"entries": [{"document": "", "grants": []}]}),
    "GET /v1/service-key": Row(frozenset({S})),
    "GET /v1/root-proposals": Row(needs_role=False),
    # Whoever brings it: signatures of the root's keys decide.
    "POST /v1/root-proposals": Row(needs_role=False, answered=422, body={"document": ""}),
    "GET /v1/root-kept": Row(needs_role=False),
    "GET /v1/epochs": Row(frozenset({T, S})),
    "GET /v1/epochs/{epoch_id}/grants": Row(frozenset({T, S})),
    "POST /v1/epochs/{epoch_id}/grants": Row(
        frozenset({T, S}), OF_EPOCH, answered=422, body={"grantee": _SOMEBODY, "file": GRANT}
    ),
}

_REQUESTERS = frozenset({A, C, S})
_CARD = {"Tern-Card": factories.id_("card")} | _BYTES

STATISTICS = {
    "POST /v1/releases": Row(_REQUESTERS, answered=409, body={"kind": "reserve", "period": "2026-Q2", "workload": "T"}),
    "GET /v1/releases": Row(for_staff=False, without_session=200),
    "GET /v1/release-requests": Row(_REQUESTERS),
    "GET /v1/releases/{release_id}": Row(_REQUESTERS),
    "GET /v1/releases/{release_id}/transitions": Row(_REQUESTERS),
    "POST /v1/releases/{release_id}/transitions": Row(
        _REQUESTERS, answered=412, body={"to": "cancelled"}, version=UNSEEN
    ),
    "POST /v1/releases/{release_id}/draw": Row(frozenset({S}), answered=422, body={}),
    "POST /v1/releases/{release_id}/lost-accounts": Row(frozenset({S}), answered=409),
    "POST /v1/releases/{release_id}/composition": Row(frozenset({S}), answered=409),
    "POST /v1/releases/{release_id}/stand-ins": Row(
        _REQUESTERS, answered=412, body={"place": "requester"}, version=UNSEEN
    ),
    "GET /v1/releases/{release_id}/files": Row(_REQUESTERS, answered=404),  # it is not composed yet
    "GET /v1/releases/{release_id}/files/{path}": Row(_REQUESTERS, answered=404),
    "POST /v1/releases/{release_id}/signatures": Row(_REQUESTERS, answered=422, body={}),
    "GET /v1/releases/{release_id}/signatures": Row(_REQUESTERS),
    "POST /v1/releases/{release_id}/publication": Row(
        frozenset({S}), answered=412, body={"certificates": ["", ""]}, version=UNSEEN
    ),
    "POST /v1/releases/{release_id}/corrections": Row(_REQUESTERS, answered=409, body={"words": "It was wrong."}),
    "POST /v1/releases/{release_id}/note": Row(frozenset({S}), answered=409, body={"words": "It was wrong."}),
    # A session is no partner's token: these know nobody of staff.
    "GET /v1/partner": Row(for_staff=False, answered=401),
    "GET /v1/partner/releases": Row(for_staff=False, answered=401),
    "GET /v1/partner/releases/{release_id}/files/{path}": Row(for_staff=False, answered=401),
    "GET /v1/partner/downloads": Row(for_staff=False, answered=401),
    "GET /v1/ledger": Row(for_staff=False, without_session=200),
    # A session is no card token.
    "PUT /v1/card": Row(for_staff=False, answered=422, headers=_CARD | {"Tern-Revision": "0"}),
    "DELETE /v1/card": Row(for_staff=False, answered=401, headers=_CARD),
}

PARTNERS = {
    "GET /v1/partners": Row(frozenset({S})),
    "POST /v1/partners": Row(
        frozenset({S}), answered=422, body={"handle": "paper", "scope": "published", "until": "2026-01-01"}
    ),
    "GET /v1/partners/{partner_id}": Row(frozenset({S})),
    "POST /v1/partners/{partner_id}/transitions": Row(
        frozenset({S}), answered=412, body={"to": "ended"}, version=UNSEEN
    ),
    "GET /v1/partners/{partner_id}/tokens": Row(frozenset({S})),
    "POST /v1/partners/{partner_id}/tokens": Row(frozenset({S}), answered=409, body={"scope": "published"}),
    "DELETE /v1/partners/{partner_id}/tokens/{token_id}": Row(frozenset({S}), there_for=frozenset()),
}

AUDIT = {
    "GET /v1/audit": Row(frozenset({S, U})),
    "GET /v1/audit/lines": Row(frozenset({S, U})),
    "GET /v1/audit/heads": Row(),
    "POST /v1/audit/countersignatures": Row(frozenset({S}), answered=422, body={"document": ""}),
    "GET /v1/ends": Row(needs_role=False),
    "GET /v1/duties": Row(needs_role=False),
    "GET /v1/health": Row(for_staff=False, without_session=200),
}

TABLE = PEOPLE | PAIRS | TRIAGE | CASES | APPROVALS | INTAKE | STATISTICS | PARTNERS | AUDIT
