"""Reports move: claimed, released, put to the reporter, decided, reopened."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app import transitions
from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.casework.approvals import service as approvals
from app.casework.approvals import sights as approval_sights
from app.casework.cases import membership
from app.casework.cases import service as cases
from app.casework.cases.service import Joining, NewCase
from app.casework.clocks import service as clocks
from app.casework.triage import service
from app.casework.triage.machine import DISPOSALS, EDGES, URGENT, Facts
from app.clock import midnight
from app.intake.lifecycle import service as lifecycle
from app.intake.mailbox import service as mailbox
from app.intake.posts.service import ReporterAct
from app.intake.reports import service as reports
from app.intake.reports.models import Report
from app.intake.sights import service as sights
from app.of_several import by_itself
from app.people.grants import service as grants
from app.people.grants.models import Grant
from app.people.grants.service import NewGrant
from app.people.staff import service as staff
from app.people.staff.service import Standing
from app.problems import Problem, StaleVersion
from app.protocol.intake import UNDECIDED
from app.protocol.mailbox import MessageKind
from app.transitions import NoSuchStep, Step
from app.vocabulary import ApprovalSubject, GrantKind, Priority, ReportState, Role, TransitionReason

# Within a day somebody else has opened what was accepted, in its case.
OPENING = timedelta(days=1)


class NotAttachable(Problem):
    """The report is not accepted, or is in a case already. Read it anew."""

    type, status, title = "not-attachable", 409, "Only an accepted report without a case can be attached to one"


@dataclass(frozen=True)
class Move:
    """A step, and what comes with it.

    `grant` is the report's key, sealed to the case that it joins, to `new_case`, or to a colleague who will attach it.
    `no_contact` is the client's word that the reporter did not consent to contact, `danger_now` that they said that
    there is danger now.
    """

    to: ReportState
    reason: TransitionReason
    priority: Priority | None = None
    joins: Joining | None = None
    new_case: NewCase | None = None
    grant: NewGrant | None = None
    duplicate_of: str | None = None
    no_contact: bool = False
    danger_now: bool = False


def steps(session: Session, actor: Actor, report_id: str, *, now: datetime) -> list[Step[ReportState]]:
    """Where the actor can take the report now, and which guards fail as long as nothing more is sent."""
    report = service.get(session, actor, report_id)
    return transitions.steps(EDGES, report.state, _facts(session, actor, report, None, now=now))


def move(
    session: Session, actor: Actor, report_id: str, new: Move, *, seen: AbstractSet[int], drawn: bool, now: datetime
) -> Report:
    """Take a report to another state; `seen` holds the versions that the actor has seen.

    `drawn`: if nobody has agreed to put it away, a supervisor is to read it afterwards.

    What was asked about it was asked about the state that it leaves: what is not decided yet is cancelled, and what was
    approved counts for this step alone. A new case is opened with the step, or a case joined, or neither is done.
    Raises `StaleVersion`, of the report or of the case that it joins, `NoSuchStep` or `GuardsFail`, and what
    `cases.open_` does.
    """
    report = service.locked(session, service.visible_to(actor), report_id)
    if report.version not in seen:
        raise StaleVersion(version=report.version)
    facts = _facts(session, actor, report, new, now=now)
    transitions.check(EDGES, report.state, new.to, facts)
    approvals.close(session, report.id)
    report.priority = new.priority or report.priority
    if report.state is ReportState.RECEIVED:
        report.triager_id = actor.id
    if new.to is ReportState.RECEIVED:
        report.triager_id = None
    if new.to is ReportState.ACCEPTED and new.grant is not None:
        case_id = _case_of(session, actor, new.joins, new.new_case, now=now)
        _hand_on(session, actor, report, new.grant, case_id=case_id, now=now)
    audit.record(session, actor.id, Action.REPORT_MOVED, report.id, now=now)
    alone = new.to in DISPOSALS and ApprovalSubject(new.to) not in facts.approved
    is_due = new.to is ReportState.ACCEPTED or (alone and drawn)
    due = now.date() + OPENING if is_due else None
    waits = clocks.waits_until(session, now.date()) if new.to is ReportState.AWAITING_REPORTER else None
    clocks.follow(session, report, new.to, at=now)
    lifecycle.change_state(
        session, report, new.to, today=now.date(), reason=new.reason, opening_due=due, waits_until=waits
    )
    if report.triager_id is not None:
        approval_sights.note(session, [report.triager_id], report.id)
    return report


# By which a report leaves the queue and comes back to it. Why, staff are not asked: only a release has a reason.
_IN_AND_OUT: Final = {
    (ReportState.RECEIVED, ReportState.IN_TRIAGE): TransitionReason.DECIDED,
    (ReportState.IN_TRIAGE, ReportState.RECEIVED): TransitionReason.CAPACITY,
}


def claim_and_release(
    session: Session, actor: Actor, wanted: Sequence[tuple[str, int, ReportState]], *, now: datetime
) -> list[Report | Problem]:
    """Take several reports out of the queue, or put them back, each in the version that the actor has seen, by itself:
    of each the report, or why it stays as it was."""
    # All of them first, in one order: else two requests wait for each other, with the audit chain between them.
    theirs = service.visible_to(actor).where(Report.id.in_({report_id for report_id, _, _ in wanted}))
    session.scalars(theirs.order_by(Report.id).with_for_update()).all()
    return [
        by_itself(session, partial(_claim_or_release, session, actor, report_id, version, to, now=now))
        for report_id, version, to in wanted
    ]


def _claim_or_release(
    session: Session, actor: Actor, report_id: str, version: int, to: ReportState, *, now: datetime
) -> Report:
    """No other step to these states: for those something else must hold."""
    report = service.get(session, actor, report_id)
    if report.version != version:
        raise StaleVersion(version=report.version)
    reason = _IN_AND_OUT.get((report.state, to))
    if reason is None:
        raise NoSuchStep
    return move(session, actor, report_id, Move(to, reason), seen={version}, drawn=False, now=now)


def attach(
    session: Session,
    actor: Actor,
    report_id: str,
    joins: Joining | None,
    grant: NewGrant,
    *,
    new_case: NewCase | None,
    seen: AbstractSet[int],
    now: datetime,
) -> Report:
    """Whoever was handed an accepted report seals its key to a case of theirs, or to a new one, opened with it.

    Raises `NotAttachable`, `StaleVersion` of the report or of the case that it joins, and what `cases.open_` does.
    """
    report = service.locked(session, service.handed_to(actor), report_id)
    if report.version not in seen:
        raise StaleVersion(version=report.version)
    if report.state is not ReportState.ACCEPTED or report.case_id is not None:
        raise NotAttachable
    if (joins is None) == (new_case is None) or (joins and not cases.is_member(session, actor, joins.case_id)):
        raise NotAttachable
    case_id = _case_of(session, actor, joins, new_case, now=now)
    if grant.grantee != case_id:
        raise NotAttachable
    grants.revoke(session, actor, subject=report.id, grantee=actor.id, now=now)
    _hand_on(session, actor, report, grant, case_id=case_id, now=now)
    audit.record(session, actor.id, Action.REPORT_MOVED, report.id, now=now)
    session.flush()
    return report


def say_opened(
    session: Session, actor: Actor, report_id: str, case_id: str | None, *, seen: AbstractSet[int], now: datetime
) -> Report:
    """The actor's client has opened an accepted report and its case, of which they are a member.

    Or one that was put away and drawn, which they were lent and agreed to. Raises `SelfApproval` for who accepted it,
    `StaleVersion`.
    """
    openable = service.in_case_of(actor, case_id) if case_id else _agreed_by(actor)
    report = service.locked(session, openable, report_id)
    if report.triager_id == actor.id:
        raise approvals.SelfApproval
    if report.version not in seen:
        raise StaleVersion(version=report.version)
    if report.opening_due is not None:
        report.opening_due = None
        audit.record(session, actor.id, Action.REPORT_OPENED, report.id, now=now)
        session.flush()
        sights.follow(session, report)
    return report


def _agreed_by(actor: Actor) -> Select[Report]:
    """The reports of no case of which the actor has approved that they were put away as they were."""
    put_away = service.visible_to(actor).where(Report.case_id.is_(None), Report.state.in_(DISPOSALS))
    return put_away.where(approvals.has_approved(actor, Report.state, object_id=Report.id, of=Report.envelope_sha256))


def lapse(session: Session, today: date) -> None:
    """What nobody has decided in 60 days is destroyed, and its mailbox says so.

    Until then its key is there, whatever became of its epoch.
    """
    for report in session.scalars(reports.lapsing(today).with_for_update()):
        approvals.close(session, report.id)
        clocks.forget(session, report)
        lifecycle.change_state(session, report, ReportState.LAPSED, today=today, reason=TransitionReason.TIME_LIMIT)
        lifecycle.destroy(session, report, today=today)
        audit.record_rule(session, Action.REPORT_LAPSED, report.id, today=today)


def end_waiting(session: Session, today: date) -> None:
    """What has waited for its reporter until its last day goes on with who claimed it, answered or not."""
    for report in session.scalars(reports.waited(today).order_by(Report.id).with_for_update()):
        approvals.close(session, report.id)
        reason = TransitionReason.TIME_LIMIT
        clocks.follow(session, report, ReportState.IN_TRIAGE, at=midnight(today))
        lifecycle.change_state(session, report, ReportState.IN_TRIAGE, today=today, reason=reason)
        audit.record_rule(session, Action.REPORT_MOVED, report.id, today=today)


def take_back(session: Session, today: date) -> None:
    """What was handed to somebody who has put it into no case in time waits in the queue again, and they lose its key.

    Not where the key of its epoch has gone: nobody in the queue could read it, and they still can.
    """
    for report in session.scalars(reports.not_taken(today).order_by(Report.id).with_for_update()):
        if not grants.exists(session, subject=report.id, grantee=report.epoch_id):
            continue
        approvals.close(session, report.id)
        handed = select(Grant).where(Grant.subject == report.id, Grant.kind == GrantKind.ASSIGNED)
        for grant in session.scalars(handed.where(Grant.revoked.is_(False))).all():
            grants.lapse(grant)
        report.triager_id = None
        reason = TransitionReason.TIME_LIMIT
        lifecycle.change_state(session, report, ReportState.RECEIVED, today=today, reason=reason)
        audit.record_rule(session, Action.REPORT_MOVED, report.id, today=today)


def curtail(session: Session, standing: Standing) -> None:
    """What somebody had claimed who triages no more goes back to the queue, and what was handed to who has left.

    Nobody waits for what they asked, or were asked, when they have left.
    """
    if not standing.roles:
        approvals.cancel_of(session, standing.person_id)
    if Role.TRIAGER not in standing.roles:
        claimed = select(Report).where(Report.triager_id == standing.person_id, Report.state.in_(UNDECIDED))
        _put_back(session, standing, claimed)
    if not standing.roles:
        handed = select(Report).join(Grant, (Grant.subject == Report.id) & (Grant.grantee == standing.person_id))
        not_attached = Report.case_id.is_(None) & (Report.state == ReportState.ACCEPTED) & Grant.revoked.is_(False)
        _put_back(session, standing, handed.where(not_attached, Grant.kind == GrantKind.ASSIGNED))


def _put_back(session: Session, standing: Standing, theirs: Select[Report]) -> None:
    for report in session.scalars(theirs.order_by(Report.id).with_for_update(of=Report)).all():
        if not grants.exists(session, subject=report.id, grantee=report.epoch_id):
            continue  # it could be read by nobody in the queue
        approvals.close(session, report.id)
        grants.revoke(session, standing.by, subject=report.id, grantee=standing.person_id, now=standing.now)
        report.triager_id = None
        audit.record(session, standing.by.id, Action.REPORT_MOVED, report.id, now=standing.now)
        reason = TransitionReason.CAPACITY
        lifecycle.change_state(session, report, ReportState.RECEIVED, today=standing.now.date(), reason=reason)


def reporter_acted(session: Session, act: ReporterAct) -> None:
    """The hook of the mailbox: where a reporter withdraws, nobody need decide about the report or its case any more."""
    if act.kind is MessageKind.WITHDRAW:
        for object_id in filter(None, (act.report.id, act.report.case_id)):
            approvals.cancel_open(session, object_id)


def _facts(session: Session, actor: Actor, report: Report, new: Move | None, *, now: datetime) -> Facts:
    return Facts(
        roles=actor.roles,
        claimed_by_actor=report.triager_id == actor.id,
        holds_epoch_key=service.holds_epoch_key(session, actor, report),
        key_exists=grants.exists(session, subject=report.id, grantee=report.epoch_id),
        priority=(new.priority if new else None) or report.priority,
        answered=mailbox.is_answered(session, report.id),
        no_contact=new.no_contact if new else False,
        danger_now=new.danger_now if new else False,
        was_urgent=report.priority in URGENT,
        approved=frozenset(approvals.approved(session, actor, object_id=report.id, of=report.envelope_sha256)),
        granted_on_opened=report.handed_on_from is None,
        handed_on=new is not None and _is_handed_on(session, actor, new, now=now),
        has_target=new is not None and _has_target(session, actor, report, new),
    )


def _is_handed_on(session: Session, actor: Actor, new: Move, *, now: datetime) -> bool:
    if new.grant is None:
        return False
    if new.new_case is not None:
        return new.joins is None and new.grant.grantee == new.new_case.id
    if new.joins is not None:
        return new.grant.grantee == new.joins.case_id and cases.is_member(session, actor, new.joins.case_id)
    return staff.has_role(session, new.grant.grantee, Role.CASEWORKER, now.date())


def _has_target(session: Session, actor: Actor, report: Report, new: Move) -> bool:
    """One that the actor may see. Which it was is said in no column: it would join two reports."""
    if new.duplicate_of is None or new.duplicate_of == report.id:
        return False
    return session.scalar(service.visible_to(actor).where(Report.id == new.duplicate_of)) is not None


def _case_of(
    session: Session, actor: Actor, joins: Joining | None, new_case: NewCase | None, *, now: datetime
) -> str | None:
    """The case that the report is in from now on, its journal written; None where a colleague will choose it."""
    if new_case is not None:
        return cases.open_(session, actor, new_case, now=now).id
    return cases.join(session, actor, joins, now=now).id if joins else None


def _hand_on(
    session: Session, actor: Actor, report: Report, grant: NewGrant, *, case_id: str | None, now: datetime
) -> None:
    if case_id is None:
        grants.add_to_person(session, actor, grant, subject=report.id, kind=GrantKind.ASSIGNED, now=now)
        sights.note(session, [grant.grantee], Report.id == report.id)
    else:
        report.case_id = case_id
        grants.add_to_object(session, actor, grant, subject=report.id, kind=GrantKind.CASE, now=now)
        sights.note(session, membership.members_of(session, case_id), Report.id == report.id)
