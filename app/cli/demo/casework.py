"""What becomes of cases: one is worked on to its end and taken up again, and a relative's report joins it. One reporter
lets nobody be counted any more, and another takes everything back and reads what was done."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from app.cli.demo.chapters import PASSWORD, Company, DemoFailed, colleague_of, owner_of
from app.cli.demo.stories import Story
from app.client import Staff
from app.client.casework import cases, course, triage
from app.client.casework.cases import OpenCase
from app.client.people import sign_in
from app.client.statistics import cards, withdrawals
from app.protocol import receipt as receipts
from app.protocol.case import Assessment, Closing, SafetyPlan
from app.vocabulary import (
    ApprovalSubject,
    CaseStage,
    ConsentScope,
    Imminence,
    Outcome,
    RetentionClass,
    RiskLevel,
    SafetyPlanStatus,
    Severity,
)

RELATIVE: Final[dict[str, Any]] = {
    "language": "en",
    "text": "My sister has written to you. They have called our mother as well, twice, about her.",
    "answers": {"danger_now": "weeks", "about_whom": "parent_or_sibling", "consent": ["service", "contact"]},
}


def work(company: Company, stories: Sequence[Story]) -> str:
    """The first case goes from its assessment to its end, which another person approves, and is taken up again."""
    story = _in_cases(company, stories)[0]
    owner, colleague = owner_of(company, story), colleague_of(company, story)
    id_ = company.cases[story.id]
    _judge(owner, id_, RiskLevel.MEDIUM)
    _step(owner, id_, CaseStage.PLANNING)
    cases.plan(owner, cases.open_(owner, id_), SafetyPlan(SafetyPlanStatus.AGREED, "Nobody answers unknown numbers."))
    _step(owner, id_, CaseStage.ACTIVE)
    _judge(owner, id_, RiskLevel.LOW)
    closing = Closing("risk_resolved", Outcome.SAFER, RetentionClass.STANDARD, "They call no more.")
    case = cases.propose_closing(owner, cases.open_(owner, id_), cases.view(owner, id_), closing)
    asked = course.request(owner, case, ApprovalSubject.CLOSURE, colleague.person)
    course.decide(colleague, course.review(colleague, asked), approved=True)
    _step(owner, id_, CaseStage.CLOSED)
    closed = cases.view(owner, id_)
    cases.reopen(owner, closed, CaseStage.ASSESSMENT)
    return f"{story.id} was active, is closed by two and kept until {closed.purge_month}, and taken up again"


def join(company: Company, stories: Sequence[Story]) -> str:
    """A relative of who is in the first case reports too: a second mailbox, and no second case."""
    story = _in_cases(company, stories)[0]
    owner, id_ = owner_of(company, story), company.cases[story.id]
    triager = company.staff[company.triagers[0]]
    with company.reporter() as reporter:
        sent = reporter.submit(RELATIVE)
        triage.claim(triager, triage.view(triager, sent.report))
        triage.hand_over(
            triager, triage.open_(triager, sent.report), [(Severity.SERIOUS, Imminence.WEEKS)], owner.person
        )
        triage.attach(owner, triage.open_(owner, sent.report), id_)
        triage.answer(owner, triage.open_(owner, sent.report), "Thank you. We are here for both of you.")
        told = reporter.mailbox(receipts.read(sent.receipt))
    reports = cases.open_(owner, id_).file.reports
    if len(reports) != 2 or not told.replies:
        raise DemoFailed("the relative's report did not join")
    return f"{len(reports)} reports in the case of {story.id}, each with a mailbox of its own"


def no_more(company: Company, stories: Sequence[Story]) -> str:
    """A reporter says no to statistics: what was counted of whom they told is taken back at the next sign-in."""
    story = _in_cases(company, stories)[1]
    owner = owner_of(company, story)
    with company.reporter() as reporter:
        receipt = receipts.read(company.submitted[story.id].receipt)
        reporter.change_consent(receipt, ConsentScope.STATISTICS, given=False)
    cards.follow_words(_signed_in(owner))
    notes = cases.open_(owner, company.cases[story.id]).file.cards
    if not notes or not all(note.withdrawn for note in notes):
        raise DemoFailed(f"{story.id} said no, and is counted still")
    return f"{cards.send(owner, now=True)} of the cards of {story.id} taken back"


def take_back(company: Company, stories: Sequence[Story]) -> str:
    """Another takes back what a case has: cards first, then all the rest in one act, and they read what was done."""
    story = _in_cases(company, stories)[-1]
    owner, id_ = owner_of(company, story), company.cases.pop(story.id)
    with company.reporter() as reporter:
        receipt = receipts.read(company.submitted[story.id].receipt)
        reporter.withdraw(receipt)
        is_done = withdrawals.carry_out(_signed_in(owner), id_)
        if not is_done:  # the withdrawals of its cards wait for their hours
            cards.send(owner, now=True)
            is_done = withdrawals.carry_out(owner, id_)
        last = reporter.mailbox(receipt).replies[-1].text
    if not is_done or any(each.id == id_ for each in cases.list_(owner)):
        raise DemoFailed(f"{story.id} was taken back, and its case is there still")
    return f"the case of {story.id} is gone, and its reporter reads: {last.split('.')[0]}."


def _in_cases(company: Company, stories: Sequence[Story]) -> list[Story]:
    """Those whose people are counted, in a case of theirs."""
    return [each for each in stories if each.id in company.cases and any(one.get("card") for one in each.incidents)]


def _signed_in(person: Staff) -> Staff:
    sign_in.sign_in(person, PASSWORD)
    return person


def _judge(owner: Staff, id_: str, level: RiskLevel) -> OpenCase:
    until = owner.today + timedelta(days=2)
    judged = Assessment(level, until, reasoning="As they told us.")
    return cases.assess(owner, cases.open_(owner, id_), judged)


def _step(owner: Staff, id_: str, to: CaseStage) -> None:
    course.move(owner, cases.open_(owner, id_), cases.view(owner, id_), to)
