"""Reports over HTTP: who sees which, how they move, and what is refused in which order."""

import itertools
import multiprocessing
import os
import signal
from datetime import date

import pytest
from httpx2 import Response
from sqlalchemy import delete, event, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.casework.cases.models import Case, Membership
from app.casework.triage import moves
from app.casework.triage.moves import Move
from app.casework.triage.schemas import ReportTransitionIn
from app.database import Database
from app.intake.attachments.models import Attachment
from app.intake.epochs.models import Epoch
from app.intake.lifecycle import service as lifecycle
from app.intake.mailbox.models import KeptReply, Slot
from app.intake.reports.models import Report
from app.people.grants.models import Grant
from app.people.staff.models import Person
from app.protocol.encoding import sha256_hex
from app.protocol.sizes import Kind
from app.vocabulary import ApprovalState, ApprovalSubject, Priority, ReportState, Role, TransitionReason
from tests import factories
from tests.casework.conftest import Office, problem

CLAIM: dict[str, object] = {"to": "in_triage", "reason": "decided"}
RELEASE: dict[str, object] = {"to": "received", "reason": "capacity"}


@pytest.fixture
def claimed(rows: Session, office: Office, epoch: Epoch, triager: Person) -> Report:
    return factories.report(rows, epoch, state=ReportState.IN_TRIAGE, triager=triager)


def move(office: Office, who: Person, report: Report, to: str, **more: object) -> tuple[int, str, list[str]]:
    """Status, problem and failing guards of a step from the present version."""
    office.rows.commit()
    office.rows.expire_all()
    wanted = {"to": to, "reason": "decided", **more}
    answer = office.post(who, f"/reports/{report.id}/transitions", wanted, version=report.version)
    return *problem(answer), answer.json().get("failing", [])


DONE: tuple[int, str, list[str]] = (201, "", [])


def answered(office: Office, who: Person, report: Report) -> Response:
    """A message of one part, by somebody who has seen the present version."""
    office.rows.commit()
    office.rows.expire_all()
    return office.post(who, f"/reports/{report.id}/messages", factories.ANSWER, version=report.version)


def test_a_triager_of_the_epoch_claims_a_report(office: Office, rows: Session, epoch: Epoch, triager: Person) -> None:
    report = factories.report(rows, epoch)

    answer = office.post(triager, f"/reports/{report.id}/transitions", CLAIM, version=1)

    assert answer.status_code == 201
    assert (answer.json()["state"], answer.json()["triager"]) == ("in_triage", triager.id)
    assert answer.headers["ETag"] == f'"{answer.json()["version"]}"' == '"2"'


def test_the_slower_of_two_claims_is_told_so(
    office: Office, rows: Session, epoch: Epoch, triager: Person, colleague: Person
) -> None:
    report = factories.report(rows, epoch)
    office.post(triager, f"/reports/{report.id}/transitions", CLAIM, version=1)

    late = office.post(colleague, f"/reports/{report.id}/transitions", CLAIM, version=1)

    assert problem(late) == (412, "stale-version")
    assert late.headers["ETag"] == '"2"'


def test_of_several_that_are_claimed_or_released_at_once_one_that_is_refused_keeps_none_back(
    office: Office, rows: Session, epoch: Epoch, claimed: Report, triager: Person, colleague: Person
) -> None:
    free, of_others = factories.report(rows, epoch), factories.report(rows, factories.epoch(rows, sequence=7))
    theirs = factories.report(rows, epoch, state=ReportState.IN_TRIAGE, triager=colleague)
    wanted = [
        (factories.id_("rep"), 1, "in_triage", "not-found"),
        (of_others.id, 1, "in_triage", "not-found"),
        (free.id, 1, "in_triage", None),
        (claimed.id, 1, "received", None),
        (theirs.id, 1, "received", "no-such-step"),
        (free.id, 1, "in_triage", "stale-version"),
    ]
    items = [{"id": id_, "version": version, "to": to} for id_, version, to, _ in wanted]

    results = office.put(triager, "/reports/states", {"items": items}).json()["items"]

    why = [each["problem"] and each["problem"].removeprefix("/problems/") for each in results]
    assert why == [problem for *_, problem in wanted]
    assert [(each["id"], each["now"]) for each in results if each["now"]] == [(free.id, 2), (claimed.id, 2)]
    rows.expire_all()
    assert [(each.state, each.triager_id) for each in (free, claimed, theirs)] == [
        (ReportState.IN_TRIAGE, triager.id),
        (ReportState.RECEIVED, None),
        (ReportState.IN_TRIAGE, colleague.id),
    ]
    moved = rows.scalars(select(AuditEvent.object_id).where(AuditEvent.action == Action.REPORT_MOVED))
    assert sorted(moved) == sorted([free.id, claimed.id])
    assert office.put(triager, "/reports/states", {"items": items * 17}).status_code == 422


