"""Something goes from one case to another, in one act of both: parts, reports with their keys, consents, tasks.

What it is, the service cannot read. It sees that nobody gains or loses sight by it, that two have agreed, and that as
much arrives as leaves; whether it is the same, whoever opens the cases sees.
"""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import transitions
from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.casework.approvals import service as approvals
from app.casework.cases import ending, journal, membership, turning
from app.casework.cases import service as cases
from app.casework.cases.journal import PartsUnfit, Writing
from app.casework.cases.models import Case
from app.casework.consents import service as consents
from app.casework.consents.service import NewConsent
from app.casework.ends import service as ends
from app.casework.moving.machine import EDGES, Facts, Way
from app.casework.stages.machine import OPEN
from app.casework.work import service as work
from app.intake.reports import service as reports
from app.intake.reports.models import Report
from app.intake.sights import service as sights
from app.people.grants import service as grants
from app.people.grants.service import NewGrant
from app.problems import NotFound
from app.protocol.journal import Moving
from app.vocabulary import CaseStage, GrantKind, HandlingMark, ReportState, TransitionReason

# The most restrictive first.
_MARKS: Final = tuple(HandlingMark)


@dataclass(frozen=True)
class ReportKeys:
    """A report that goes too, with its keys by generation, sealed to the case to which it goes."""

    report_id: str
    files: Mapping[int, bytes]


@dataclass(frozen=True)
class Going:
    """What goes, as `MoveIn` has it: `parts` are those that end, each with the one that it is from then on."""

    to: str
    after: int
    is_whole: bool
    entries: Sequence[bytes]
    arriving: Writing
    parts: Mapping[str, str]
    reports: Sequence[ReportKeys]
    people: Collection[str]
    consents: Collection[NewConsent]


def move(session: Session, actor: Actor, case_id: str, going: Going, *, seen: AbstractSet[int], now: datetime) -> Case:
    """Let it go to the other case; back to one that was merged into this, it undoes that. The case that it left.

    Raises `NotFound`, `StaleVersion` where a colleague wrote in either, `GuardsFail`, `TurnFirst`, `PartsUnfit`,
    `HoldersUnfit`, `PairsUnfit`, and `SecondPersonNeeded`.
    """
    case, into = _both(session, actor, case_id, going.to)
    newest = journal.check_seen(session, case, seen)
    journal.check_seen(session, into, {going.after})
    moved = [_report(session, case, each) for each in going.reports]
    way = _way(case, into, going)
    transitions.check(EDGES, None, way, _facts(session, case, into, moved, way))
    for each in (case, into):
        turning.check_turned(session, each, now.date(), of_entries=True)
    _check_parts(session, case, going)
    membership.spend_second_word(session, actor, case, Moving(into.id))
    journal.write(session, actor, into, going.arriving, after=going.after, now=now)
    journal.write(session, actor, case, Writing(going.entries), after=newest, now=now)
    for report, keys in zip(moved, going.reports, strict=True):
        _move_report(session, actor, report, keys, case, into, now=now)
    work.move_tasks(session, case, going.parts, into)
    consents.destroy(session, case.id, people=going.people)
    consents.bring(session, actor, into.id, going.consents, now=now)
    ending.end_parts(session, case, going.parts)
    approvals.cancel_open(session, case.id)
    _enter(session, actor, case, into, way, now=now)
    return case


def _both(session: Session, actor: Actor, case_id: str, to: str) -> tuple[Case, Case]:
    """Both of which the actor is a member, in one order: two who move at once wait for each other.

    Each is asked for whether the other is there or not, so that what is asked tells nothing. Raises `NotFound`.
    """
    ids = sorted({case_id, to})
    found = {each: session.scalar(cases.of_member(actor).where(Case.id == each).with_for_update()) for each in ids}
    case, into = found[case_id], found[to]
    if case is None or into is None:
        raise NotFound
    return case, into


def _report(session: Session, case: Case, keys: ReportKeys) -> Report:
    report = reports.locked(session, keys.report_id)
    if report is None or report.case_id != case.id or report.is_destroyed:
        raise NotFound
    return report


def _way(case: Case, into: Case, going: Going) -> Way:
    if into.merged_into == case.id and not going.is_whole:
        return Way.UNDONE
    return Way.MERGED if going.is_whole else Way.SPLIT


def _facts(session: Session, case: Case, into: Case, moved: Collection[Report], way: Way) -> Facts:
    both = select(Case.id).where(Case.id.in_([case.id, into.id]))
    live = select(Report.id).where(Report.case_id == case.id, Report.destroyed_on.is_(None))
    guests = [membership.guests_of(session, each.id) for each in (case, into)]
    members = [membership.members_of(session, each.id) for each in (case, into)]
    return Facts(
        open_cases=case is not into and case.stage in OPEN and (into.stage in OPEN or way is Way.UNDONE),
        same_members=members[0] == members[1] and not any(guests),
        taken_back=session.scalar(both.where(ends.is_taken_back()).limit(1)) is not None,
        held=ends.is_kept(session, case),
        all_reports=set(session.scalars(live)) <= {each.id for each in moved},
        accepted=all(each.state is ReportState.ACCEPTED for each in moved),
    )


def _check_parts(session: Session, case: Case, going: Going) -> None:
    """As many arrive as leave, each a new one, and what leaves is there. Raises `PartsUnfit`."""
    arriving = {part.id for part in going.arriving.parts if part.version == 1}
    there = all(journal.newest(session, case, part) for part in going.parts)
    if not there or arriving != set(going.parts.values()) or len(arriving) != len(going.arriving.parts):
        raise PartsUnfit
    if len(arriving) != len(going.parts):
        raise PartsUnfit


def _move_report(
    session: Session, actor: Actor, report: Report, keys: ReportKeys, case: Case, into: Case, *, now: datetime
) -> None:
    """Every key of it goes too, or what lies under one would open for nobody. Raises `NotFound` where one lacks."""
    if set(keys.files) != set(range(1, grants.generation_of(session, report.id) + 1)):
        raise NotFound
    grants.revoke(session, actor, subject=report.id, grantee=case.id, now=now)
    report.case_id = into.id
    for generation, file in sorted(keys.files.items()):
        to_case = NewGrant(into.id, file)
        grants.add_to_object(
            session, actor, to_case, subject=report.id, kind=GrantKind.CASE, now=now, generation=generation
        )
    session.flush()
    sights.note(session, membership.members_of(session, into.id), Report.id == report.id)
    audit.record(session, actor.id, Action.REPORT_MOVED, report.id, now=now)


def _enter(session: Session, actor: Actor, case: Case, into: Case, way: Way, *, now: datetime) -> None:
    """The case is merged, or one that was merged into it is one of its own again; else both go on as they are.

    Whoever has more people is to judge the danger anew before the next step, and is held no less closely.
    """
    reason = TransitionReason.DECIDED
    if way is Way.UNDONE and into.held_from is not None:
        stage, into.held_from, into.merged_into = into.held_from, None, None
        cases.enter(session, actor, into, stage, reason, now=now)
    elif way is Way.MERGED:
        case.held_from, case.merged_into = case.stage, into.id
        cases.enter(session, actor, case, CaseStage.MERGED, reason, now=now)
    work.enter_stage(session, into.id)
    into.handling = min(into.handling, case.handling, key=_MARKS.index)
    into.priority = min(into.priority, case.priority)
    work.follow(session, into)
    audit.record(session, actor.id, Action.CASE_MERGED if way is Way.MERGED else Action.CASE_PARTED, case.id, now=now)
