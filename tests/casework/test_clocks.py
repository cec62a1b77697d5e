"""How soon reports shall be answered and decided: by clocks that follow from what happened, and policies of two."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.casework.clocks import derivation, service
from app.casework.clocks.derivation import Event, What
from app.casework.clocks.models import ClockEvent
from app.casework.clocks.policy import DEFAULT, ClockKind
from app.casework.clocks.service import NewPolicy
from app.casework.clocks.working_time import Always, Office, Time, after, spent
from app.casework.triage import overdue
from app.clock import Clock, midnight
from app.database import Database
from app.intake.epochs.models import Epoch
from app.intake.lifecycle import service as lifecycle
from app.intake.reports.models import Report
from app.people.staff.models import Person
from app.vocabulary import Priority, ReportState, Role
from tests import factories
from tests.casework import conftest
from tests.casework.conftest import problem
from tests.casework.test_handing_on import duties_of
from tests.casework.test_triage import DONE, answered, move
from tests.factories import CLOCK_RULES, DAY

BERLIN = Office("Europe/Berlin", 9, 17, weekdays=frozenset(range(1, 6)), free=frozenset({date(2026, 5, 25)}))
CASUAL = Office("Asia/Kathmandu", 0, 24, weekdays=frozenset({7}), free=frozenset())
MOMENTS = st.integers(0, 4 * 24 * 400).map(lambda quarters: midnight(DAY) + timedelta(minutes=15 * quarters))
AMOUNTS = st.integers(1, 4 * 24 * 30).map(lambda quarters: timedelta(minutes=15 * quarters))
TIMES = st.sampled_from([Always(), BERLIN, CASUAL])
NOW = datetime.combine(DAY, time(9), UTC)


def test_a_day_of_the_office_goes_on_behind_weekend_and_holiday() -> None:
    friday = datetime(2026, 5, 22, 16, tzinfo=ZoneInfo("Europe/Berlin"))  # Whit Monday follows

    due = after(BERLIN, friday.astimezone(UTC), BERLIN.day_length)

    assert due == datetime(2026, 5, 26, 16, tzinfo=ZoneInfo("Europe/Berlin"))


def test_an_hour_of_the_office_is_that_of_its_wall_clock_in_summer_and_winter() -> None:
    days = [after(BERLIN, midnight(day), timedelta(hours=1)) for day in (date(2026, 10, 23), date(2026, 10, 26))]

    assert [each.astimezone(UTC).hour for each in days] == [8, 9]


@given(of=TIMES, start=MOMENTS, amount=AMOUNTS, more=AMOUNTS)
def test_what_is_spent_until_a_clock_runs_out_is_what_it_had(
    of: Time, start: datetime, amount: timedelta, more: timedelta
) -> None:
    due = after(of, start, amount)

    assert spent(of, start, due) == amount
    assert after(of, due, more) == after(of, start, amount + more)
    assert spent(of, start, due) + spent(of, due, due + more) == spent(of, start, due + more)


@given(start=MOMENTS, runs=AMOUNTS, stands=AMOUNTS, priority=st.sampled_from(Priority), kind=st.sampled_from(ClockKind))
def test_a_clock_that_stood_still_has_as_much_left_as_before(
    start: datetime, runs: timedelta, stands: timedelta, priority: Priority, kind: ClockKind
) -> None:
    began = [Event(What.STARTED, start), Event(What.JUDGED, start, priority)]
    paused = [*began, Event(What.PAUSED, start + runs)]
    goes_on = start + runs + stands
    of, allowance = DEFAULT.time(priority), DEFAULT.allowance(kind, priority)

    due = derivation.due([*paused, Event(What.RESUMED, goes_on)], kind, DEFAULT)

    assert derivation.due(paused, kind, DEFAULT) is None
    used = spent(of, start, start + runs)
    expected = after(of, start, allowance) if used >= allowance else after(of, goes_on, allowance - used)
    assert due == expected


def state(office: conftest.Office, who: Person, report: Report) -> dict[str, Any]:
    found: dict[str, Any] = office.get(who, f"/reports/{report.id}").json()
    return {name: found[name] for name in ("answer_due", "decision_due", "due")}


def moment(day: date, hour: int, minute: int = 0) -> str:
    return datetime.combine(day, time(hour, minute)).isoformat() + "Z"


def events(rows: Session, report: Report) -> list[What]:
    rows.commit()
    found = select(ClockEvent.what).where(ClockEvent.report_id == report.id).order_by(ClockEvent.number)
    return list(rows.scalars(found))


def test_a_clock_begins_with_the_first_claim_stands_still_while_a_reporter_is_asked_and_ends_with_the_decision(
    office: conftest.Office, rows: Session, database: Database, epoch: Epoch, triager: Person, clock: Clock
) -> None:
    report, tomorrow = factories.report(rows, epoch), DAY + timedelta(days=1)
    assert clock.told_by is not None
    clock.told_by.write_text(moment(DAY, 9, 50))

    assert move(office, triager, report, "in_triage") == DONE
    # As one of p2, until somebody has judged it.
    claimed = {"answer_due": moment(DAY, 13, 45), "decision_due": moment(tomorrow, 9, 45), "due": str(DAY)}
    assert state(office, triager, report) == claimed
    clock.told_by.write_text(moment(DAY, 12))
    assert move(office, triager, report, "received") == DONE
    assert move(office, triager, report, "in_triage") == DONE
    assert state(office, triager, report) == claimed
    assert answered(office, triager, report).status_code == 201
    assert state(office, triager, report) == claimed | {"answer_due": None, "due": str(tomorrow)}
    assert move(office, triager, report, "awaiting_reporter", priority="p3") == DONE
    waits = {"answer_due": None, "decision_due": None, "due": str(DAY + timedelta(days=14))}
    assert state(office, triager, report) == waits
    friday = DAY + timedelta(days=4)
    with database.write() as session:  # as it is where the reporter writes
        asked = session.get_one(Report, report.id)
        lifecycle.change_state(session, asked, ReportState.IN_TRIAGE, today=friday)
        service.go_on(session, datetime.combine(friday, time(15), UTC))
    # Of 24 hours of the office a little more than two were spent on Monday, none before the day that they wrote on.
    goes_on = datetime.combine(friday, time(), UTC)
    left = timedelta(hours=24) - timedelta(hours=2, minutes=15)
    decision = after(DEFAULT.office, goes_on, left)
    assert state(office, triager, report)["decision_due"] == decision.isoformat().replace("+00:00", "Z")
    assert move(office, triager, report, "insufficient", no_contact=True) == DONE
    ended = state(office, triager, report)
    assert (ended["answer_due"], ended["decision_due"]) == (None, None)  # another may have to open it, by chance
    assert events(rows, report) == []


def test_what_its_reporter_has_taken_back_is_no_clock_s_within_the_hour(
    office: conftest.Office, rows: Session, database: Database, epoch: Epoch, triager: Person
) -> None:
    report = factories.report(rows, epoch)
    assert move(office, triager, report, "in_triage") == DONE
    with database.write() as session:
        lifecycle.change_state(session, session.get_one(Report, report.id), ReportState.WITHDRAWN, today=DAY)

    assert state(office, triager, report) == {"answer_due": None, "decision_due": None, "due": None}
    with database.write() as session:
        service.go_on(session, NOW)
    assert events(rows, report) == []


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["claim", "release", "judge", "answer", "ask", "reply", "policy", "decide"]),
        st.integers(0, 30 * 60),
        st.sampled_from(Priority),
    ),
    max_size=12,
)


@given(steps=STEPS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_clocks_that_are_recomputed_are_those_that_are_kept_whatever_policy_comes_meanwhile(
    rows: Session, epoch: Epoch, supervisor: Person, steps: list[tuple[str, int, Priority]]
) -> None:
    report, now, under = factories.report(rows, epoch), NOW, None
    two = actor(supervisor), actor(factories.certified(rows, Role.SUPERVISOR))
    for step, minutes, priority in steps:
        now += timedelta(minutes=minutes)
        if step == "policy":
            _set_by_two(rows, *two, slower=priority, now=now)
            continue
        report.priority = priority if step == "judge" else report.priority
        to = _TO.get(step, report.state)
        service.follow(rows, report, to, at=now, answers=step == "answer")
        report.state = to
        rows.flush()

        assert service.recomputed(rows, report) == (report.answer_due, report.decision_due)
        found, version = service.events_of(rows, report.id)
        assert [each.at for each in found] == sorted(each.at for each in found)
        assert under is None or not found or version == under
        under = version if found else None


_TO = {
    "claim": ReportState.IN_TRIAGE,
    "reply": ReportState.IN_TRIAGE,
    "release": ReportState.RECEIVED,
    "ask": ReportState.AWAITING_REPORTER,
    "decide": ReportState.INSUFFICIENT,
}


def actor(person: Person) -> Actor:
    return Actor(person.id, frozenset({Role.SUPERVISOR}), person.team_id, DAY)


def _set_by_two(rows: Session, one: Actor, other: Actor, *, slower: Priority, now: datetime) -> None:
    rules = deepcopy(CLOCK_RULES)
    rules["office"] |= {"country": None, "subdivision": None}
    rules["decision"][slower] = "9d"
    newest = max((each.version for each in rows.scalars(service.policies())), default=0)
    made = service.set_(rows, one, NewPolicy(newest, rules), now=now)
    if made.agreed_at is None:
        service.agree(rows, other, made.version, now=now)


def rules(**changed: Any) -> dict[str, Any]:
    """Those of nobody's calendar, with changes to members of members."""
    made = service.body_of(DEFAULT)
    for name, value in changed.items():
        made[name] = made[name] | value if isinstance(value, dict) else value
    return made