def test_nothing_else_than_a_claim_or_its_release_is_done_to_several_at_once(
    office: Office, rows: Session, epoch: Epoch, triager: Person, supervisor: Person
) -> None:
    decided = factories.report(rows, epoch, state=ReportState.ABUSIVE, triager=triager)
    waits = factories.report(rows, epoch, state=ReportState.AWAITING_REPORTER, triager=triager)
    items = [{"id": each.id, "version": 1, "to": "in_triage"} for each in (decided, waits)]

    results = office.put(supervisor, "/reports/states", {"items": items}).json()["items"]

    assert [each["problem"] for each in results] == ["/problems/no-such-step"] * 2
    accepted = {"items": [items[0] | {"to": "accepted"}]}
    assert office.put(supervisor, "/reports/states", accepted).status_code == 422


def test_a_report_of_an_epoch_whose_key_one_lacks_looks_absent(office: Office, rows: Session, epoch: Epoch) -> None:
    report, outsider = factories.report(rows, epoch), factories.certified(rows, Role.TRIAGER)

    forbidden = office.get(outsider, f"/reports/{report.id}")
    absent = office.get(outsider, f"/reports/{factories.id_('rep')}")
    listed = office.get(outsider, "/reports").json()["items"]

    assert (forbidden.status_code, forbidden.json()) == (404, absent.json())
    assert listed == []


def test_a_supervisor_sees_the_state_of_every_report_and_the_words_of_none(
    office: Office, rows: Session, epoch: Epoch, supervisor: Person
) -> None:
    report = factories.report(rows, epoch)

    assert office.get(supervisor, f"/reports/{report.id}").status_code == 200
    for part in ("grants", "body", "messages", "attachments"):
        assert office.get(supervisor, f"/reports/{report.id}/{part}").status_code == 404


def test_the_queue_can_be_filtered_by_state(
    office: Office, rows: Session, epoch: Epoch, triager: Person, claimed: Report
) -> None:
    waiting = factories.report(rows, epoch)

    received = office.get(triager, "/reports?state=received").json()["items"]
    both = office.get(triager, "/reports?state=received&state=in_triage").json()["items"]

    assert [item["id"] for item in received] == [waiting.id]
    assert {item["id"] for item in both} == {waiting.id, claimed.id}


def test_a_triager_fetches_the_reporters_grant_and_is_recorded(
    office: Office, rows: Session, epoch: Epoch, triager: Person
) -> None:
    report = factories.report(rows, epoch)

    items = office.get(triager, f"/reports/{report.id}/grants").json()["items"]

    assert [(item["grantee"], item["kind"]) for item in items] == [(epoch.id, "intake")]
    events = rows.query(AuditEvent).filter_by(action="grant.fetched").all()
    assert [(event.actor_id, event.object_id) for event in events] == [(triager.id, report.id)]


def test_only_the_claimer_or_a_supervisor_releases_a_claim(
    office: Office, claimed: Report, triager: Person, colleague: Person, supervisor: Person, rows: Session
) -> None:
    assert move(office, colleague, claimed, "received") == (409, "no-such-step", [])
    assert move(office, supervisor, claimed, "received") == DONE
    rows.expire_all()
    assert claimed.triager_id is None


@pytest.mark.parametrize("to", ["referred_out", "out_of_mandate", "insufficient"])
def test_a_report_is_not_refused_without_priority_and_answer(
    office: Office, claimed: Report, triager: Person, to: str
) -> None:
    assert move(office, triager, claimed, to) == (409, "guards-fail", ["priority_set", "answer_sent_or_no_contact"])
    assert move(office, triager, claimed, to, priority="p4") == (409, "guards-fail", ["answer_sent_or_no_contact"])

    answered(office, triager, claimed)

    assert move(office, triager, claimed, to, priority="p4") == DONE


def test_the_clients_word_that_contact_was_not_wanted_stands_for_an_answer(
    office: Office, claimed: Report, triager: Person
) -> None:
    assert move(office, triager, claimed, "out_of_mandate", priority="p4", no_contact=True) == DONE


def approve(rows: Session, asking: Person, approver: Person, of: Report, subject: ApprovalSubject) -> None:
    """Somebody's word on a report."""
    factories.approval(rows, asking, approver, subject=subject, of=of).state = ApprovalState.APPROVED


