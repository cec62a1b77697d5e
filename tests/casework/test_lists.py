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
from app.casework.cases import listing
from app.casework.cases import service as cases
from app.casework.cases.models import Case, Membership
from app.casework.triage import renewal, service
from app.casework.triage.ranges import Wanted
from app.casework.work.models import CaseTask
from app.database import Database
from app.intake.reports.models import Report
from app.intake.sights.models import Sight
from app.main import APPROVABLES
from app.people.staff.models import Person
from app.protocol.labels import Label
from app.protocol.lists import COUNTED, CaseOrder
from app.vocabulary import ApprovalState, CaseStage, HandlingMark, Priority, ReportState, Role, TaskType
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
    "": listing.Wanted(),
    "stage=active": listing.Wanted({CaseStage.ACTIVE}),
    "priority=p1&priority=p3&stage=closed&stage=active": listing.Wanted(
        {CaseStage.ACTIVE, CaseStage.CLOSED}, {Priority.P1, Priority.P3}
    ),
    "label=green": listing.Wanted(labels={Label.GREEN}),
    "handling=tlp_green&handling=tlp_red": listing.Wanted(handling={HandlingMark.TLP_GREEN, HandlingMark.TLP_RED}),
    "sort=stage_entered&label=red": listing.Wanted(labels={Label.RED}, order=CaseOrder.OLDEST),
    "sort=-stage_entered": listing.Wanted(order=CaseOrder.NEWEST),
    "sort=-stage_entered&handling=tlp_red&stage=active": listing.Wanted(
        {CaseStage.ACTIVE}, handling={HandlingMark.TLP_RED}, order=CaseOrder.NEWEST
    ),
    "label=green&label=red&priority=p2": listing.Wanted(priorities={Priority.P2}, labels={Label.GREEN, Label.RED}),
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
        for query, of_cases in CASES.items():
            by = listing.place(of_cases.order)
            newest = of_cases.order is CaseOrder.NEWEST
            found = rows.scalars(cases.visible_to(actor).order_by(*(each.desc() if newest else each for each in by)))

            expected = [case.id for case in found if of_cases.has(case)]

            assert every(client, f"/v1/cases?{query}", headers) == expected, (actor.roles, query)


@pytest.mark.parametrize("order", [CaseOrder.REVIEW, CaseOrder.DUE])
@pytest.mark.usefixtures("filled")
def test_in_the_order_of_a_day_stand_those_cases_that_have_one(
    order: CaseOrder, client: TestClient, rows: Session
) -> None:
    there, set_ = 0, 0
    for actor, headers in actors(rows):
        visible = list(rows.scalars(cases.visible_to(actor).order_by(*listing.place(order))))

        expected = [case.id for case in visible if getattr(case, order.value)]

        assert every(client, f"/v1/cases?sort={order}", headers) == expected
        active = [case.id for case in visible if case.id in expected and case.stage is CaseStage.ACTIVE]
        assert every(client, f"/v1/cases?sort={order}&stage=active", headers) == active
        there, set_ = there + len(visible), set_ + len(expected)
    assert 1 < set_ < there


@pytest.mark.usefixtures("filled")
def test_a_count_is_of_what_may_be_seen_and_was_asked_for(client: TestClient, rows: Session) -> None:
    for actor, headers in actors(rows):
        for query, wanted in QUERIES.items():
            there = sum(map(wanted.has, rows.scalars(service.visible_to(actor))))
            assert count(client, f"/v1/reports?{query}", headers) == (min(there, COUNTED), there > COUNTED)
        for query, of_cases in CASES.items():
            there = sum(map(of_cases.has, rows.scalars(cases.visible_to(actor))))
            assert count(client, f"/v1/cases?{query}", headers) == (there, False)