Put = Callable[..., dict[str, Any]]


@pytest.fixture
def put(office: conftest.Office, supervisor: Person) -> Put:
    def put(who: Person = supervisor, *, after: int = 0, **changed: Any) -> dict[str, Any]:
        found: dict[str, Any] = office.post(who, "/clock-policies", {"after": after, "rules": rules(**changed)}).json()
        return found

    return put


def in_force(office: conftest.Office, who: Person) -> tuple[int, dict[str, Any]]:
    found = office.get(who, "/clock-policies/in-force").json()
    return found["version"], found["rules"]


def test_what_makes_nothing_longer_counts_at_once_and_the_rest_when_another_supervisor_agrees(
    office: conftest.Office, rows: Session, put: Put, supervisor: Person, triager: Person
) -> None:
    second = factories.certified(rows, Role.SUPERVISOR)
    assert in_force(office, triager) == (0, rules())

    quicker = put(decision={"p1": "2h"})
    slower = put(after=1, decision={"p1": "5h"})

    assert (quicker["agreed_by"], slower["agreed_by"]) == (supervisor.id, None)
    assert in_force(office, triager) == (1, rules(decision={"p1": "2h"}))
    assert problem(office.post(supervisor, "/clock-policies/2/agreements", {})) == (409, "self-approval")
    assert office.post(second, "/clock-policies/2/agreements", {}).json()["agreed_by"] == second.id
    assert in_force(office, triager) == (2, rules(decision={"p1": "5h"}))
    assert problem(office.post(second, "/clock-policies/2/agreements", {})) == (409, "nothing-to-agree-to")
    history = office.get(triager, "/clock-policies").json()["items"]
    assert [(each["version"], each["rules"]["decision"]["p1"]) for each in history] == [(2, "5h"), (1, "2h")]