def test_an_undecryptable_report_needs_no_priority_and_no_answer_but_a_second_holder_who_tried(
    office: Office, claimed: Report, triager: Person, colleague: Person, rows: Session
) -> None:
    assert move(office, triager, claimed, "undecryptable") == (409, "guards-fail", ["second_holder_tried"])

    approve(rows, triager, colleague, claimed, ApprovalSubject.UNDECRYPTABLE)

    assert move(office, triager, claimed, "undecryptable") == DONE


@pytest.mark.parametrize("to", ["referred_out", "out_of_mandate", "insufficient"])
@pytest.mark.parametrize("urgent", [{"priority": "p1"}, {"priority": "p2"}, {"priority": "p4", "danger_now": True}])
def test_what_is_urgent_is_put_away_only_where_a_supervisor_agrees_to_that_very_step(
    office: Office,
    claimed: Report,
    triager: Person,
    supervisor: Person,
    rows: Session,
    to: str,
    urgent: dict[str, object],
) -> None:
    answered(office, triager, claimed)
    others = {"referred_out", "out_of_mandate", "insufficient", "abusive", "waiting"} - {to}
    for other in others:
        approve(rows, triager, supervisor, claimed, ApprovalSubject(other))
    assert move(office, triager, claimed, to, **urgent) == (409, "guards-fail", ["supervisor_agrees_where_urgent"])

    approve(rows, triager, supervisor, claimed, ApprovalSubject(to))

    assert move(office, triager, claimed, to, **urgent) == DONE


def test_what_was_approved_counts_for_the_step_that_it_was_given_for_and_once(
    office: Office, claimed: Report, triager: Person, supervisor: Person, rows: Session
) -> None:
    answered(office, triager, claimed)
    approve(rows, triager, supervisor, claimed, ApprovalSubject.INSUFFICIENT)
    approve(rows, triager, supervisor, claimed, ApprovalSubject.WAITING)
    assert move(office, triager, claimed, "insufficient", priority="p1") == DONE
    assert move(office, supervisor, claimed, "in_triage", reason="error") == DONE

    guards = ["supervisor_agrees_where_urgent", "waiting_approved_where_urgent"]
    for to, guard in zip(("insufficient", "awaiting_reporter"), guards, strict=True):
        assert move(office, triager, claimed, to, priority="p1") == (409, "guards-fail", [guard])


@pytest.mark.parametrize("drawn", [False, True])
def test_of_what_is_put_away_alone_a_supervisor_reads_what_the_service_has_drawn(
    office: Office,
    claimed: Report,
    triager: Person,
    colleague: Person,
    supervisor: Person,
    rows: Session,
    database: Database,
    drawn: bool,
) -> None:
    actor = Actor(triager.id, frozenset({Role.TRIAGER}), None, factories.DAY)
    step = Move(ReportState.INSUFFICIENT, TransitionReason.DECIDED, Priority.P3, no_contact=True)
    rows.commit()
    with database.write() as session:
        moves.move(session, actor, claimed.id, step, seen={claimed.version}, drawn=drawn, now=factories.HOUR)
    rows.expire_all()
    asked = {
        "subject": "insufficient",
        "object": claimed.id,
        "approver": supervisor.id,
        "of": claimed.envelope_sha256,
        "grant": {"grantee": supervisor.id, "file": factories.in_json(Kind.GRANT)},
    }
    path, version = f"/reports/{claimed.id}/opening", claimed.version

    assert (claimed.opening_due is not None) is drawn
    request = office.post(
        colleague, "/approvals", asked
    )  # where the machine of who put it away is broken, another asks
    if not drawn:
        assert problem(request) == (404, "not-found")
        return
    assert problem(office.post(triager, "/approvals", {**asked, "subject": "referred_out"})) == (409, "not-approvable")
    assert problem(office.put(supervisor, path, {"case": None}, version=version)) == (404, "not-found")
    decision = {"to": "approved", "statement": factories.in_json(Kind.TASK)}
    office.post(supervisor, f"/approvals/{request.json()['id']}/transitions", decision, version=1).raise_for_status()

    assert problem(office.put(triager, path, {"case": None}, version=version)) == (404, "not-found")
    assert office.put(supervisor, path, {"case": None}, version=version).json()["opening_due"] is None


def test_what_was_urgent_is_not_judged_anew_to_put_it_away_alone(
    office: Office, claimed: Report, triager: Person, rows: Session
) -> None:
    claimed.priority = Priority.P1
    answered(office, triager, claimed)

    refused = move(office, triager, claimed, "insufficient", priority="p4")

    assert refused == (409, "guards-fail", ["supervisor_agrees_where_urgent"])


