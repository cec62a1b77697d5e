"""A report becomes a case."""

from collections.abc import Collection, Iterable

from app import vocabulary
from app.client.casework import cases
from app.client.casework.triage.decisions import move
from app.client.casework.triage.reading import OpenReport
from app.client.machine.staff import Staff
from app.protocol.journal import ReportNote
from app.vocabulary import GrantKind, Imminence, ReportState, Severity


def accept(
    staff: Staff,
    report: OpenReport,
    incidents: Iterable[tuple[Severity, Imminence]],
    *,
    owner: str,
    colleagues: Collection[str] = (),
    title: str = "",
    summary: str = "",
) -> str:
    """Accept a report into a new case, whose id this returns. The opener is a member, as are owner and colleagues.

    The report's key is sealed to the case, whose secret is made here. It is one request: the report is accepted and in
    its case, with a key for every member, or it is in triage as before and there is no case.
    """
    priority = vocabulary.priority_of(incidents)
    case = cases.new(
        staff,
        ReportNote(report.id, report.sha256),
        report.identity.recipient,
        priority,
        owner=owner,
        people={staff.person, owner, *colleagues},
        title=title,
        summary=summary,
    )
    id_, recipient = case.key.subject, case.key.identity.recipient
    grant = staff.seal_grant(report.identity, report.id, recipient, id_, GrantKind.CASE)
    move(
        staff,
        report.view,
        ReportState.ACCEPTED,
        priority=priority.value,
        new_case=case.request,
        grant={"grantee": id_, "file": grant},
    )
    case.remember(staff)
    return id_
