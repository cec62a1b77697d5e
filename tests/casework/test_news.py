"""What a reporter has posted, over HTTP: news for who works on the report, and for nobody else."""

from sqlalchemy.orm import Session

from app.casework.cases.models import Case
from app.intake.epochs.models import Epoch
from app.intake.sights import unread
from app.people.staff.models import Person
from app.protocol.mailbox import MessageKind
from app.vocabulary import ReportState
from tests import factories
from tests.casework.conftest import Office, problem


def test_news_are_for_members_or_for_who_has_claimed_it_and_end_with_their_reading(
    office: Office, rows: Session, epoch: Epoch, case: Case, caseworker: Person, triager: Person
) -> None:
    joined = factories.report(rows, epoch, state=ReportState.ACCEPTED, case=case, triager=triager)
    claimed = factories.report(rows, epoch, state=ReportState.IN_TRIAGE, triager=triager)
    for report in (joined, claimed):
        unread.note(rows, report.id, MessageKind.MESSAGE)
        unread.note(rows, report.id, MessageKind.CONSENT)
    rows.commit()
    said = {"wrote": True, "changed_consent": True, "took_back": False}
    path = f"/reports/{joined.id}/reading"

    before = {who.id: office.get(who, "/news").json()["items"] for who in (caseworker, triager)}
    too_many = office.put(caseworker, path, {"posts": 1}, version=1)
    of_others = office.put(triager, path, {"posts": 0}, version=1)
    done = office.put(caseworker, path, {"posts": 0}, version=1)

    assert before[caseworker.id] == [{"id": joined.id, "case": case.id, **said}]
    assert before[triager.id] == [{"id": claimed.id, "case": None, **said}]
    assert (problem(too_many), problem(of_others)) == ((412, "stale-version"), (404, "not-found"))
    assert done.json() == {"id": joined.id}
    assert office.get(caseworker, "/news").json()["items"] == []
    assert len(office.get(triager, "/news").json()["items"]) == 1