def test_after_the_decision_only_the_week_of_arrival_is_kept(
    office: Office, claimed: Report, triager: Person, rows: Session
) -> None:
    claimed.received_on = date(2026, 6, 18)

    move(office, triager, claimed, "insufficient", priority="p4", no_contact=True)

    rows.expire_all()
    assert claimed.received_on == date(2026, 6, 15)


def test_a_question_needs_a_message_before_the_report_waits(office: Office, claimed: Report, triager: Person) -> None:
    assert move(office, triager, claimed, "awaiting_reporter", priority="p3", no_contact=True)[2] == ["answer_sent"]

    answered(office, triager, claimed)

    assert move(office, triager, claimed, "awaiting_reporter", priority="p3") == DONE
    assert move(office, triager, claimed, "in_triage") == DONE


def test_an_urgent_report_waits_only_when_a_supervisor_said_so(
    office: Office, claimed: Report, triager: Person, supervisor: Person, rows: Session
) -> None:
    answered(office, triager, claimed)
    guard = ["waiting_approved_where_urgent"]
    assert move(office, triager, claimed, "awaiting_reporter", priority="p1") == (409, "guards-fail", guard)

    approval = factories.approval(rows, triager, supervisor, subject=ApprovalSubject.WAITING, of=claimed)
    approval.state = ApprovalState.APPROVED

    assert move(office, triager, claimed, "awaiting_reporter", priority="p1") == DONE


def test_an_abusive_report_needs_the_word_of_another_triager(
    office: Office, claimed: Report, triager: Person, colleague: Person, rows: Session
) -> None:
    assert move(office, triager, claimed, "abusive", priority="p4")[2] == ["second_triager_agrees"]

    approval = factories.approval(rows, triager, colleague, subject=ApprovalSubject.ABUSIVE, of=claimed)
    approval.state = ApprovalState.APPROVED

    assert move(office, triager, claimed, "abusive", priority="p4") == DONE


def test_the_one_who_agreed_does_not_then_decide_on_their_own_word(
    office: Office, claimed: Report, triager: Person, colleague: Person, rows: Session
) -> None:
    approval = factories.approval(rows, triager, colleague, subject=ApprovalSubject.ABUSIVE, of=claimed)
    approval.state = ApprovalState.APPROVED
    claimed.triager_id = colleague.id

    assert move(office, colleague, claimed, "abusive", priority="p4")[2] == ["second_triager_agrees"]


def test_a_duplicate_needs_a_target_that_its_triager_may_see(
    office: Office, claimed: Report, epoch: Epoch, triager: Person, rows: Session
) -> None:
    other = factories.report(rows, epoch)
    hidden = factories.report(rows, factories.epoch(rows, sequence=2))

    for target in (None, claimed.id, hidden.id, factories.id_("rep")):
        refused = move(office, triager, claimed, "duplicate", priority="p2", duplicate_of=target)
        assert refused == (409, "guards-fail", ["target_known"])

    assert move(office, triager, claimed, "duplicate", priority="p2", duplicate_of=other.id) == DONE


def test_an_accepted_report_hands_its_key_to_a_case_of_its_triager(
    office: Office, claimed: Report, triager: Person, caseworker: Person, supervisor: Person, rows: Session
) -> None:
    case = factories.case(rows, caseworker, triager)
    grant = {"grantee": case.id, "file": factories.in_json(Kind.GRANT)}

    assert move(office, triager, claimed, "accepted", priority="p1")[2] == ["handed_on"]
    assert move(office, triager, claimed, "accepted", priority="p1", joins=joins(case.id), grant=grant) == DONE

    assert office.get(caseworker, f"/reports/{claimed.id}").json()["case"] == case.id
    items = office.get(caseworker, f"/reports/{claimed.id}/grants").json()["items"]
    assert [(item["grantee"], item["kind"]) for item in items] == [(case.id, "case")]
    assert [each["number"] for each in office.get(triager, f"/cases/{case.id}/contents").json()["entries"]] == [1, 2]


def test_a_report_joins_a_case_as_it_was_seen_or_nothing_is_done(
    office: Office, claimed: Report, triager: Person, caseworker: Person, rows: Session
) -> None:
    case = factories.case(rows, caseworker, triager)
    grant = {"grantee": case.id, "file": factories.in_json(Kind.GRANT)}

    refused = move(office, triager, claimed, "accepted", priority="p1", joins=joins(case.id, after=2), grant=grant)

    assert refused[:2] == (412, "stale-version")
    rows.expire_all()
    assert (claimed.state, claimed.case_id) == (ReportState.IN_TRIAGE, None)
    assert len(office.get(triager, f"/cases/{case.id}/contents").json()["entries"]) == 1


