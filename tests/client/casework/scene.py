"""A case as the tests of casework need it: a report accepted, and one incident coded."""

from dataclasses import replace

from app.client.casework import cases, coding_approvals, triage
from app.client.casework.cases import OpenCase
from app.client.intake.reporter import Submitted
from app.client.machine.staff import Staff
from app.protocol.encoding import new_id
from app.vocabulary import ConsentMethod, ConsentScope, ConsentStatus, Imminence, Relation, Severity
from tests.client.installation import Installation

DOCUMENT = {
    "language": "fa",
    "text": "They wrote to my mother.",
    "answers": {"danger_now": "weeks", "consent": ["service", "contact", "statistics"]},
}
CODING = {
    "incident_type": "death_threat",
    "channel": ["messenger"],
    "suspected_actor_role": ["security_service"],
    "origin_state": "IR",
    "host_country": "DE",
    "severity": "serious",
    "imminence": "days",
    "quarter": "2026-Q2",
}
FOUND = [(Severity.SERIOUS, Imminence.DAYS)]


def claimed(here: Installation, triager: Staff) -> Submitted:
    """A report that the triager has taken."""
    sent = here.reporter().submit(DOCUMENT)
    triage.claim(triager, triage.view(triager, sent.report))
    return sent


def accepted(here: Installation, triager: Staff, owner: Staff) -> OpenCase:
    """A case of a new report, as its owner opens it."""
    return taken(triager, owner, claimed(here, triager))


def taken(triager: Staff, owner: Staff, sent: Submitted) -> OpenCase:
    """A case of a report that the triager has claimed, as its owner opens it."""
    case = triage.accept(triager, triage.open_(triager, sent.report), FOUND, owner=owner.person, title="A title")
    return cases.open_(owner, case)


def coded(
    here: Installation, triager: Staff, owner: Staff, *, statistics: ConsentStatus = ConsentStatus.GIVEN
) -> OpenCase:
    """The same with one incident, coded by the owner."""
    opened = accepted(here, triager, owner)
    person = cases.affected(Relation.SELF, statistics=statistics, by_reporter=None, can_be_asked=True)
    incident = cases.incident(owner, person, CODING)
    return cases.write(owner, opened, replace(opened.file, persons=(person,), incidents=(incident,)))


def agree_to_service(member: Staff, opened: OpenCase, *, method: ConsentMethod = ConsentMethod.SPOKEN) -> None:
    """The first person of the case has said yes to being helped, and a member keeps that."""
    cases.record_consent(
        member,
        opened,
        person=opened.file.persons[0].id,
        consent=new_id("cons"),
        scope=ConsentScope.SERVICE,
        status=ConsentStatus.GIVEN,
        method=method,
    )


def approved(owner: Staff, opened: OpenCase, approver: Staff, *, correct: bool = False) -> str:
    """The id of an approval of this coding."""
    approval = coding_approvals.request(owner, opened, approver.person, correct=correct)
    coding_approvals.decide(approver, coding_approvals.review(approver, approval), approved=True)
    return approval