@pytest.mark.usefixtures("filled")
def test_a_cursor_leads_on_in_its_order_alone_whether_it_is_counted_or_not(client: TestClient, rows: Session) -> None:
    _, caseworker = list(actors(rows))[1]
    page = client.get("/v1/cases?limit=1&sort=-stage_entered&count=capped", headers=caseworker).json()

    on, otherwise = (
        client.get(f"/v1/cases?limit=1&sort={sort}&cursor={page['next']}", headers=caseworker)
        for sort in ("-stage_entered", "stage_entered")
    )

    assert (on.status_code, on.json()["count"]) == (200, None)
    assert (otherwise.status_code, otherwise.json()["type"]) == (400, "/problems/invalid-cursor")


@pytest.mark.parametrize(
    "query",
    [
        "label=red&handling=tlp_red",
        "sort=next_review&priority=p1",
        "sort=due&handling=tlp_red",
        "&".join(["sort=stage_entered&label=red", *(f"stage={each}" for each in CaseStage), "label=blue"]),
    ],
)
def test_what_no_index_has_in_an_order_is_refused(query: str, client: TestClient, rows: Session) -> None:
    somebody = factories.certified(rows, Role.CASEWORKER)
    rows.commit()

    refused = client.get(f"/v1/cases?{query}", headers=factories.signed_in(rows, somebody))

    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/not-listed-so")


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


@pytest.mark.parametrize("behind", [{"handling": None}, {"next_review": None}, {"due": None}])
@pytest.mark.usefixtures("filled")
def test_what_older_code_marked_is_found_by_its_marks_within_a_day(
    behind: dict[str, None], client: TestClient, rows: Session, database: Database
) -> None:
    _, caseworker = list(actors(rows))[1]
    lists = "/v1/cases?handling=tlp_red", "/v1/cases?sort=next_review", "/v1/cases?sort=due"
    before = {path: every(client, path, caseworker) for path in lists}
    rows.execute(update(Membership).values(**behind))
    rows.commit()

    with database.write() as session:
        renewal.renew(session)

    assert all(before.values())
    assert {path: every(client, path, caseworker) for path in before} == before


def test_what_older_code_wrote_of_a_clock_is_kept_within_a_day(
    client: TestClient, rows: Session, database: Database
) -> None:
    somebody = factories.certified(rows, Role.CASEWORKER)
    of_task, on_hold, closed, as_it_was = (factories.case(rows, somebody) for _ in range(4))
    monday = factories.DAY - timedelta(days=factories.DAY.weekday())
    for due, case in ((monday + timedelta(days=7), of_task), (monday, of_task), (monday, closed)):
        task = CaseTask(id=factories.id_("task"), case_id=case.id, part_id=factories.id_("part"), is_urgent=False)
        task.kind, task.due = TaskType.CONTACT, due
        rows.add(task)
    on_hold.stage, on_hold.resume_on = CaseStage.ON_HOLD, factories.DAY
    closed.stage = CaseStage.CLOSED
    rows.commit()

    with database.write() as session:
        renewal.renew(session)

    headers = factories.signed_in(rows, somebody)
    told = client.get("/v1/cases?sort=due", headers=headers).json()["items"]
    first = [(str(factories.DAY), "hold", on_hold.id), (str(monday + timedelta(days=6)), "task", of_task.id)]
    assert [(each["due"], each["due_for"], each["id"]) for each in told] == first
    assert rows.get_one(Case, as_it_was.id).version == 1


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


def count(client: TestClient, path: str, headers: dict[str, str]) -> tuple[int, bool]:
    """How many the service says that there are, and whether there are more."""
    told = client.get(f"{path}&limit=1&count=capped", headers=headers).raise_for_status().json()["count"]
    return told["number"], told["capped"]


def every(client: TestClient, path: str, headers: dict[str, str]) -> list[str]:
    """The ids of a whole list, read page by page."""
    found, cursor = list[str](), ""
    while True:
        page = client.get(f"{path}&limit=70{cursor}", headers=headers).raise_for_status().json()
        found += [each["id"] for each in page["items"]]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"