def test_an_accepted_report_is_due_until_another_member_says_that_they_have_opened_it(
    office: Office, claimed: Report, triager: Person, colleague: Person, caseworker: Person, rows: Session
) -> None:
    case = factories.case(rows, caseworker, triager)
    grant = {"grantee": case.id, "file": factories.in_json(Kind.GRANT)}
    move(office, triager, claimed, "accepted", priority="p1", joins=joins(case.id), grant=grant)
    rows.expire_all()
    path, body, version = f"/reports/{claimed.id}/opening", {"case": case.id}, claimed.version

    assert office.get(colleague, f"/reports/{claimed.id}").json()["opening_due"] == "2026-06-16"
    assert [each["id"] for each in office.get(colleague, "/reports?unopened=true").json()["items"]] == [claimed.id]
    assert office.get(colleague, "/reports?unopened=false").json()["items"] == []
    assert problem(office.put(triager, path, body, version=version)) == (409, "self-approval")
    assert problem(office.put(colleague, path, body, version=version)) == (404, "not-found")
    elsewhere = {"case": factories.case(rows, caseworker).id}
    assert problem(office.put(caseworker, path, elsewhere, version=version)) == (404, "not-found")
    assert problem(office.put(caseworker, path, body, version=version + 1)) == (412, "stale-version")

    said = office.put(caseworker, path, body, version=version)

    assert (said.status_code, said.json()["opening_due"]) == (200, None)
    assert office.get(colleague, "/reports?unopened=true").json()["items"] == []
    [event] = rows.query(AuditEvent).filter_by(action="report.opened").all()
    assert (event.actor_id, event.object_id) == (caseworker.id, claimed.id)


def test_a_report_is_not_accepted_into_a_case_of_others(
    office: Office, claimed: Report, triager: Person, caseworker: Person, rows: Session
) -> None:
    theirs = factories.case(rows, caseworker)
    grant = {"grantee": theirs.id, "file": factories.in_json(Kind.GRANT)}

    refused = move(office, triager, claimed, "accepted", priority="p1", joins=joins(theirs.id), grant=grant)

    assert refused == (409, "guards-fail", ["handed_on"])


def joins(case: str, *, after: int = 1) -> dict[str, object]:
    return {"case": case, "after": after, "entry": factories.in_json(Kind.JOURNAL)}


def whole_case(opener: Person, owner: Person) -> dict[str, object]:
    return {
        "id": factories.id_("case"),
        "team": owner.team_id,
        "owner": owner.id,
        "priority": "p1",
        "entries": [factories.in_json(Kind.JOURNAL)],
        "parts": [{"id": factories.id_("part"), "version": 1, "file": factories.in_json(Kind.PART)}],
        "grants": [{"grantee": each.id, "file": factories.in_json(Kind.GRANT)} for each in (opener, owner)],
    }


def test_a_report_is_accepted_and_its_case_opened_in_one_step(
    office: Office, claimed: Report, triager: Person, caseworker: Person
) -> None:
    case = whole_case(triager, caseworker)
    grant = {"grantee": case["id"], "file": factories.in_json(Kind.GRANT)}

    assert move(office, triager, claimed, "accepted", priority="p1", new_case=case, grant=grant) == DONE

    shown = office.get(caseworker, f"/reports/{claimed.id}").json()
    assert (shown["state"], shown["case"]) == ("accepted", case["id"])
    assert office.get(caseworker, f"/cases/{case['id']}").json()["members"] == sorted([triager.id, caseworker.id])
    assert len(office.get(caseworker, f"/cases/{case['id']}/contents").json()["grants"]) == 1
    assert len(office.get(caseworker, f"/reports/{claimed.id}/grants").json()["items"]) == 1


