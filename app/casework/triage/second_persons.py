"""What a triager does with a report only where somebody else agrees.

That is to call it abusive or undecryptable, to let an urgent one wait, and to put an urgent one away.
"""

from datetime import date, timedelta
from functools import partial

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.actor import Actor
from app.casework.approvals.service import Approvable, NewApproval, NotApprovable
from app.casework.triage import machine, service
from app.database.ranges import is_there
from app.intake.epochs import service as epochs
from app.intake.reports import service as reports
from app.intake.reports.models import Report
from app.people.grants import service as grants
from app.problems import NotFound
from app.protocol.intake import UNDECIDED
from app.vocabulary import ApprovalSubject, ReportState, Role


def _triager(session: Session, actor: Actor, new: NewApproval) -> set[str]:
    # Locked, so that it is asked before the report moves on, or never.
    report = service.locked(session, service.visible_to(actor), new.object_id)
    if report.triager_id != actor.id:
        raise NotFound
    if report.state is not ReportState.IN_TRIAGE or report.envelope_sha256 != new.of:
        raise NotApprovable
    return {actor.id}


def _put_away(session: Session, actor: Actor, new: NewApproval) -> set[str]:
    """Before the step its triager asks; after it, where it was drawn, any triager of its epoch."""
    report = service.locked(session, service.visible_to(actor), new.object_id)
    if report.state == new.subject.value and report.opening_due is not None and report.envelope_sha256 == new.of:
        if not (Role.TRIAGER in actor.roles and service.holds_epoch_key(session, actor, report)):
            raise NotFound
        return {actor.id} | ({report.triager_id} if report.triager_id else set())
    return _triager(session, actor, new)


def _claimed_by(actor: Actor, report_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    return is_there(select(Report.id).where(Report.id == report_id, Report.triager_id == actor.id))


def _claimers(session: Session, report_id: str) -> set[str]:
    return {triager} if (triager := reports.get(session, report_id).triager_id) else set()


def _of_its_epoch(session: Session, report_id: str) -> set[str]:
    epochs_of = service.epochs_of(reports.get(session, report_id))
    return set[str]().union(*(grants.holders(session, each) for each in epochs_of))


def _last_day(session: Session, report_id: str) -> date:
    """On which the report can be opened: of an undecided one before it lapses, else before the day of its epoch.

    What is to be opened by somebody else by a later day has until then.
    """
    report = reports.get(session, report_id)
    if report.state in UNDECIDED:
        return reports.lapses_after(report)
    last = epochs.get(session, report.epoch_id).destroyed_on - timedelta(days=1)
    return max(last, report.opening_due or last)


# Of every one: who claimed the report leads, and whoever holds its epoch's key opens it, for as long as that lives.
_of_a_report = partial(Approvable, holders=_of_its_epoch, workers=_claimers, led_by=_claimed_by, lent_until=_last_day)

ABUSIVE = _of_a_report(
    ApprovalSubject.ABUSIVE,
    approvers=frozenset({Role.TRIAGER}),
    authors=_triager,
    takes_own_key=True,  # a second triager is one of the epoch
)
WAITING = _of_a_report(
    ApprovalSubject.WAITING,
    approvers=frozenset({Role.SUPERVISOR}),
    authors=_triager,
)
UNDECRYPTABLE = _of_a_report(
    ApprovalSubject.UNDECRYPTABLE,
    approvers=frozenset({Role.TRIAGER}),
    authors=_triager,
    takes_own_key=True,  # nobody has a key of the report to lend: the second person tries with that of the epoch
)
DISPOSALS = tuple(
    _of_a_report(
        ApprovalSubject(to),
        approvers=frozenset({Role.SUPERVISOR}),
        authors=_put_away,
    )
    for to in machine.DISPOSALS
)
