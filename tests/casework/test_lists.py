"""Lists are looked for in ranges of indexes, and hold what their reader may know of: no more, and no less."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import delete, update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.actor import Actor
from app.casework.approvals import service as approvals
from app.casework.approvals.models import Approval, ApprovalSight
from app.casework.cases import service as cases
from app.casework.cases.models import Case, Membership
from app.casework.triage import renewal, service
from app.casework.triage.ranges import Wanted
from app.database import Database
from app.intake.reports.models import Report
from app.intake.sights.models import Sight
from app.main import APPROVABLES
from app.people.staff.models import Person
from app.protocol.case import Label
from app.vocabulary import ApprovalState, CaseStage, Priority, ReportState, Role
from tests import factories
from tests.bench import data

WHO = {Role.TRIAGER: 0, Role.CASEWORKER: 8, Role.SUPERVISOR: 18}
APPROVABLES_OF = {each.subject: each for each in APPROVABLES}
QUERIES = {
    "": Wanted(),
    "state=accepted&state=in_triage": Wanted({ReportState.ACCEPTED, ReportState.IN_TRIAGE}),
    "unopened=true": Wanted(to_open=True),
    "unopened=false&state=out_of_mandate": Wanted({ReportState.OUT_OF_MANDATE}, to_open=False),
}
CASES = {
    "": cases.Wanted(),
    "stage=active": cases.Wanted({CaseStage.ACTIVE}),
    "priority=p1&priority=p3&stage=closed&stage=active": cases.Wanted(
        {CaseStage.ACTIVE, CaseStage.CLOSED}, {Priority.P1, Priority.P3}
    ),
    "label=green": cases.Wanted(labels={Label.GREEN}),
    "label=green&label=red&priority=p2": cases.Wanted(priorities={Priority.P2}, labels={Label.GREEN, Label.RED}),
}


@pytest.fixture
def filled(url: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        data.fill(connection, 2000, people=40, files=None)
    engine.dispose()


@pytest.mark.usefixtures("filled")
def test_a_list_holds_what_may_be_seen_and_nothing_else(client: TestClient, rows: Session) -> None:
    for actor, headers in actors(rows):
        for query, wanted in QUERIES.items():
            visible = rows.scalars(service.visible_to(actor).order_by(Report.received_on, Report.id))

            expected = [report.id for report in visible if wanted.has(report)]

            assert every(client, f"/v1/reports?{query}", headers) == expected, (actor.roles, query)
        for state in (None, ApprovalState.REQUESTED):
            of_state = approvals.visible_to(actor, APPROVABLES_OF).where(
                Approval.state == state if state else sa.true()
            )
            expected = [approval.id for approval in rows.scalars(of_state.order_by(Approval.id))]
            query = f"?state={state}" if state else "?"
            assert every(client, f"/v1/approvals{query}", headers) == expected
        order = Case.priority, Case.stage_entered, Case.id
        for query, of_cases in CASES.items():
            found = rows.scalars(cases.visible_to(actor).order_by(*order))
            assert every(client, f"/v1/cases?{query}", headers) == [case.id for case in found if of_cases.has(case)]


@pytest.mark.usefixtures("filled")
def test_what_older_code_left_out_of_somebodys_lists_is_found_within_a_day(
    client: TestClient, rows: Session, database: Database
) -> None:
    _, caseworker = list(actors(rows))[1]
    lists = "/v1/reports?", "/v1/cases?", "/v1/words?", "/v1/approvals?"
    before = {path: every(client, path, caseworker) for path in lists}
    rows.execute(delete(Sight).where(Sight.received_on < factories.DAY - timedelta(days=90)))
    rows.execute(update(Sight).values(state=ReportState.ABUSIVE, received_on=factories.DAY, is_changed=False))
    rows.execute(delete(ApprovalSight).where(ApprovalSight.state == ApprovalState.REQUESTED))
    rows.execute(update(ApprovalSight).values(state=ApprovalState.CANCELLED))
    rows.execute(update(Membership).values(stage=None, priority=None, stage_entered=None))

    with database.write() as session:
        renewal.renew(session)

    assert all(before.values())
    assert {path: every(client, path, caseworker) for path in before} == before


def test_a_grant_that_has_ended_is_in_no_list(client: TestClient, rows: Session) -> None:
    somebody = factories.certified(rows, Role.CASEWORKER)
    handed, ended = (
        factories.report(rows, factories.epoch(rows, sequence=n), state=ReportState.ACCEPTED) for n in (1, 2)
    )
    factories.grant(rows, handed.id, somebody.id)
    factories.grant(rows, ended.id, somebody.id).revoked = True
    rows.commit()

    assert every(client, "/v1/reports?", factories.signed_in(rows, somebody)) == [handed.id]


def actors(rows: Session) -> Iterator[tuple[Actor, dict[str, str]]]:
    """Those who triage, who work on cases, and who supervise, with the headers of a session."""
    for role, number in WHO.items():
        person = rows.get_one(Person, data.id_("per", number))
        yield Actor(person.id, frozenset({role}), person.team_id, factories.DAY), factories.signed_in(rows, person)


def every(client: TestClient, path: str, headers: dict[str, str]) -> list[str]:
    """The ids of a whole list, read page by page."""
    found, cursor = list[str](), ""
    while True:
        page = client.get(f"{path}&limit=70{cursor}", headers=headers).raise_for_status().json()
        found += [each["id"] for each in page["items"]]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"