def test_where_either_is_refused_there_is_no_case_and_the_report_stays_in_triage(
    office: Office, claimed: Report, triager: Person, caseworker: Person, rows: Session
) -> None:
    case = whole_case(triager, caseworker)
    grant = {"grantee": case["id"], "file": factories.in_json(Kind.GRANT)}
    elsewhere = grant | {"grantee": factories.id_("case")}
    of_others: dict[str, object] = {"grants": [{"grantee": caseworker.id, "file": factories.in_json(Kind.GRANT)}]}
    nowhere: dict[str, object] = {"team": factories.id_("team")}
    accept = {"priority": "p1", "grant": grant, "new_case": case}

    refused = [
        move(office, triager, claimed, "accepted", **(accept | more))[1]
        for more in (
            {"new_case": case | of_others},
            {"new_case": case | nowhere},
            {"grant": elsewhere},
            {"joins": joins(str(case["id"]))},
            {"grant": None},
        )
    ]

    assert refused == ["members-unfit", "team-unknown", "guards-fail", "guards-fail", "guards-fail"]
    rows.expire_all()
    assert claimed.state is ReportState.IN_TRIAGE
    assert (rows.query(Case).count(), rows.query(Membership).count()) == (0, 0)


def test_a_process_that_is_killed_while_a_report_is_accepted_leaves_a_whole_case_or_none(
    office: Office, claimed: Report, triager: Person, caseworker: Person, rows: Session, url: str
) -> None:
    """At each statement, and before the transaction is on disk."""
    new = ReportTransitionIn.model_validate(
        {
            "to": "accepted",
            "reason": "decided",
            "priority": "p1",
            "new_case": (case := whole_case(triager, caseworker)),
            "grant": {"grantee": case["id"], "file": factories.in_json(Kind.GRANT)},
        }
    ).as_move()
    actor = Actor(triager.id, frozenset({Role.TRIAGER}), triager.team_id, factories.DAY)
    ends = list[int | None]()

    while not ends or ends[-1] == -signal.SIGKILL:
        args = (url, actor, claimed.id, new, len(ends))
        process = multiprocessing.get_context("fork").Process(target=accept_and_die, args=args)
        process.start()
        process.join()
        ends.append(process.exitcode)
        rows.expire_all()
        found = (claimed.state, rows.query(Case).count(), rows.query(Membership).count())
        assert found == ((ReportState.IN_TRIAGE, 0, 0) if ends[-1] else (ReportState.ACCEPTED, 1, 2))

    assert ends[-1] == 0
    assert len(ends) > len(("report", "case", "member", "member", "statement", "document", "grants", "commit"))
    assert {each.subject for each in rows.query(Grant)} >= {case["id"], claimed.id}


def accept_and_die(url: str, actor: Actor, report: str, new: Move, statement: int) -> None:
    """Killed before this statement of its transaction, or, where there are not as many, at its end."""
    database, left = Database(url), itertools.count(statement, -1)

    def die(*_: object) -> None:
        if next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    with database.write() as session:
        for what in ("before_cursor_execute", "commit"):
            event.listen(session.connection(), what, die)
        moves.move(session, actor, report, new, seen={1}, drawn=False, now=factories.HOUR)
    os._exit(0)


def test_a_report_can_be_handed_to_a_caseworker_who_attaches_it(
    office: Office, claimed: Report, triager: Person, caseworker: Person, rows: Session
) -> None:
    case = factories.case(rows, caseworker)
    to_person = {"grantee": caseworker.id, "file": factories.in_json(Kind.GRANT)}
    to_case = {"grantee": case.id, "file": factories.in_json(Kind.GRANT)}

    assert move(office, triager, claimed, "accepted", priority="p2", grant=to_person) == DONE
    rows.expire_all()
    path, body = f"/reports/{claimed.id}/case", {"joins": joins(case.id), "grant": to_case}
    attached = office.put(caseworker, path, body, version=claimed.version)

    assert (attached.status_code, attached.json()["case"]) == (200, case.id)
    assert problem(office.put(caseworker, path, body, version=attached.json()["version"])) == (404, "not-found")


def test_who_was_handed_a_report_opens_a_case_of_it_in_one_step(
    office: Office, claimed: Report, triager: Person, caseworker: Person, rows: Session
) -> None:
    case = whole_case(caseworker, factories.certified(rows, Role.CASEWORKER, team_id=caseworker.team_id))
    to_person = {"grantee": caseworker.id, "file": factories.in_json(Kind.GRANT)}
    to_case = {"grantee": case["id"], "file": factories.in_json(Kind.GRANT)}
    assert move(office, triager, claimed, "accepted", priority="p2", grant=to_person) == DONE
    rows.expire_all()
    path, version = f"/reports/{claimed.id}/case", claimed.version

    for wrong in (
        {"new_case": case, "grant": to_person},
        {"new_case": case, "joins": joins(str(case["id"])), "grant": to_case},
    ):
        assert problem(office.put(caseworker, path, wrong, version=version)) == (409, "not-attachable")
    assert rows.query(Case).count() == 0
    attached = office.put(caseworker, path, {"new_case": case, "grant": to_case}, version=version)

    assert (attached.status_code, attached.json()["case"]) == (200, case["id"])
    assert office.get(caseworker, f"/cases/{case['id']}").status_code == 200


