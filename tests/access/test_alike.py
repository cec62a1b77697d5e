"""What is forbidden looks absent, also to whoever counts what is asked of the database and what is sent."""

import json

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.casework.cases.models import Case
from app.intake.epochs.models import Epoch
from app.protocol.sizes import Kind
from app.vocabulary import ReportState, Role
from tests import factories
from tests.access import table
from tests.access.asking import ask
from tests.access.scene import Scene, elsewhere
from tests.access.table import CAST, TABLE, Row

# What is counted is what the service asks, of whichever database.
pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


@pytest.fixture
def scene(client: TestClient, rows: Session) -> Scene:
    return Scene(client, rows).set()


def test_what_is_forbidden_costs_and_sends_what_is_absent_does(scene: Scene, statements: list[str]) -> None:
    unlike = {
        f"{who}: {route}"
        for route, row in TABLE.items()
        for who in CAST
        if row.expected(who) == 404 and told_apart(scene, route, row, who, statements)
    }

    assert unlike == set()


def test_no_list_is_made_of_all_that_somebody_holds(scene: Scene, statements: list[str]) -> None:
    """It would be made for what is there alone, and takes as long as it is."""
    for route, row in TABLE.items():
        if row.for_staff and "_id}" in route:
            ask(scene, route, row, scene.headers(table.MEMBER))

    assert [each for each in statements if " IN (SELECT" in each] == []


def test_a_report_of_a_case_costs_those_who_do_not_follow_it_what_none_does(
    scene: Scene, statements: list[str]
) -> None:
    case = scene.rows.get_one(Case, scene.ids["case_id"])
    epoch = scene.rows.get_one(Epoch, scene.ids["epoch_id"])
    claimer = scene.people[table.CLAIMER]
    accepted = factories.report(scene.rows, epoch, state=ReportState.ACCEPTED, triager=claimer, case=case)
    scene.rows.commit()
    scene.ids["report_id"] = accepted.id
    opening = "PUT /v1/reports/{report_id}/opening"
    of_members = {
        "GET /v1/reports/{report_id}/messages",
        "GET /v1/reports/{report_id}/replies",
        "POST /v1/reports/{report_id}/messages",
        "GET /v1/reports/{report_id}/attachments",
        "GET /v1/reports/{report_id}/attachments/{attachment_id}",
        "PUT /v1/reports/{report_id}/case",
        opening,
    }
    theirs = {opening: Row(body={"case": case.id}, version=table.UNSEEN)}

    unlike = {
        f"{who}: {route}"
        for route in of_members
        for who in (table.CLAIMER, table.SECOND_TRIAGER, table.TEAM_SUPERVISOR)
        if told_apart(scene, route, theirs.get(route, TABLE[route]), who, statements)
    }

    assert unlike == set()


def test_what_a_request_names_and_may_not_see_costs_what_is_not_there(scene: Scene, statements: list[str]) -> None:
    """Somebody with a case and a report of their own, who names those of others in what they send."""
    somebody = scene.people[f"outside {Role.CASEWORKER}"]
    triager = factories.certified(scene.rows, Role.TRIAGER)
    mine = factories.case(scene.rows, somebody)
    epoch = factories.epoch(scene.rows, triager, sequence=7)
    handed, claimed = (
        factories.report(scene.rows, epoch, state=state, triager=triager)
        for state in (ReportState.ACCEPTED, ReportState.IN_TRIAGE)
    )
    factories.grant(scene.rows, handed.id, somebody.id)
    scene.rows.commit()
    entry, grant = factories.in_json(Kind.JOURNAL), factories.in_json(Kind.GRANT)
    keys = [{"generation": 1, "file": grant}]
    moved = {"after": 1, "whole": False, "entries": [entry], "arriving": {"entries": [entry]}}
    moved |= {"reports": [{"report": "{report_id}", "keys": keys}]}
    marks = {"version": 1, "priority": "p2", "handling": "tlp_red"}
    joined = {"after": 1, "entry": entry}
    ended = {"part": "{part_id}", "version": 1}
    asked = {"subject": "coding", "approver": triager.id}
    named = [
        (somebody, "POST", f"/cases/{mine.id}/moves", {"to": "{case_id}", **moved}),
        (
            somebody,
            "POST",
            f"/cases/{mine.id}/moves",
            {"to": mine.id, **moved},
        ),
        (somebody, "POST", f"/cases/{mine.id}/withdrawals", {"report": "{report_id}", "last": []}),
        (somebody, "POST", f"/cases/{mine.id}/ends", {"entries": [entry], "parts": [ended]}),
        (somebody, "PUT", "/cases/marks", {"items": [{"case": "{case_id}", **marks}]}),
        (triager, "PUT", "/reports/states", {"items": [{"id": "{report_id}", "version": 1, "to": "in_triage"}]}),
        (somebody, "POST", "/approvals", {"object": "{case_id}", **asked}),
        (
            somebody,
            "PUT",
            f"/reports/{handed.id}/case",
            {"joins": {"case": "{case_id}", **joined}, "grant": {"grantee": "{case_id}", "file": grant}},
        ),
        (
            triager,
            "POST",
            f"/reports/{claimed.id}/transitions",
            {"to": "duplicate", "reason": "decided", "priority": "p4", "duplicate_of": "{report_id}"},
        ),
    ]

    unlike = set()
    for who, method, path, body in named:
        headers, told = factories.signed_in(scene.rows, who), list[object]()
        scene.rows.commit()
        for each in (scene, elsewhere(scene)):
            sent = json.loads(each.named(json.dumps(body)))
            statements.clear()
            answer = scene.client.request(
                method, f"/v1{path}", json=sent, headers=headers | factories.writes(version=1)
            )
            shown = answer.text.replace(each.ids["case_id"], "").replace(each.ids["report_id"], "")
            told.append((answer.status_code, shown, statements.copy()))
            assert not answer.is_success or path in ("/cases/marks", "/reports/states"), path
        if told[0] != told[1]:
            unlike.add(f"{path}: {told}")

    assert unlike == set()


def told_apart(scene: Scene, route: str, row: Row, who: str, statements: list[str]) -> bool:
    """Whether this member of the cast, to whom it is not there, can tell an object from one that there is not."""
    headers = scene.headers(who)
    told = []
    for each in (scene, elsewhere(scene)):
        statements.clear()
        answer = ask(each, route, row, headers)
        assert answer.status_code == 404, f"{who}: {route}"
        answer.headers.pop("X-Request-Id")
        told.append((answer.headers.multi_items(), answer.content, statements.copy()))
    return told[0] != told[1]
