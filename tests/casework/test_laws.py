"""What holds of a case in whatever order things are done: its stages, who ends it, when it is due, who learns of it."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.casework.cases.models import Case, Membership
from app.casework.clocks import service as clocks
from app.casework.work import service as work
from app.casework.work.models import CaseTask, TaskState
from app.people.staff.models import Person
from app.protocol.sizes import Kind
from app.vocabulary import CaseStage, Role
from tests import factories
from tests.casework.conftest import CONSENT, Office
from tests.casework.test_stages import HOLD, TODAY, Desk
from tests.test_machines import STAGES
from tests.walks import walks

# Likelier in an order that leads somewhere, so that an end is reached and not only refused.
COURSE = [
    "consent",
    "to planning",
    "to assessment",
    "judge",
    "to planning",
    "plan",
    "to active",
    "judge",
    "close",
    "to closed",  # nobody has said yes: a case that ends by it ends by one
    "approve",
    "to closed",
]
ACTS = st.lists(
    st.sampled_from(
        [
            *(*COURSE, "judge gravely", "hold", "to monitoring", "task", "ask self", "approve oneself"),
            *("plan a week", "mark p1", "mark p4", "shorten", "task a week", "do a task"),
        ]
    ),
    max_size=4,
)
AGAIN = st.sampled_from([[], ["to assessment", "judge"], ["to active"]])
PATHS = ("/cases", "/me", "/duties", "/approvals", "/news", "/words", "/reports", "/queue")


@given(before=ACTS, between=ACTS, again=AGAIN, cut=st.integers(0, len(COURSE)))
@walks(2)
def test_no_order_of_acts_leads_beside_the_diagram_ends_a_case_by_one_or_tells_others_of_it(
    office: Office,
    rows: Session,
    statements: list[str],
    before: list[str],
    between: list[str],
    again: list[str],
    cut: int,
) -> None:
    owner, colleague, outsider = (factories.certified(rows, Role.CASEWORKER) for _ in range(3))
    elsewhere = factories.certified(rows, Role.SUPERVISOR)
    case = factories.case(rows, owner)
    rows.commit()
    desk = Desk(office, rows, case, owner)
    stage, said_yes = CaseStage.INTAKE, set[str]()
    of_others = {who.id: seen(office, who) for who in (outsider, elsewhere)}

    for act in [*before, *COURSE[:cut], *between, *COURSE[cut:], *again]:
        said_yes |= done(desk, act, colleague, elsewhere)
        entered = stage_of(rows, desk)
        assert entered is stage or (stage, entered) in STAGES, act
        if entered is CaseStage.CLOSED and stage is not CaseStage.CLOSED:
            assert said_yes - {owner.id}
        if entered is not CaseStage.CLOSURE_REVIEW:
            said_yes = set()
        stage = entered
        assert (case.risk_level, case.judged_until, case.plan_review) == recomputed(rows, desk)
        assert case.task_due == first_to_do(rows, desk)
        assert_in_order(rows, case)

    for who in (outsider, elsewhere):
        refused(office, statements, who, case.id)
    assert {who.id: seen(office, who) for who in (outsider, elsewhere)} == of_others


def done(desk: Desk, act: str, colleague: Person, supervisor: Person) -> set[str]:
    """Do it, or be refused; who has said yes to the end of the case by it."""
    match act.split():
        case ["consent"]:
            answer = CONSENT | {"consent": factories.id_("cons")}
            desk.office.post(desk.who, f"/cases/{desk.case.id}/consents", answer)
        case ["to", stage]:
            desk.step(stage)
        case ["judge", *gravely]:
            desk.judge("critical" if gravely else "medium")
        case ["plan", *week]:
            desk.tell("plan", status="agreed", review=str(TODAY) if week else None)
        case ["mark", priority]:
            desk.mark(priority)
        case ["shorten"]:
            shorten(desk, supervisor)
        case ["hold"]:
            desk.step("on_hold", sent=HOLD)
        case ["task", *week]:
            due = str(TODAY + timedelta(days=7)) if week else None
            task = {"part": desk.new_part(), "kind": "contact", "urgent": not week, "due": due}
            desk.office.put(desk.who, f"/cases/{desk.case.id}/tasks/{factories.id_('task')}", task, version=1)
        case ["do", *_]:
            path = f"/cases/{desk.case.id}/tasks"
            for each in desk.office.get(desk.who, path).json()["items"][:1]:
                desk.office.post(desk.who, f"{path}/{each['id']}/transitions", {"to": "done"}, version=each["version"])
        case ["close"]:
            desk.closes()
        case ["ask", "self"]:
            assert desk.ask("closure", desk.who).status_code >= 400
        case ["approve", *oneself]:
            return yes(desk, desk.who if oneself else colleague)
    return set()


def shorten(desk: Desk, supervisor: Person) -> None:
    """From now on a judgement of the danger holds for a day less, and what was judged before as long as it did."""
    after = desk.office.get(supervisor, "/clock-policies/in-force").json()
    days = {each: max(1, number - 1) for each, number in after["rules"]["review_days"].items()}
    rules = after["rules"] | {"review_days": days}
    new = {"after": after["version"], "rules": rules}
    desk.office.post(supervisor, "/clock-policies", new).raise_for_status()


def yes(desk: Desk, by: Person) -> set[str]:
    asked = desk.ask("closure", by)
    if asked.status_code != 201:
        return set()
    said = {"to": "approved", "statement": factories.in_json(Kind.TASK)}
    answer = desk.office.post(by, f"/approvals/{asked.json()['id']}/transitions", said, version=1)
    return {by.id} if answer.status_code == 201 else set()


def stage_of(rows: Session, desk: Desk) -> CaseStage:
    rows.commit()
    rows.refresh(desk.case)
    return desk.case.stage


def recomputed(rows: Session, desk: Desk) -> tuple[str | None, date | None, date | None]:
    """How great the danger is and until when that holds, and when the plan is looked at again, from what was told of
    them and how urgent the case is: as it is kept with the case."""
    newest, plan = work.newest_assessment(rows, desk.case.id), work.newest_plan(rows, desk.case.id)
    review = plan.review if plan else None
    if newest is None:
        return None, None, review
    days = clocks.of_version(rows, newest.policy).review_days[desk.case.priority]
    until = min(newest.valid_until, newest.hour.date() + timedelta(days=days))
    return newest.level, until, review


def first_to_do(rows: Session, desk: Desk) -> date | None:
    """The Monday of the first week in which something is due that nobody has done or dropped."""
    tasks = rows.scalars(select(CaseTask).where(CaseTask.case_id == desk.case.id)).all()
    return min((each.due for each in tasks if each.due and each.state is TaskState.OPEN), default=None)


def assert_in_order(rows: Session, case: Case) -> None:
    """It stands in its team's lists, and in those of its members, where the first of its clocks says."""
    first = min(case.clocks.values(), default=None)
    listed = rows.scalars(select(Membership.due).where(Membership.case_id == case.id)).all()
    assert [case.due, *listed] == [first] * (1 + len(listed))


def refused(office: Office, statements: list[str], outsider: Person, case: str) -> None:
    """Whoever is none of the case is answered as of one that is not there, and no more is asked of the database."""
    for path in ("", "/contents", "/words", "/transitions", "/work", "/tasks", "/consents"):
        there, absent = (told(office, statements, outsider, f"/cases/{id_}{path}") for id_ in (case, no_case()))
        assert there == absent
        assert there[0] == 404


def no_case() -> str:
    return factories.id_("case")


def told(office: Office, statements: list[str], who: Person, path: str) -> tuple[int, bytes, list[str]]:
    """What somebody is answered, and what was asked of the database for it."""
    office.get(who, "/me")  # their session is there
    statements.clear()
    answer = office.get(who, path)
    return answer.status_code, answer.content, list(statements)


def seen(office: Office, who: Person) -> list[tuple[int, str | None, bytes]]:
    """All that somebody is told of what is there, with its ETag."""
    answers = [office.get(who, path) for path in PATHS]
    return [(each.status_code, each.headers.get("ETag"), each.content) for each in answers]
