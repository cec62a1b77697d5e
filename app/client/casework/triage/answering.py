"""A reply to a reporter, of whose copy for colleagues nobody who left knows the key.

What a case is made of is imported by each function: it takes long, and a queue does not need it.
"""

from app.client.casework.reports import opened, threads
from app.client.casework.reports.opened import OpenReport
from app.client.casework.reports.views import view
from app.client.machine.staff import Staff
from app.client.machine.transport import Refused


def answer(staff: Staff, report: OpenReport, text: str, *, despite_their_no: bool = False) -> OpenReport:
    """Write to the reporter, as `threads.answer`. Of what is in a case the key turns first where that is due, and the
    reply names it. Raises as `threads.answer`, and what turning raises."""
    try:
        return threads.answer(staff, _under_own_key(staff, report), text, despite_their_no=despite_their_no)
    except Refused as refusal:
        if refusal.type != "turn-first":
            raise
        staff.forget()  # somebody was certified when this machine looked
        under = _under_own_key(staff, report, turns=True)
        return threads.answer(staff, under, text, despite_their_no=despite_their_no)


def _under_own_key(staff: Staff, report: OpenReport, *, turns: bool = False) -> OpenReport:
    """The report under the key that its copy is to be sealed to. In triage it keeps its own."""
    from app.client.casework import cases

    if report.view.case is None:
        return report
    before = view(staff, report.id)
    case = cases.for_reply(staff, report.view.case, report, turns=turns)
    is_other = before.version != report.view.version  # somebody was faster: the service says so
    if is_other or case.journal.generation_of(report.id) == report.key.generation:
        return report
    return opened.of_case(staff, report.id, case.key, case.journal)
