"""A case ends whole, with what was merged into it; what two hold, and what a reporter took back, waits."""

from dataclasses import dataclass

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.casework.cases.models import Case
from app.casework.consents.models import Consent
from app.casework.ends import service as ends
from app.casework.work.models import CaseTask
from app.database import Database
from app.people.staff.models import Person
from app.protocol.sizes import Kind
from app.vocabulary import (
    ApprovalState,
    ApprovalSubject,
    ConsentMethod,
    ConsentStatus,
    ReportState,
    Role,
    TaskType,
)
from tests import factories

HOLD, ANOTHER = "1" * 64, "2" * 64


@dataclass(frozen=True)
class Word:
    """What somebody was asked about a case, and what became of it."""

    subject: ApprovalSubject = ApprovalSubject.LEGAL_HOLD
    of: str = HOLD
    state: ApprovalState = ApprovalState.APPROVED
    is_spent: bool = False
    is_of_another: bool = False


END = ApprovalSubject.DELETION
ASKED = ApprovalState.REQUESTED
WORDS = {
    "held": ([Word()], True),
    "another case is held": ([Word(is_of_another=True)], False),
    "it is only asked for": ([Word(state=ASKED)], False),
    "it counts no more": ([Word(is_spent=True)], False),
    "something else was agreed": ([Word(ApprovalSubject.CODING)], False),
    "it was ended": ([Word(), Word(END)], False),
    "another hold was ended": ([Word(), Word(END, of=ANOTHER)], True),
    "one of two was ended": ([Word(), Word(of=ANOTHER), Word(END)], True),
    "its end is only asked for": ([Word(), Word(END, state=ASKED)], True),
    "its end counts no more": ([Word(), Word(END, is_spent=True)], True),
    "it was ended in another case": ([Word(), Word(END, is_of_another=True)], True),
}


@pytest.fixture
def owner(rows: Session) -> Person:
    factories.organisation(rows)
    return factories.certified(rows, Role.CASEWORKER)


@pytest.mark.parametrize("said", WORDS)
def test_a_case_is_held_by_what_two_agreed_and_did_not_end_and_so_is_what_was_merged_into_it(
    database: Database, rows: Session, owner: Person, said: str
) -> None:
    words, is_held = WORDS[said]
    case, another, merged = (factories.case(rows, owner) for _ in range(3))
    merged.merged_into = case.id
    for word in words:
        of = another if word.is_of_another else case
        given = factories.approval(rows, owner, owner, subject=word.subject, of=of)
        given.of, given.state, given.is_spent = word.of, word.state, word.is_spent
    rows.commit()

    with database.read() as session:
        held = set(session.scalars(select(Case.id).where(ends.is_held())))
        kept = [ends.is_kept(session, session.get_one(Case, each.id)) for each in (case, merged)]

    assert held - {another.id} == ({case.id} if is_held else set())
    assert kept == [is_held, is_held]


def test_a_case_waits_while_a_report_of_it_was_taken_back_and_is_still_there(
    database: Database, rows: Session, owner: Person
) -> None:
    epoch = factories.epoch(rows, owner)
    waits, carried_out, accepted = (factories.case(rows, owner) for _ in range(3))
    factories.report(rows, epoch, state=ReportState.WITHDRAWN, case=waits)
    factories.report(rows, epoch, state=ReportState.WITHDRAWN, case=carried_out).destroyed_on = factories.DAY
    factories.report(rows, epoch, state=ReportState.ACCEPTED, case=accepted)
    factories.report(rows, epoch, state=ReportState.WITHDRAWN)
    rows.commit()

    with database.read() as session:
        assert session.scalars(select(Case.id).where(ends.is_taken_back())).all() == [waits.id]


def test_a_case_ends_with_answers_and_tasks_and_with_all_that_was_merged_into_it_each_on_record(
    database: Database, rows: Session, owner: Person
) -> None:
    case, merged, before, another = (factories.case(rows, owner) for _ in range(4))
    merged.merged_into, before.merged_into = case.id, merged.id
    rows.add_all(answer_and_task(case))
    rows.commit()
    ended, stays = [before.id, merged.id], another.id

    with database.write() as session:
        ends.destroy(session, session.get_one(Case, case.id), today=factories.DAY)

    assert rows.scalars(select(Case.id)).all() == [stays]
    assert [*rows.scalars(select(Consent)), *rows.scalars(select(CaseTask))] == []
    recorded = select(AuditEvent.object_id).where(AuditEvent.action == Action.MERGED_ENDED).order_by(AuditEvent.seq)
    assert rows.scalars(recorded).all() == ended


def answer_and_task(case: Case) -> tuple[Consent, CaseTask]:
    consent = Consent(
        id=factories.id_("con"),
        case_id=case.id,
        person_id=factories.id_("psn"),
        consent_id=factories.id_("cons"),
        number=1,
        status=ConsentStatus.GIVEN,
        method=ConsentMethod.FORM,
        file=factories.sealed(Kind.MESSAGE),
    )
    task = CaseTask(
        id=factories.id_("task"), case_id=case.id, part_id=factories.id_("part"), kind=TaskType.CONTACT, is_urgent=False
    )
    return consent, task


def test_what_was_merged_into_a_case_ends_without_it_where_somebody_took_back_what_the_case_has(
    database: Database, rows: Session, owner: Person
) -> None:
    case, merged, elsewhere = (factories.case(rows, owner) for _ in range(3))
    merged.merged_into, elsewhere.merged_into = case.id, factories.case(rows, owner).id
    rows.commit()

    with database.write() as session:
        ends.destroy_merged(session, session.get_one(Case, case.id), today=factories.DAY)

    assert set(rows.scalars(select(Case.id))) == {case.id, elsewhere.id, elsewhere.merged_into}
