"""A report becomes a case, or joins one.

What a case is made of is imported by each function: it takes long, and a queue does not need it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any

from app import vocabulary
from app.client.casework.reports import opened
from app.client.casework.reports.opened import OpenReport
from app.client.casework.reports.views import view
from app.client.casework.triage.decisions import move
from app.client.machine.staff import NotGranted, Staff
from app.client.machine.transport import Refused, Unreachable
from app.protocol.errors import ProtocolError
from app.vocabulary import GrantKind, Imminence, Priority, ReportState, Severity


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
    its case, with a key for every member, or it is in triage as before and there is no case. One that was accepted and
    handed to this person comes into their case in the same way, with the priority that it was given where nothing else
    was found.
    """
    from app.client.casework import cases
    from app.protocol.journal import ReportNote

    found, is_handed = tuple(incidents), report.view.state is ReportState.ACCEPTED
    given = report.view.priority if is_handed and not found else None
    priority = given or vocabulary.priority_of(found)
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
    to_case = {"grantee": id_, "file": grant}
    if report.view.state is ReportState.ACCEPTED and report.view.case is None:
        what = {"new_case": case.request, "grant": to_case}
        staff.service.put(f"/reports/{report.id}/case", what, version=report.view.version)
    else:
        move(staff, report.view, ReportState.ACCEPTED, priority=priority.value, new_case=case.request, grant=to_case)
    case.remember(staff)
    _turn_if_known(staff, report, id_)
    return id_


def _turn_if_known(staff: Staff, report: OpenReport, case_id: str) -> None:
    """Give a report a key of its case's own where somebody who triaged since it was sent does so no more: they may know
    the one under which its reporter would write on. Where it cannot be done now, it is a duty of the members."""
    from app.client.casework import cases

    if opened.may_be_known(staff, report):
        with suppress(ProtocolError, NotGranted, Refused, Unreachable):
            cases.turn(staff, cases.open_(staff, case_id))


def accept_into(
    staff: Staff, report: OpenReport, incidents: Iterable[tuple[Severity, Imminence]], case_id: str
) -> None:
    """Accept a report into a case that this person works on, and that may have others: one request, as `accept`.

    Raises `Refused`, `stale-version` where the report has changed since it was read.
    """
    priority = vocabulary.priority_of(incidents).value
    _join(
        staff, report, case_id, lambda what: move(staff, report.view, ReportState.ACCEPTED, priority=priority, **what)
    )


def hand_over(
    staff: Staff, report: OpenReport, incidents: Iterable[tuple[Severity, Imminence]], colleague: str
) -> Priority:
    """Accept a report, and hand its key to a caseworker, who puts it into a case of theirs.

    Where they have not by the end of the next day, it waits in the queue again, as long as the key of its epoch lives.
    Raises `Refused` (`guards-fail`) for somebody who is no caseworker.
    """
    priority = vocabulary.priority_of(incidents)
    grant = staff.grant(report.identity, report.id, staff.certified(colleague), GrantKind.ASSIGNED)
    move(staff, report.view, ReportState.ACCEPTED, priority=priority.value, grant=grant)
    return priority


def attach(staff: Staff, report: OpenReport, case_id: str) -> None:
    """Put a report that was accepted and handed to this person into a case that they work on. Raises `Refused`."""
    path, version = f"/reports/{report.id}/case", report.view.version
    _join(staff, report, case_id, lambda what: staff.service.put(path, what, version=version))


def _join(staff: Staff, report: OpenReport, case_id: str, send: Callable[[Mapping[str, Any]], object]) -> None:
    """Behind whatever colleagues write into the case meanwhile: it is another thing than theirs."""
    from app.client.casework import cases
    from app.client.casework.cases.writing import TRIES
    from app.protocol.journal import ReportNote

    case = cases.open_(staff, case_id)
    note, key = ReportNote(report.id, report.sha256), report.identity
    for left in reversed(range(TRIES)):
        joining = cases.joining(staff, case, note, key.recipient)
        # The case may have turned for it, and a report is no affair of whoever had the key before.
        grant = staff.seal_grant(key, report.id, joining.case.identity.recipient, case.id, GrantKind.CASE)
        try:
            send({"joins": joining.request, "grant": {"grantee": case.id, "file": grant}})
        except Refused as refusal:
            is_stale = refusal.type == "stale-version"
            is_of_case = is_stale and view(staff, report.id).version == report.view.version
            if not left or not (is_of_case or refusal.type == "turn-first"):
                raise
            if refusal.type == "turn-first":
                staff.forget()  # somebody was certified when this machine looked
            case = cases.refreshed(staff, case)
        else:
            joining.remember(staff)
            _turn_if_known(staff, report, case_id)
            return
