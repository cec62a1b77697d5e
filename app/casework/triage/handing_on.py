"""What nobody decided before its epoch's day is granted on, to the epoch that takes reports now.

Whoever holds its key does so, and the grant before stays until somebody else has opened the report by the new one:
nobody alone puts a key that opens nothing in the place of one that does.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from itertools import islice

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.casework.approvals.service import SelfApproval
from app.casework.triage import ranges, service
from app.duties import Duty
from app.intake.epochs import service as epochs
from app.intake.epochs.models import Epoch
from app.intake.epochs.service import INTAKE_HOLDERS
from app.intake.reports.models import Report
from app.people.grants import service as grants
from app.people.grants.models import Grant
from app.people.grants.service import NewGrant
from app.problems import Problem, StaleVersion
from app.protocol.duties import DutyKind
from app.protocol.intake import UNDECIDED
from app.vocabulary import GrantKind

MOST = 100  # of each kind of duty that are told at once


class NotToHandOn(Problem):
    """The report is not to be granted on, or to another epoch, or by somebody else. Read it anew; nothing is lost."""

    type, status, title = "not-to-hand-on", 409, "The report is not to be granted on, or not to this epoch"


def hand_on(
    session: Session, actor: Actor, report_id: str, new: NewGrant, *, seen: AbstractSet[int], now: datetime
) -> Report:
    """Grant an undecided report whose epoch's day has come to the epoch that counts today.

    As long as nobody else has opened it by the new grant, somebody who holds the key of its first epoch may add theirs.
    Raises `StaleVersion` and `NotToHandOn`.
    """
    report = service.locked(session, service.readable_by(actor).where(service.of_epochs_of(actor)), report_id)
    if report.version not in seen:
        raise StaleVersion(version=report.version)
    to = epochs.counting(session, now.date())
    if to is None or new.grantee != to.id or not _may_go_to(session, actor, report, to, now=now):
        raise NotToHandOn
    grants.add_to_object(session, actor, new, subject=report.id, kind=GrantKind.HANDED_ON, now=now)
    report.handed_on_from = report.handed_on_from or report.epoch_id
    report.epoch_id, report.handed_on_by = to.id, actor.id
    session.flush()
    return report


def say_opened(
    session: Session, actor: Actor, report_id: str, epoch_id: str, *, seen: AbstractSet[int], now: datetime
) -> Report:
    """The actor's client has opened by the new key what somebody else granted on: the grants before it go.

    Raises `SelfApproval`, `StaleVersion`.
    """
    openable = service.readable_by(actor).where(service.is_handed_on(), Report.epoch_id == epoch_id)
    report = service.locked(session, openable.where(grants.held_by(actor, Report.epoch_id)), report_id)
    if report.handed_on_by == actor.id:
        raise SelfApproval
    if report.version not in seen:
        raise StaleVersion(version=report.version)
    before = session.scalars(
        select(Grant.grantee).join(Epoch, Epoch.id == Grant.grantee).where(Grant.subject == report.id)
    )
    grants.drop(session, subject=report.id, grantees={*before} - {report.epoch_id})
    report.handed_on_from = report.handed_on_by = None
    audit.record(session, actor.id, Action.REPORT_OPENED, report.id, now=now)
    session.flush()
    return report


def duties(session: Session, actor: Actor) -> Iterator[Duty]:
    """To grant on what one holds, to the epoch of today if there is one; to open what somebody else granted on."""
    if not INTAKE_HOLDERS & actor.roles or epochs.counting(session, actor.today) is None:
        return
    for report_id, day in islice(dict(_to_hand_on(session, actor)).items(), MOST):
        yield Duty(DutyKind.HAND_ON, report_id, day)
    for report_id, day in _to_open(session, actor):
        yield Duty(DutyKind.OPEN_HANDED_ON, report_id, day)


def _to_hand_on(session: Session, actor: Actor) -> Iterator[tuple[str, date]]:
    """Those of each epoch that is over and whose key the actor holds, then what came on from one to an epoch that is
    over too; of each epoch as many as are told at once."""
    held = session.execute(ranges.epochs_held(actor).order_by(Epoch.destroyed_on, Epoch.id)).all()
    for epoch_id, day in held:
        if day <= actor.today:
            for _, report_id in ranges.first_undecided(session, epoch_id, number=MOST):
                yield report_id, day
    came_on = select(Report.id, Epoch.destroyed_on).join(Epoch, Epoch.id == Report.epoch_id)
    over = came_on.where(Report.state.in_(UNDECIDED), Epoch.destroyed_on <= actor.today)
    for epoch_id, _ in held:
        of_it = over.where(Report.handed_on_from == epoch_id)
        for report_id, day in session.execute(of_it.order_by(Report.received_on, Report.id).limit(MOST)):
            yield report_id, day


def _to_open(session: Session, actor: Actor) -> Iterator[tuple[str, date]]:
    """What others granted on to an epoch whose key the actor holds, the first first.

    There is little of it. So of its state it is asked here, where a database would go by its index of states, in which
    there is much.
    """
    held = {epoch_id for epoch_id, _ in session.execute(ranges.epochs_held(actor))}
    came_on = select(Report.id, Report.epoch_id, Report.state, Report.handed_on_by).where(Report.handed_on_from > "")
    found = {
        report_id: epoch_id
        for report_id, epoch_id, state, by in session.execute(
            came_on.order_by(Report.handed_on_from, Report.received_on, Report.id)
        )
        if state in UNDECIDED and by not in (None, actor.id) and epoch_id in held
    }
    first = dict(islice(found.items(), MOST))
    granted = select(Grant.subject, Grant.grantee, func.min(Grant.granted_on)).where(Grant.subject.in_(first))
    on = [
        (day, report_id)
        for report_id, grantee, day in session.execute(granted.group_by(Grant.subject, Grant.grantee))
        if grantee == first[report_id]
    ]
    for day, report_id in sorted(on):
        yield report_id, day


def _may_go_to(session: Session, actor: Actor, report: Report, to: Epoch, *, now: datetime) -> bool:
    if report.epoch_id != to.id:
        due = select(Report.id).where(Report.id == report.id, service.to_hand_on(now.date()))
        return session.scalar(due) is not None
    is_first_of_theirs = report.handed_on_from is not None and report.handed_on_by != actor.id
    return is_first_of_theirs and grants.holds(session, actor, report.handed_on_from or "")
