"""Something goes from one case to another over HTTP: by two, between the same members, all of it or nothing."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.casework.approvals.models import Approval
from app.casework.cases.models import Case, CasePart, JournalEntry, Membership
from app.casework.consents.models import Consent
from app.casework.ends import service as ends
from app.casework.work.models import Assessment, CaseTask
from app.intake.epochs.models import Epoch
from app.intake.reports.models import Report
from app.people.grants.models import Grant
from app.people.staff.models import Person
from app.protocol.journal import Hold, Moving
from app.protocol.sizes import Kind
from app.vocabulary import (
    ApprovalState,
    ApprovalSubject,
    CaseStage,
    GrantKind,
    HandlingMark,
    Priority,
    ReportState,
    Role,
)
from tests import factories
from tests.casework.conftest import CONSENT, Office, problem
from tests.casework.test_laws import assert_in_order, seen
from tests.casework.test_withdrawals import ended

FILE = factories.in_json(Kind.JOURNAL)


@dataclass
class Two:
    """Two cases of the same two people, each with a report and a part, and a third person of neither."""

    office: Office
    rows: Session
    owner: Person
    colleague: Person
    outsider: Person
    case: Case
    into: Case
    reports: dict[str, Report] = field(default_factory=dict)

    def part(self, case: Case) -> str:
        return self.rows.scalars(select(CasePart.id).where(CasePart.case_id == case.id)).one()

    def newest(self, case: Case) -> int:
        newest = select(func.max(JournalEntry.number)).where(JournalEntry.case_id == case.id)
        return self.rows.scalars(newest).one()

    def agree(self, by: Person, *, case: Case | None = None, into: Case | None = None) -> Approval:
        case, into = case or self.case, into or self.into
        asked = factories.approval(self.rows, self.owner, by, subject=ApprovalSubject.MERGE, of=case)
        asked.state, asked.of = ApprovalState.APPROVED, Moving(into.id).sha256(case.id)
        self.rows.commit()
        return asked

    def body(self) -> dict[str, Any]:
        """All of the one case goes to the other."""
        answer = {name: CONSENT[name] for name in ("person", "status", "method", "file")}
        key = {"generation": 1, "file": factories.in_json(Kind.GRANT)}
        return {
            "to": self.into.id,
            "after": self.newest(self.into),
            "whole": True,
            "entries": [FILE],
            "reports": [{"report": self.reports[self.case.id].id, "keys": [key]}],
            "people": [CONSENT["person"]],
            "consents": [answer | {"consent": factories.id_("cons")}],
            **became(self.part(self.case)),
        }

    def move(
        self, who: Person, body: dict[str, Any], *, case: Case | None = None, version: int | None = None
    ) -> Response:
        case = case or self.case
        return self.office.post(who, f"/cases/{case.id}/moves", body, version=version or self.newest(case))


def written() -> dict[str, Any]:
    """An entry, and a new part that it names."""
    part = {"id": factories.id_("part"), "version": 1, "file": factories.in_json(Kind.PART)}
    return {"entries": [FILE], "parts": [part]}


def became(part: str) -> dict[str, Any]:
    """A part ends, and another begins in its place."""
    arriving = written()
    return {"arriving": arriving, "parts": [{"part": part, "becomes": arriving["parts"][0]["id"]}]}


@pytest.fixture
def two(office: Office, rows: Session, epoch: Epoch) -> Two:
    owner, colleague, outsider = (factories.certified(rows, Role.CASEWORKER) for _ in range(3))
    case, into = (factories.case(rows, owner, colleague) for _ in range(2))
    made = Two(office, rows, owner, colleague, outsider, case, into)
    for each in (case, into):
        made.reports[each.id] = factories.report(rows, epoch, state=ReportState.ACCEPTED, case=each)
        factories.grant(rows, made.reports[each.id].id, each.id, GrantKind.CASE)
    rows.commit()
    return made


def test_what_is_merged_goes_with_reports_keys_answers_and_tasks_and_can_come_back(two: Two, rows: Session) -> None:
    report, task = two.reports[two.case.id], factories.id_("task")
    two.office.post(two.owner, f"/cases/{two.case.id}/consents", CONSENT).raise_for_status()
    told = {"part": two.part(two.case), "kind": "contact", "due": str(factories.DAY)}
    two.office.put(two.owner, f"/cases/{two.case.id}/tasks/{task}", told, version=1).raise_for_status()
    two.case.handling, two.case.priority = HandlingMark.TLP_RED, Priority.P1
    danger = {
        "part": two.part(two.into),
        "part_version": 1,
        "level": "low",
        "valid_until": str(factories.DAY + timedelta(days=14)),
    }
    two.office.put(two.owner, f"/cases/{two.into.id}/assessment", danger, version=1).raise_for_status()
    two.agree(two.colleague)
    body, of_others = two.body(), seen(two.office, two.outsider)

    answer = two.move(two.owner, body)

    rows.expire_all()
    assert (answer.status_code, answer.json()["stage"]) == (201, "merged")
    assert seen(two.office, two.outsider) == of_others
    assert (report.case_id, two.case.merged_into, two.case.held_from) == (two.into.id, two.into.id, CaseStage.INTAKE)
    assert (two.into.handling, two.into.priority) == (HandlingMark.TLP_RED, Priority.P1)
    assert two.into.judged_until == factories.DAY + timedelta(days=3)
    assert (two.case.task_due, two.into.task_due) == (None, factories.DAY)
    to_cases = select(Grant.grantee).where(Grant.subject == report.id, Grant.kind == GrantKind.CASE)
    assert rows.scalars(to_cases.where(Grant.revoked.is_(False))).all() == [two.into.id]
    assert rows.scalars(select(Consent.case_id)).all() == [two.into.id]
    moved = rows.get_one(CaseTask, task)
    assert (moved.case_id, moved.part_id) == (two.into.id, body["parts"][0]["becomes"])
    assert rows.scalars(select(CasePart.id).where(CasePart.case_id == two.case.id)).all() == []
    listed = select(Membership.stage).where(Membership.case_id == two.case.id)
    assert rows.scalars(listed).all() == [CaseStage.MERGED] * 2
    assert recorded(rows, two.case.id).count(Action.CASE_MERGED) == 1
    assert recorded(rows, report.id).count(Action.REPORT_MOVED) == 1
    wrote = two.office.post(two.owner, f"/cases/{two.case.id}/entries", written(), version=two.newest(two.case))
    answered = two.office.post(two.owner, f"/cases/{two.case.id}/consents", CONSENT)
    assert (problem(wrote), problem(answered)) == ((409, "case-merged"),) * 2

    two.agree(two.owner, case=two.into, into=two.case)
    back = {**body, "to": two.case.id, "after": two.newest(two.case), "whole": False, "consents": []}
    undone = two.move(two.colleague, back | became(body["parts"][0]["becomes"]), case=two.into)

    rows.expire_all()
    assert undone.status_code == 201
    assert (two.case.stage, two.case.merged_into, two.case.held_from) == (CaseStage.INTAKE, None, None)
    assert report.case_id == two.case.id
    assert (two.case.task_due, two.into.task_due) == (factories.DAY, None)
    assert_in_order(rows, two.case)


@pytest.mark.parametrize(
    ("fault", "refused"),
    [
        ("nobody agreed", (409, "second-person-needed")),
        ("who moves it agreed", (409, "second-person-needed")),
        ("somebody else agreed", (409, "second-person-needed")),
        ("it was agreed for another case", (409, "second-person-needed")),
        ("it was done before", (409, "second-person-needed")),
        ("members differ", (409, "guards-fail")),
        ("a guest", (409, "guards-fail")),
        ("on hold", (409, "guards-fail")),
        ("the other is closed", (409, "guards-fail")),
        ("it was merged into this one", (409, "guards-fail")),
        ("taken back", (409, "guards-fail")),
        ("held by two", (409, "guards-fail")),
        ("another report", (409, "guards-fail")),
        ("one part less arrives", (422, "parts-unfit")),
        ("a part of another case", (422, "parts-unfit")),
        ("a key less", (404, "not-found")),
        ("a report of another case", (404, "not-found")),
        ("a colleague wrote here", (412, "stale-version")),
        ("a colleague wrote there", (412, "stale-version")),
        ("to itself", (409, "guards-fail")),
        ("a part of it into one that is closed", (409, "guards-fail")),
        ("one of two reports is not accepted", (409, "guards-fail")),
        ("a report that there is not", (404, "not-found")),
        ("a report that is destroyed", (404, "not-found")),
        ("somebody who left has the key", (409, "turn-first")),
        ("a custodian has the key", (409, "turn-first")),
        ("one of two parts is not there", (422, "parts-unfit")),
        ("two parts become one", (422, "parts-unfit")),
        ("another part arrives", (422, "parts-unfit")),
        ("a part is one that is there", (422, "parts-unfit")),
        ("one that is there is written beside", (422, "parts-unfit")),
    ],
)
def test_nothing_goes_where_something_does_not_hold(
    two: Two, rows: Session, epoch: Epoch, fault: str, refused: tuple[int, str]
) -> None:
    body, version = two.body(), two.newest(two.case)
    if fault != "nobody agreed":
        by = {"who moves it agreed": two.owner, "somebody else agreed": two.outsider}.get(fault, two.colleague)
        agreed = two.agree(by)
        agreed.is_spent = fault == "it was done before"
        if fault == "it was agreed for another case":
            agreed.of = Moving(two.case.id).sha256(two.into.id)
    match fault:
        case "members differ":
            rows.add(Membership(case_id=two.into.id, person_id=two.outsider.id))
        case "a guest":
            rows.get_one(Membership, (two.into.id, two.colleague.id)).until = date(2027, 1, 1)
        case "on hold":
            two.case.stage = CaseStage.ON_HOLD
        case "the other is closed":
            two.into.stage = CaseStage.CLOSED
        case "it was merged into this one":
            two.into.stage, two.into.merged_into, two.into.held_from = CaseStage.MERGED, two.case.id, CaseStage.INTAKE
        case "taken back":
            two.reports[two.into.id].state = ReportState.WITHDRAWN
        case "held by two":
            held = factories.approval(rows, two.owner, two.colleague, subject=ApprovalSubject.LEGAL_HOLD, of=two.case)
            held.state, held.of = ApprovalState.APPROVED, Hold(factories.DAY).sha256(two.case.id)
        case "another report":
            factories.report(rows, epoch, state=ReportState.ACCEPTED, case=two.case)
        case "one part less arrives":
            body["arriving"]["parts"] = []
        case "a part of another case":
            body["parts"][0]["part"] = two.part(two.into)
        case "a key less":
            factories.grant(rows, two.reports[two.case.id].id, two.case.id, GrantKind.CASE).generation = 2
        case "a report of another case":
            body["reports"][0]["report"] = two.reports[two.into.id].id
        case "a colleague wrote here":
            version = 7
        case "a colleague wrote there":
            body["after"] = 7
        case "to itself":
            body["to"] = two.case.id
        case "a part of it into one that is closed":
            body["whole"], two.into.stage = False, CaseStage.CLOSED
        case "one of two reports is not accepted":
            other = factories.report(rows, epoch, state=ReportState.DUPLICATE, case=two.case)
            factories.grant(rows, other.id, two.case.id, GrantKind.CASE)
            body["reports"].append({**body["reports"][0], "report": other.id})
        case "a report that there is not":
            body["reports"][0]["report"] = factories.id_("rep")
        case "a report that is destroyed":
            two.reports[two.case.id].destroyed_on = factories.DAY
        case "somebody who left has the key":
            factories.grant(rows, two.into.id, factories.person(rows, Role.CASEWORKER).id)
        case "a custodian has the key":
            factories.grant(rows, two.case.id, two.outsider.id, GrantKind.CUSTODIAN)
        case "one of two parts is not there" | "two parts become one" | "one that is there is written beside":
            more = written()["parts"][0]
            there = fault == "two parts become one"
            if there:
                file = {"hour": factories.HOUR, "sha256": "0" * 64, "file": factories.sealed(Kind.PART)}
                rows.add(CasePart(case_id=two.case.id, id=more["id"], version=1, **file))
                body["parts"].append({"part": more["id"], "becomes": body["parts"][0]["becomes"]})
            elif fault == "one of two parts is not there":
                body["arriving"]["parts"].append(more)
                body["parts"].append({"part": factories.id_("part"), "becomes": more["id"]})
            else:
                body["arriving"]["parts"].append({**more, "id": two.part(two.into), "version": 2})
        case "another part arrives":
            body["parts"][0]["becomes"] = factories.id_("part")
        case "a part is one that is there":
            body["parts"][0]["becomes"] = two.part(two.into)
            body["arriving"]["parts"][0] |= {"id": two.part(two.into), "version": 2}
    rows.commit()

    answer = two.move(two.owner, body, version=version)

    rows.expire_all()
    assert problem(answer) == refused
    assert (two.case.merged_into, two.reports[two.case.id].case_id) == (None, two.case.id)
    assert (two.newest(two.case), two.newest(two.into)) == (1, 1)


def test_whoever_works_on_one_of_the_cases_alone_learns_nothing_of_the_other(two: Two, rows: Session) -> None:
    of_one = factories.certified(rows, Role.CASEWORKER)
    mine = factories.case(rows, of_one)
    rows.commit()
    body = two.body() | {"to": two.into.id}

    there = two.move(of_one, body, case=mine)
    absent = two.move(of_one, body | {"to": factories.id_("case")}, case=mine)
    from_there = two.move(of_one, body | {"to": mine.id})

    assert (there.status_code, there.content) == (404, absent.content)
    assert (from_there.status_code, from_there.content) == (404, absent.content)


def test_a_part_goes_to_another_case_and_both_are_worked_on_further(two: Two, rows: Session) -> None:
    two.agree(two.colleague)
    asked = factories.approval(rows, two.owner, two.colleague, subject=ApprovalSubject.CODING, of=two.case)
    judged = {"part": two.part(two.into), "part_version": 1, "level": "low", "valid_until": str(factories.DAY)}
    two.office.put(two.owner, f"/cases/{two.into.id}/assessment", judged, version=1).raise_for_status()
    two.case.priority = Priority.P1
    rows.commit()
    body = two.body() | {"whole": False}

    answer = two.move(two.owner, body)

    rows.expire_all()
    assert (answer.status_code, two.case.stage, two.into.stage) == (201, CaseStage.INTAKE, CaseStage.INTAKE)
    assert (two.newest(two.case), two.newest(two.into)) == (2, 2)  # both journals say so
    assert (two.case.held_from, two.case.merged_into, two.into.merged_into) == (None, None, None)
    assert two.reports[two.case.id].case_id == two.into.id
    assert asked.state is ApprovalState.CANCELLED  # what was to be coded may have gone
    listed = select(Membership.priority).where(Membership.case_id == two.into.id)
    assert rows.scalars(listed).all() == [Priority.P1] * 2
    assert rows.scalars(select(Assessment.is_of_stage)).all() == [False]  # whoever came is judged with the others
    assert recorded(rows, two.case.id).count(Action.CASE_PARTED) == 1


def recorded(rows: Session, id_: str) -> list[str]:
    return list(rows.scalars(select(AuditEvent.action).where(AuditEvent.object_id == id_)))


def test_what_is_left_of_a_merged_case_goes_with_whatever_a_reporter_takes_back_there(two: Two, rows: Session) -> None:
    two.agree(two.colleague)
    two.move(two.owner, two.body()).raise_for_status()
    report, merged = two.reports[two.into.id], two.case.id
    report.state, report.withdrawn_on = ReportState.WITHDRAWN, factories.DAY
    rows.commit()

    done = two.office.post(
        two.owner,
        f"/cases/{two.into.id}/withdrawals",
        ended(report, entries=[FILE], parts=[]),
        version=two.newest(two.into),
    )

    rows.expire_all()
    assert done.status_code == 201
    assert rows.get(Case, merged) is None
    assert rows.get(Case, two.into.id) is not None


def test_a_case_goes_with_all_that_was_merged_into_it(two: Two, rows: Session) -> None:
    two.agree(two.colleague)
    two.move(two.owner, two.body()).raise_for_status()
    for each in two.reports.values():
        each.case_id = None
    rows.flush()

    ends.destroy(rows, two.into, today=factories.DAY)
    rows.commit()

    assert rows.scalars(select(Case.id)).all() == []