def test_only_a_supervisor_reopens_and_only_while_the_key_exists(
    office: Office, rows: Session, epoch: Epoch, triager: Person, supervisor: Person
) -> None:
    refused = factories.report(rows, epoch, state=ReportState.INSUFFICIENT, triager=triager, priority=Priority.P4)
    gone = factories.report(rows, epoch, state=ReportState.INSUFFICIENT)
    rows.execute(delete(Grant).where(Grant.subject == gone.id))
    rows.commit()

    assert move(office, triager, refused, "in_triage") == (409, "no-such-step", [])
    assert move(office, supervisor, refused, "in_triage", reason="error") == DONE
    assert move(office, supervisor, gone, "in_triage", reason="error") == (409, "guards-fail", ["key_still_exists"])


def test_what_may_be_done_and_what_is_done_agree(
    office: Office, rows: Session, claimed: Report, triager: Person, colleague: Person
) -> None:
    offered = {
        step["to"]: step["failing"]
        for step in office.get(triager, f"/reports/{claimed.id}/transitions").json()["items"]
    }

    assert office.get(colleague, f"/reports/{claimed.id}/transitions").json()["items"] == []
    assert "withdrawn" not in offered
    for to, failing in offered.items():
        if failing:
            assert move(office, triager, claimed, to) == (409, "guards-fail", failing)


def test_a_message_of_more_parts_than_there_are_free_slots_is_refused_whole(
    office: Office, rows: Session, claimed: Report, triager: Person
) -> None:
    slot = factories.in_json(Kind.SLOT)
    path = f"/reports/{claimed.id}/messages"
    assert office.post(triager, path, factories.ANSWER | {"slots": [slot] * 13}, version=1).status_code == 201

    refused = office.post(triager, path, factories.ANSWER | {"slots": [slot] * 2}, version=2)

    assert problem(refused) == (409, "mailbox-full")
    assert (rows.query(Slot).count(), rows.query(KeptReply).count()) == (15, 1)


@pytest.mark.parametrize("left_out", ["slots", "copy"])
def test_no_reply_is_taken_without_its_copy_for_colleagues_and_no_copy_without_a_reply(
    office: Office, rows: Session, claimed: Report, triager: Person, left_out: str
) -> None:
    half = {name: value for name, value in factories.ANSWER.items() if name != left_out}

    refused = office.post(triager, f"/reports/{claimed.id}/messages", half, version=1)

    assert problem(refused) == (422, "invalid-request")
    assert (rows.query(Slot).filter(Slot.number >= 3).count(), rows.query(KeptReply).count()) == (0, 0)


def test_of_two_who_answer_at_once_the_slower_is_told_so(office: Office, claimed: Report, triager: Person) -> None:
    path = f"/reports/{claimed.id}/messages"

    first, late = (office.post(triager, path, factories.ANSWER, version=1) for _ in range(2))

    assert (first.status_code, first.headers["ETag"]) == (201, '"2"')
    assert problem(late) == (412, "stale-version")
    kept = office.get(triager, f"/reports/{claimed.id}/replies").json()["items"]
    assert kept == [{"file": factories.ANSWER["copy"]}]


def test_only_the_claimer_writes_to_the_reporter(office: Office, claimed: Report, colleague: Person) -> None:
    assert problem(answered(office, colleague, claimed)) == (404, "not-found")


@pytest.mark.parametrize("removed", [False, True], ids=["who never was a member", "who was removed"])
def test_in_a_case_its_members_alone_read_what_follows_and_write_to_the_reporter(
    office: Office,
    claimed: Report,
    triager: Person,
    colleague: Person,
    caseworker: Person,
    rows: Session,
    *,
    removed: bool,
) -> None:
    """Whoever claimed the report before, and whatever key of its epoch they hold. Whoever was removed had the key of
    the case, which turns before anything is written."""
    case = factories.case(rows, caseworker, triager)
    claimed.state, claimed.case_id = ReportState.ACCEPTED, case.id
    others = {triager, colleague} if removed else {colleague}
    if removed:
        rows.query(Membership).filter_by(case_id=case.id, person_id=triager.id).delete()
    rows.commit()
    path = f"/reports/{claimed.id}"
    attachment = f"{path}/attachments/{factories.id_('att')}"

    for who in others:
        assert office.get(who, f"{path}/body").status_code == 200
        for part in (f"{path}/messages", f"{path}/replies", f"{path}/attachments", attachment):
            assert problem(office.get(who, part)) == (404, "not-found")
        assert problem(answered(office, who, claimed)) == (404, "not-found")
    for who in {caseworker, triager} - others:
        assert office.get(who, f"{path}/messages").status_code == 200
        assert office.get(who, f"{path}/replies").status_code == 200
        assert office.get(who, f"{path}/attachments").status_code == 200
        assert answered(office, who, claimed).status_code == (409 if removed else 201)