def test_whatever_may_take_longer_by_a_policy_somebody_else_agrees_to(put: Put) -> None:
    changes: list[dict[str, Any]] = [
        {"first_response": {"p4": "4d"}},
        {"waiting_days": 15},
        {"around_the_clock": ["p1"]},
        {"office": {"zone": "Europe/Berlin"}},
        {"decision": {"p3": "25h"}},  # three days of the office are 24 hours
    ]

    assert [put(after=number, **each)["agreed_at"] for number, each in enumerate(changes)] == [None] * len(changes)


def test_who_is_alone_agrees_with_themselves_seven_days_later(
    office: conftest.Office, put: Put, supervisor: Person, clock: Clock
) -> None:
    assert put(waiting_days=20)["agreed_at"] is None
    assert clock.told_by is not None

    clock.told_by.write_text(moment(DAY + timedelta(days=6), 23))
    office.forget_sessions()
    early = office.post(supervisor, "/clock-policies/1/agreements", {})
    clock.told_by.write_text(moment(DAY + timedelta(days=7), 9))
    office.forget_sessions()
    later = office.post(supervisor, "/clock-policies/1/agreements", {})

    assert (problem(early), later.status_code) == ((409, "self-approval"), 201)
    assert in_force(office, supervisor)[0] == 1


def test_of_two_who_set_one_at_once_the_slower_reads_what_the_faster_set(
    office: conftest.Office, rows: Session, put: Put
) -> None:
    put()

    slower = office.post(
        factories.certified(rows, Role.SUPERVISOR), "/clock-policies", {"after": 0, "rules": rules(waiting_days=3)}
    )

    assert problem(slower) == (412, "stale-version")


