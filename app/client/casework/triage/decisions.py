"""Decisions about a report, each on the version that the person saw: the service refuses it where the work went on."""

from collections.abc import Iterable, Sequence

from app import vocabulary
from app.client.casework import at_once
from app.client.casework.reports import threads
from app.client.casework.reports.opened import OpenReport
from app.client.casework.reports.views import ReportView
from app.client.casework.triage.reading import open_
from app.client.machine.staff import NotGranted, Staff
from app.protocol.errors import ProtocolError
from app.vocabulary import Imminence, Priority, ReportState, Severity, TransitionReason


class RuleOfTriage(Exception):
    """This step is not one that this report, as it was read, may take."""


def claim(staff: Staff, view: ReportView) -> None:
    """Take a report out of the queue: from now on this triager decides about it."""
    move(staff, view, ReportState.IN_TRIAGE)


def release(staff: Staff, view: ReportView) -> None:
    """Put it back into the queue."""
    move(staff, view, ReportState.RECEIVED, reason=TransitionReason.CAPACITY)


def claim_all(staff: Staff, views: Sequence[ReportView]) -> list[tuple[ReportView, str | None]]:
    """Take several out of the queue: of each why it was refused, as a code, or none. Raises `Refused`."""
    return _move_all(staff, views, ReportState.IN_TRIAGE)


def release_all(staff: Staff, views: Sequence[ReportView]) -> list[tuple[ReportView, str | None]]:
    """Put several back, as `claim_all` takes them."""
    return _move_all(staff, views, ReportState.RECEIVED)


def ask(staff: Staff, report: OpenReport, incidents: Iterable[tuple[Severity, Imminence]]) -> None:
    """Wait for the reporter, after a question was sent."""
    move(staff, report.view, ReportState.AWAITING_REPORTER, priority=vocabulary.priority_of(incidents).value)


def dispose(
    staff: Staff,
    report: OpenReport,
    to: ReportState,
    incidents: Iterable[tuple[Severity, Imminence]],
    *,
    duplicate_of: str | None = None,
    reason: TransitionReason = TransitionReason.DECIDED,
) -> Priority:
    """Decide about a report that was read. The priority follows from what was found, never from a feeling.

    That contact was not consented to, or is no longer, or that there is danger now, is this client's word, from what
    the reporter said in the report and since.
    Raises `RuleOfTriage` for *accepted*, which `accept` does, and for *undecryptable*: this report opens. Raises
    `Refused` (`guards-fail`) where a supervisor must have agreed first (`report_approvals`).
    """
    if to in (ReportState.ACCEPTED, ReportState.UNDECRYPTABLE):
        raise RuleOfTriage(f"a report that opens is not disposed of as {to}")
    priority = vocabulary.priority_of(incidents)
    request: dict[str, object] = {"priority": priority.value}
    if duplicate_of:
        request["duplicate_of"] = duplicate_of
    if not threads.thread(staff, report).may_contact(report):
        request["no_contact"] = True
    if report.danger_now:
        request["danger_now"] = True
    move(staff, report.view, to, reason=reason, **request)
    return priority


def undecryptable(staff: Staff, view: ReportView) -> None:
    """Dispose of a report that no key opens, after trying; another holder of its epoch's key has tried before.

    Raises `RuleOfTriage` where it opens, `Refused` (`guards-fail`) where nobody else has tried (`report_approvals`): it
    stays in triage until then.
    """
    if opens(staff, view):
        raise RuleOfTriage("this report opens")
    move(staff, view, ReportState.UNDECRYPTABLE)


def opens(staff: Staff, view: ReportView) -> bool:
    """Whether this person can read it. Raises `NotGranted` where not, and they do not hold the key of its epoch."""
    try:
        open_(staff, view.id)
    except (ProtocolError, NotGranted):
        staff.epoch_key(view.epoch)
        return False
    return True


def reopen(staff: Staff, view: ReportView, reason: TransitionReason) -> None:
    """A supervisor puts a decided report before a triager again, as long as its key exists."""
    move(staff, view, ReportState.IN_TRIAGE, reason=reason)


def move(
    staff: Staff,
    view: ReportView,
    to: ReportState,
    *,
    reason: TransitionReason = TransitionReason.DECIDED,
    **request: object,
) -> None:
    """A transition. Raises `Refused`: `stale-version` where the report has changed since this view of it."""
    whole = {"to": to.value, "reason": reason.value} | request
    staff.service.post(f"/reports/{view.id}/transitions", whole, version=view.version)


def _move_all(staff: Staff, views: Sequence[ReportView], to: ReportState) -> list[tuple[ReportView, str | None]]:
    items = [{"id": view.id, "version": view.version, "to": to.value} for view in views]
    why = at_once.put(staff, "/reports/states", items, named="id")
    return [(view, why[view.id]) for view in views]