def test_a_reply_that_comes_in_the_place_of_another_takes_its_slot(
    office: Office, claimed: Report, triager: Person, rows: Session
) -> None:
    answered(office, triager, claimed)
    [file] = rows.scalars(select(Slot.file).where(Slot.number >= 3))
    replaced = {"replaced": [sha256_hex(file)]}
    rows.expire_all()

    office.post(
        triager, f"/reports/{claimed.id}/messages", factories.ANSWER | replaced, version=claimed.version
    ).raise_for_status()

    replies = [slot.reply for slot in rows.query(Slot).filter(Slot.number >= 3)]
    assert (replies, rows.query(KeptReply).count()) == ([2], 2)


def test_a_file_that_this_process_does_not_have_is_told_as_such(
    office: Office, claimed: Report, triager: Person, rows: Session
) -> None:
    elsewhere = Attachment(
        id=factories.id_("att"),
        report_id=claimed.id,
        size=1,
        sha256="a" * 64,
        received_on=factories.DAY,
        blob="b" * 32,
    )
    rows.add(elsewhere)
    rows.commit()

    answer = office.get(triager, f"/reports/{claimed.id}/attachments/{elsewhere.id}")

    assert problem(answer) == (503, "file-not-here")


def test_what_is_no_sealed_slot_is_not_taken(office: Office, claimed: Report, triager: Person) -> None:
    for wrong in ("not base64!", "YWdl", factories.in_json(Kind.REPORT)):
        for part in ({"slots": [wrong]}, {"copy": wrong}):
            refused = office.post(triager, f"/reports/{claimed.id}/messages", factories.ANSWER | part, version=1)

            assert problem(refused) == (422, "not-an-envelope")


def test_a_destroyed_report_is_told_from_one_that_is_there(
    office: Office, database: Database, rows: Session, epoch: Epoch, triager: Person
) -> None:
    report = factories.report(rows, epoch, state=ReportState.WITHDRAWN)
    rows.commit()
    before = office.get(triager, f"/reports/{report.id}").json()["destroyed"]

    with database.write() as session:
        lifecycle.destroy(session, session.get_one(Report, report.id), today=factories.DAY)

    shown = office.get(triager, f"/reports/{report.id}").json()
    assert (before, shown["state"], shown["destroyed"]) == (False, "withdrawn", True)
    for part in ("grants", "body", "attachments", "messages", "replies"):
        assert problem(office.get(triager, f"/reports/{report.id}/{part}")) == (410, "report-destroyed")


def test_a_repeated_request_acts_once(office: Office, rows: Session, claimed: Report, triager: Person) -> None:
    headers = factories.signed_in(rows, triager) | {"Idempotency-Key": "the-same", "If-Match": '"1"'}
    path = f"/v1/reports/{claimed.id}/messages"

    first, again = (office.client.post(path, json=factories.ANSWER, headers=headers) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 201)
    assert rows.query(Slot).count() == 3


def test_refusals_come_in_their_order(office: Office, rows: Session, claimed: Report, triager: Person) -> None:
    path, absent = f"/v1/reports/{claimed.id}/transitions", f"/v1/reports/{factories.id_('rep')}/transitions"
    analyst = factories.signed_in(rows, factories.certified(rows, Role.ANALYST))
    mine = factories.signed_in(rows, triager)
    once, seen = {"Idempotency-Key": "k"}, {"If-Match": '"99"'}

    def status(at: str, headers: dict[str, str], body: object = CLAIM) -> int:
        return office.client.post(at, json=body, headers=headers).status_code

    assert status(absent, {}, []) == 401
    assert status(absent, analyst, []) == status(path, analyst, []) == 403
    assert status(absent, mine | seen, CLAIM) == 400
    assert status(absent, mine | once, CLAIM) == 428
    assert status(absent, mine | once | seen, {}) == 422
    assert status(absent, mine | once | seen, CLAIM) == 404
    assert status(path, mine | once | seen, CLAIM) == 412