def test_an_office_is_closed_on_the_holidays_of_its_place_as_they_were_when_it_was_set(put: Put) -> None:
    office = {"country": "DE", "subdivision": "BE", "zone": "Europe/Berlin", "free_days": ["2026-12-24"]}

    closed = put(office=office)["closed_on"]

    assert {"2026-05-25", "2026-10-03", "2026-12-24", "2035-12-25"} <= {*closed}
    assert "2026-10-31" not in closed  # which is one elsewhere in the country


def test_a_place_that_no_calendar_knows_is_told(put: Put) -> None:
    wrong = [{"country": "XX"}, {"country": "DE", "subdivision": "ZZ"}, {"zone": "Europe/Atlantis"}, {"zone": "Europe"}]

    assert {put(office=each)["type"].rpartition("/")[2] for each in wrong} == {"calendar-unknown"}


def test_rules_that_are_none_are_refused(put: Put) -> None:
    wrong: list[dict[str, Any]] = [
        {"decision": {"p1": "0h"}},
        {"decision": {"p1": "4w"}},
        {"review_days": {"p1": 4}},
        {"waiting_days": 31},
        {"office": {"opens": 17, "closes": 17}},
        {"office": {"weekdays": []}},
        {"office": {"subdivision": "BE"}},
    ]

    assert {put(**each)["status"] for each in wrong} == {422}


def test_a_report_waits_and_a_judgement_holds_as_long_as_the_policy_says(
    office: conftest.Office, rows: Session, epoch: Epoch, triager: Person, put: Put
) -> None:
    put(waiting_days=3, review_days={"p2": 7})
    report = factories.report(rows, epoch)
    assert move(office, triager, report, "in_triage") == DONE
    assert answered(office, triager, report).status_code == 201

    assert move(office, triager, report, "awaiting_reporter", priority="p3") == DONE

    assert state(office, triager, report)["due"] == str(DAY + timedelta(days=3))
    assert service.reviewed_within(rows, Priority.P2) == timedelta(days=7)


def test_what_nobody_has_claimed_or_decided_in_time_is_a_duty(
    office: conftest.Office, rows: Session, epoch: Epoch, triager: Person, colleague: Person, supervisor: Person
) -> None:
    late, early = factories.report(rows, epoch), factories.report(rows, epoch)
    late.received_on -= timedelta(days=1)
    assert move(office, triager, early, "in_triage") == DONE

    assert duties_of(office, triager) == {("claim", epoch.id), ("look_at_report", early.id)}
    assert duties_of(office, colleague) == {("claim", epoch.id)}
    assert ("look_at_report", early.id) not in duties_of(office, supervisor)


@pytest.mark.parametrize("ran_out", ["answer_due", "decision_due"])
def test_what_is_not_answered_or_not_decided_by_the_end_of_a_day_is_a_duty_of_the_supervisors(
    office: conftest.Office, rows: Session, epoch: Epoch, triager: Person, supervisor: Person, ran_out: str
) -> None:
    report = factories.report(rows, epoch)
    assert move(office, triager, report, "in_triage") == DONE
    before = duties_of(office, supervisor)

    rows.refresh(report)
    setattr(report, ran_out, midnight(DAY) - timedelta(minutes=15))

    assert duties_of(office, supervisor) - before == {("look_at_report", report.id)}


def test_the_supervisors_hear_first_of_what_ran_out_first_once_each_and_of_so_many(
    office: conftest.Office, rows: Session, epoch: Epoch, triager: Person, supervisor: Person
) -> None:
    first = midnight(DAY) - timedelta(days=20)
    reports = [factories.report(rows, epoch, state=ReportState.IN_TRIAGE, triager=triager) for _ in range(60)]
    for number, each in enumerate(reports):
        clock, other = ("answer_due", "decision_due") if number % 2 else ("decision_due", "answer_due")
        setattr(each, clock, first + timedelta(hours=number))
        setattr(each, other, first + timedelta(days=1, hours=number) if number % 3 else None)
    rows.flush()
    actor = Actor(supervisor.id, frozenset({Role.SUPERVISOR}), supervisor.team_id, DAY)

    told = [each.object for each in overdue.duties(rows, actor)]

    assert told == [each.id for each in reports[:50]]
