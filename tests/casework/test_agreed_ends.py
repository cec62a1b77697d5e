"""Parts of a case are destroyed over HTTP because two agreed that they are: these, once, and nothing beside them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.casework.approvals.models import Approval
from app.casework.cases import acts
from app.casework.cases.models import Case, CasePart, JournalEntry, Membership
from app.casework.consents.models import Consent
from app.casework.work.models import Assessment, CaseTask, Plan
from app.people.grants.models import Grant
from app.people.staff.models import Person
from app.protocol.journal import Ending, Hold
from app.protocol.sizes import Kind
from app.vocabulary import ApprovalState, ApprovalSubject, GrantKind, Role
from tests import factories
from tests.casework.conftest import CONSENT, Office, problem

FILE = factories.in_json(Kind.JOURNAL)


def agree(rows: Session, case: Case, by: Person, *parts: str, people: tuple[str, ...] = ()) -> Approval:
    """Somebody has signed that these parts of the case end."""
    asked = factories.approval(rows, by, by, subject=ApprovalSubject.ENDING, of=case)
    act = Ending(frozenset((part, 1) for part in parts), frozenset(people))
    asked.state, asked.of = ApprovalState.APPROVED, act.sha256(case.id)
    rows.commit()
    return asked


def parts_of(rows: Session, case: Case) -> list[str]:
    rows.expire_all()
    return list(rows.scalars(select(CasePart.id).where(CasePart.case_id == case.id).order_by(CasePart.id)))


def body(*parts: str, people: tuple[str, ...] = ()) -> Mapping[str, Any]:
    return {"entries": [FILE], "parts": [{"part": part, "version": 1} for part in parts], "people": [*people]}


@pytest.fixture
def second(rows: Session, caseworker: Person) -> Person:
    """Another caseworker, who is a member of the case."""
    return factories.certified(rows, Role.CASEWORKER)


@pytest.fixture
def case(rows: Session, office: Office, caseworker: Person, second: Person) -> Case:
    return factories.case(rows, caseworker, second)


def test_what_two_agree_to_end_goes_with_versions_keys_and_all_that_was_told_of_it_and_the_entry_stays(
    office: Office, rows: Session, case: Case, caseworker: Person, second: Person
) -> None:
    first, other = *parts_of(rows, case), factories.id_("part")
    keys = [{"grantee": each.id, "file": factories.in_json(Kind.GRANT)} for each in (caseworker, second)]
    written = {
        "entries": [FILE],
        "parts": [{"id": other, "version": 1, "file": factories.in_json(Kind.PART), "grants": keys}],
    }
    office.post(caseworker, f"/cases/{case.id}/entries", written, version=1).raise_for_status()
    office.post(caseworker, f"/cases/{case.id}/consents", CONSENT).raise_for_status()
    for what, said in (
        ("assessment", {"part_version": 1, "level": "high", "valid_until": str(factories.DAY)}),
        ("plan", {"part_version": 1, "status": "agreed"}),
        (f"tasks/{factories.id_('task')}", {"kind": "contact"}),
    ):
        told = {"part": other, **said}
        office.put(caseworker, f"/cases/{case.id}/{what}", told, version=1).raise_for_status()
    people = (str(CONSENT["person"]),)
    agree(rows, case, second, other, people=people)

    done = office.post(caseworker, f"/cases/{case.id}/ends", body(other, people=people), version=2)

    assert (done.status_code, done.json()["risk_level"], parts_of(rows, case)) == (201, None, [first])
    assert rows.scalars(select(Grant).where(Grant.subject == other)).all() == []
    for of_case in (Consent, Assessment, Plan, CaseTask):
        assert rows.scalars(select(of_case).where(of_case.case_id == case.id)).all() == []
    entries = select(JournalEntry.number).where(JournalEntry.case_id == case.id).order_by(JournalEntry.number)
    assert rows.scalars(entries).all() == [1, 2, 3]
    recorded = select(AuditEvent.actor_id).where(AuditEvent.action == Action.PARTS_ENDED)
    assert rows.scalars(recorded).all() == [caseworker.id]


@pytest.mark.parametrize(
    ("fault", "refused"),
    [
        ("nobody agreed", (409, "second-person-needed")),
        ("who ends it agreed", (409, "second-person-needed")),
        ("somebody of another case agreed", (409, "second-person-needed")),
        ("a supervisor agreed, though there is a member", (409, "second-person-needed")),
        ("it was agreed for less", (409, "second-person-needed")),
        ("it was agreed without the answers", (409, "second-person-needed")),
        ("it was done before", (409, "second-person-needed")),
        ("it was written since", (422, "parts-unfit")),
        ("two hold the case", (409, "case-held")),
        ("a colleague wrote", (412, "stale-version")),
        ("one of two was written since", (422, "parts-unfit")),
        ("somebody who left has the key", (409, "turn-first")),
        ("a custodian has the key", (409, "turn-first")),
    ],
)
def test_nobody_destroys_a_part_alone_or_another_than_was_agreed(
    office: Office,
    rows: Session,
    case: Case,
    caseworker: Person,
    second: Person,
    supervisor: Person,
    triager: Person,
    fault: str,
    refused: tuple[int, str],
) -> None:
    [part], people = parts_of(rows, case), tuple[str, ...]()
    by = {
        "who ends it agreed": caseworker,
        "somebody of another case agreed": triager,
        "a supervisor agreed, though there is a member": supervisor,
    }.get(fault, second)
    version = 1
    match fault:
        case "nobody agreed":
            pass
        case "it was agreed for less":
            agree(rows, case, by)
        case "it was agreed without the answers":
            people = (factories.id_("psn"),)
            agree(rows, case, by, part)
        case "it was written since" | "one of two was written since":
            agree(rows, case, by, part)
            later = {"id": part, "version": 2, "file": factories.in_json(Kind.PART)}
            office.post(by, f"/cases/{case.id}/entries", {"entries": [FILE], "parts": [later]}, version=1)
            version = 2
        case _:
            agree(rows, case, by, part).is_spent = fault == "it was done before"
    if fault == "two hold the case":
        held = factories.approval(rows, caseworker, second, subject=ApprovalSubject.LEGAL_HOLD, of=case)
        held.state, held.of = ApprovalState.APPROVED, Hold(factories.DAY).sha256(case.id)
    if fault == "a colleague wrote":
        version = 7
    ended = [part]
    if fault == "one of two was written since":
        ended.append(factories.id_("part"))
        file = {"hour": factories.HOUR, "sha256": "0" * 64, "file": factories.sealed(Kind.PART)}
        rows.add(CasePart(case_id=case.id, id=ended[1], version=1, **file))
    if fault == "somebody who left has the key":
        factories.grant(rows, case.id, factories.person(rows, Role.CASEWORKER).id)
    if fault == "a custodian has the key":
        factories.grant(rows, case.id, triager.id, GrantKind.CUSTODIAN)
    rows.commit()

    answer = office.post(caseworker, f"/cases/{case.id}/ends", body(*ended, people=people), version=version)

    assert (problem(answer), set(parts_of(rows, case))) == (refused, {*ended})


def test_a_part_that_is_lost_already_keeps_nothing_else_from_ending(
    office: Office, rows: Session, case: Case, caseworker: Person, second: Person
) -> None:
    both = (*parts_of(rows, case), factories.id_("part"))
    agree(rows, case, second, *both)

    done = office.post(caseworker, f"/cases/{case.id}/ends", body(*both), version=1)

    assert (done.status_code, parts_of(rows, case)) == (201, [])


def test_where_there_is_no_other_member_a_supervisor_is_the_second(
    office: Office, rows: Session, caseworker: Person, supervisor: Person
) -> None:
    alone = factories.case(rows, caseworker)
    [part] = parts_of(rows, alone)
    agree(rows, alone, supervisor, part)

    done = office.post(caseworker, f"/cases/{alone.id}/ends", body(part), version=1)

    assert (done.status_code, parts_of(rows, alone)) == (201, [])


@pytest.mark.both_databases
@pytest.mark.parametrize("by", ["who asked", "who agreed"])
def test_a_yes_that_was_not_used_is_taken_back_by_either_of_the_two_and_counts_for_nothing(
    office: Office, rows: Session, case: Case, caseworker: Person, second: Person, by: str
) -> None:
    third = factories.certified(rows, Role.CASEWORKER)
    rows.add(Membership(case_id=case.id, person_id=third.id))
    part, word = parts_of(rows, case)[0], agree(rows, case, second, *parts_of(rows, case))
    word.requester_id = caseworker.id
    no, who = {"to": "cancelled"}, caseworker if by == "who asked" else second
    path = f"/approvals/{word.id}/transitions"

    of_another = office.post(third, path, no, version=word.version)
    taken_back = office.post(who, path, no, version=word.version)
    too_late = office.post(caseworker, f"/cases/{case.id}/ends", body(part), version=1)

    assert problem(of_another) == (409, "no-such-step")
    assert (taken_back.json()["state"], taken_back.json()["statement"]) == ("cancelled", None)
    assert problem(too_late) == (409, "second-person-needed")
    assert office.get(who, path).json()["items"] == []


@pytest.mark.parametrize("subject", [ApprovalSubject.CODING, ApprovalSubject.PLAN, ApprovalSubject.LEGAL_HOLD])
def test_what_holds_by_the_yes_alone_nobody_takes_back(
    office: Office, rows: Session, case: Case, caseworker: Person, second: Person, subject: ApprovalSubject
) -> None:
    given = factories.approval(rows, caseworker, second, subject=subject, of=case)
    given.state = ApprovalState.APPROVED
    rows.commit()

    for who in (caseworker, second):
        answer = office.post(who, f"/approvals/{given.id}/transitions", {"to": "cancelled"}, version=given.version)
        assert problem(answer) == (409, "no-such-step")


def test_what_was_used_is_taken_back_no_more(
    office: Office, rows: Session, case: Case, caseworker: Person, second: Person
) -> None:
    part = parts_of(rows, case)[0]
    word = agree(rows, case, second, part)
    office.post(caseworker, f"/cases/{case.id}/ends", body(part), version=1).raise_for_status()

    rows.refresh(word)
    no = office.post(second, f"/approvals/{word.id}/transitions", {"to": "cancelled"}, version=word.version)
    assert problem(no) == (409, "no-such-step")


@pytest.mark.both_databases
def test_a_yes_to_an_end_lapses_after_fourteen_days_where_it_was_not_used_and_others_do_not(
    office: Office, rows: Session, case: Case, second: Person
) -> None:
    words = [agree(rows, case, second, factories.id_("part")) for _ in range(4)]
    for each, days in zip(words, (15, 14, 15, 15), strict=True):
        each.decided_on = factories.DAY - timedelta(days=days)
    words[2].is_spent, words[3].subject = True, ApprovalSubject.MERGE
    rows.commit()

    acts.lapse(rows, factories.DAY)

    assert [each.state.value for each in words] == ["cancelled", "approved", "approved", "approved"]
