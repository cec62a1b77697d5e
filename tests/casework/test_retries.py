"""Whoever hears no answer asks once more, and nothing is done twice: every act of casework and on partners."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from httpx2 import Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.casework.cases.models import Case, CasePart
from app.database import Base
from app.http.idempotency import IdempotencyKey
from app.intake.reports.models import Report
from app.people.staff.models import Person
from app.protocol.journal import Ending, Moving
from app.protocol.sizes import Kind
from app.vocabulary import ApprovalState, ReportState, Role
from tests import factories
from tests.access import table
from tests.casework.conftest import CONSENT
from tests.casework.test_cases import grant, new_case, part
from tests.factories import DAY

FILE = factories.in_json(Kind.JOURNAL)
OF_CASEWORK = table.CASES | table.APPROVALS | table.TRIAGE
ACTS = [route for route in OF_CASEWORK | table.PARTNERS if not route.startswith("GET")]


@dataclass
class Stubborn:
    """Whose every request is sent twice, as it was."""

    client: TestClient
    rows: Session
    asked: set[str] = field(default_factory=set)

    def act(
        self, who: Person, method: str, path: str, body: Mapping[str, object] | None, *, version: int | None = 1
    ) -> Response:
        """`version` is the one that they have seen, None for that of the object as it is."""
        headers = factories.signed_in(self.rows, who)
        self.rows.commit()
        seen = version or self.client.get(f"/v1{path.rpartition('/')[0]}", headers=headers).json()["version"]
        headers |= factories.writes(version=seen)
        first = self.client.request(method, f"/v1{path}", json=body, headers=headers)
        assert first.is_success, (path, first.text)
        before = self.all_there_is()

        second = self.client.request(method, f"/v1{path}", json=body, headers=headers)

        assert self.all_there_is() == before, path
        if method == "POST":
            assert (second.status_code, second.json()) == (first.status_code, first.json()), path
        # A PUT may be told that it is done: there is another version by now, or nothing left to do.
        assert second.status_code in (first.status_code, 404, 412), (path, second.text)
        self.asked |= {each for each in ACTS if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each), f"{method} /v1{path}")}
        return first

    def all_there_is(self) -> dict[str, list[str]]:
        """Every row, but what is kept so that nothing is done twice."""
        self.rows.rollback()
        kept = (each for each in Base.metadata.sorted_tables if each.name != IdempotencyKey.__tablename__)
        return {each.name: sorted(map(repr, self.rows.execute(select(each)).all())) for each in kept}


def test_every_act_of_casework_that_is_asked_for_again_changes_nothing(client: TestClient, rows: Session) -> None:
    factories.organisation(rows)
    anna, emil = (factories.certified(rows, Role.TRIAGER) for _ in range(2))
    boris, chen = (factories.certified(rows, Role.CASEWORKER) for _ in range(2))
    over, present = factories.epoch(rows, anna, emil, destroyed_on=DAY), factories.epoch(rows, anna, emil, sequence=2)
    undecided, report = factories.report(rows, over), factories.report(rows, present)
    us = Stubborn(client, rows)

    onward = f"/reports/{undecided.id}"
    us.act(anna, "PUT", f"{onward}/epoch", {"grant": {"grantee": present.id, "file": grant(anna)["file"]}})
    us.act(emil, "PUT", f"{onward}/opening", {"case": None, "epoch": present.id}, version=None)
    path = f"/reports/{report.id}"
    for to in ("in_triage", "received"):
        version = read(client, rows, anna, path)
        us.act(anna, "PUT", "/reports/states", {"items": [{"id": report.id, "version": version, "to": to}]})
    us.act(anna, "POST", f"{path}/transitions", {"to": "in_triage", "reason": "decided"}, version=None)
    us.act(anna, "PUT", f"{path}/reading", {"posts": 0})
    us.act(anna, "POST", f"{path}/messages", factories.ANSWER, version=None)
    accepted = {"to": "accepted", "reason": "decided", "priority": "p2", "grant": grant(boris)}
    us.act(anna, "POST", f"{path}/transitions", accepted, version=None)
    opened = new_case(boris, chen, owner=boris)
    to_case = {"grantee": opened["id"], "file": grant(boris)["file"]}
    us.act(boris, "PUT", f"{path}/case", {"new_case": opened, "grant": to_case}, version=None)
    us.act(chen, "PUT", f"{path}/opening", {"case": opened["id"], "epoch": None}, version=None)

    case = f"/cases/{opened['id']}"
    identity = part() | {"grants": [grant(boris), grant(chen)]}
    us.act(boris, "POST", f"{case}/entries", {"entries": [FILE], "parts": [identity], "add": [grant(anna)]})
    us.act(boris, "POST", f"{case}/parts/{identity['id']}/grants", grant(anna))
    us.act(boris, "POST", f"{case}/consents", CONSENT)
    [first] = rows.scalars(select(CasePart.id).where(CasePart.id != identity["id"]))
    paper = {"part": first, "part_version": 1}
    us.act(boris, "PUT", f"{case}/assessment", paper | {"level": "low", "valid_until": str(DAY)})
    us.act(boris, "PUT", f"{case}/plan", paper | {"status": "agreed"})
    task = f"{case}/tasks/{factories.id_('task')}"
    us.act(boris, "PUT", task, {"part": first, "kind": "contact"})
    us.act(boris, "POST", f"{task}/transitions", {"to": "done"})
    us.act(boris, "PUT", f"{case}/marks", {"priority": "p2", "handling": "tlp_red"}, version=None)
    us.act(boris, "POST", f"{case}/transitions", {"to": "assessment", "reason": "decided"}, version=None)

    marks = {"case": opened["id"], "version": read(client, rows, boris, case), "priority": "p1", "handling": "tlp_red"}
    us.act(boris, "PUT", "/cases/marks", {"items": [marks]})
    sara, olga = (factories.certified(rows, Role.SUPERVISOR) for _ in range(2))
    desk = factories.desk_key(rows, sara).id
    us.act(sara, "PUT", "/templates", {"version": 1, "key": desk, "file": factories.in_json(Kind.PART)})
    policy = {"after": 0, "rules": factories.CLOCK_RULES}
    proposed = us.act(sara, "POST", "/clock-policies", policy).json()["version"]
    us.act(olga, "POST", f"/clock-policies/{proposed}/agreements", {})

    asked = us.act(boris, "POST", "/approvals", {"subject": "coding", "object": opened["id"], "approver": chen.id})
    yes = {"to": "approved", "statement": factories.in_json(Kind.TASK)}
    us.act(chen, "POST", f"/approvals/{asked.json()['id']}/transitions", yes)

    agree(rows, boris, chen, str(opened["id"]), Ending(frozenset([(str(identity["id"]), 1)])))
    ended = [{"part": identity["id"], "version": 1}]
    us.act(boris, "POST", f"{case}/ends", {"entries": [FILE], "parts": ended}, version=2)

    into, arriving = us.act(boris, "POST", "/cases", new_case(boris, chen, anna, owner=boris)).json()["id"], part()
    agree(rows, boris, chen, str(opened["id"]), Moving(into))
    moved = {
        "to": into,
        "after": 1,
        "whole": True,
        "entries": [FILE],
        "arriving": {"entries": [FILE], "parts": [arriving]},
        "parts": [{"part": first, "becomes": arriving["id"]}],
        "reports": [{"report": report.id, "keys": [{"generation": 1, "file": grant(boris)["file"]}]}],
    }
    us.act(boris, "POST", f"{case}/moves", moved, version=3)
    rows.get_one(Report, report.id, populate_existing=True).state = ReportState.WITHDRAWN
    last = {"report": report.id, "last": [factories.in_json(Kind.SLOT)]}
    us.act(chen, "POST", f"/cases/{into}/withdrawals", last, version=2)

    custodians = [factories.certified(rows, Role.CUSTODIAN) for _ in range(2)]
    of_one = factories.case(rows, boris).id
    recovery = factories.recovery(rows, factories.pair(rows, of_one, *custodians)).id
    given = {"entry": FILE, "add": [grant(chen)]}
    us.act(custodians[0], "POST", f"/cases/{of_one}/recoveries/{recovery}/entries", given)

    assert us.asked == set(ACTS) & OF_CASEWORK.keys()


def test_every_act_on_a_partner_that_is_asked_for_again_changes_nothing(client: TestClient, rows: Session) -> None:
    factories.organisation(rows)
    sara, olga = (factories.certified(rows, Role.SUPERVISOR) for _ in range(2))
    us = Stubborn(client, rows)

    proposed = {"handle": "a-university", "scope": "published", "until": str(DAY + timedelta(days=90))}
    partner = f"/partners/{us.act(sara, 'POST', '/partners', proposed).json()['id']}"
    us.act(olga, "POST", f"{partner}/transitions", {"to": "agreed"}, version=None)
    token = us.act(sara, "POST", f"{partner}/tokens", {"scope": "published"}).json()["id"]
    us.act(olga, "DELETE", f"{partner}/tokens/{token}", None)
    us.act(sara, "POST", f"{partner}/transitions", {"to": "ended"}, version=None)

    assert us.asked == set(ACTS) & table.PARTNERS.keys()


def read(client: TestClient, rows: Session, who: Person, case: str) -> int:
    """The version of the case by now."""
    headers = factories.signed_in(rows, who)
    rows.commit()
    return int(client.get(f"/v1{case}", headers=headers).json()["version"])


def agree(rows: Session, by: Person, second: Person, case: str, act: Ending | Moving) -> None:
    """Another member has said yes to it."""
    asked = factories.approval(rows, by, second, subject=act.subject, of=rows.get_one(Case, case))
    asked.state, asked.of = ApprovalState.APPROVED, act.sha256(case)
