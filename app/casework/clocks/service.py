"""The clocks of reports that somebody has claimed, and the policies that an organisation sets for them.

What is kept of a report's clocks is what follows from its events, under the policy that counted when they began: a
later one changes nothing of them.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.casework.approvals.service import SelfApproval
from app.casework.clocks import derivation, free_days
from app.casework.clocks.derivation import Event, What
from app.casework.clocks.models import ClockEvent, ClockPolicy
from app.casework.clocks.policy import DEFAULT, ClockKind, Policy
from app.casework.clocks.working_time import Office
from app.clock import hour_of, midnight, quarter_of
from app.database import insert_or_ignore
from app.intake.reports.models import Report
from app.people.staff import service as staff
from app.problems import NotFound, Problem, StaleVersion
from app.protocol.encoding import sha256_hex
from app.protocol.intake import UNDECIDED
from app.vocabulary import Priority, ReportState, Role

# Who is alone agrees with themselves, so long after they have set what harms.
ALONE: Final = timedelta(days=7)


class CalendarUnknown(Problem):
    """There is no calendar of holidays for this country or part of it, or no such time zone.

    Take codes of ISO 3166 (`DE`, `BE` for its part) and a name of the IANA database (`Europe/Berlin`), or name no
    country and list the free days yourself.
    """

    type, status, title = "calendar-unknown", 422, "There is no such calendar or time zone"


class NothingToAgreeTo(Problem):
    """The policy counts already, or a newer one has been set since. Look at the list of them."""

    type, status, title = "nothing-to-agree-to", 409, "This policy does not wait for anybody"


@dataclass(frozen=True)
class NewPolicy:
    """A policy as it is set, in JSON as `ClockRules` has it, behind the version `after` that its author has seen."""

    after: int
    body: dict[str, Any]


def policies() -> Select[ClockPolicy]:
    """Every version that was ever set."""
    return select(ClockPolicy)


def get(session: Session, version: int) -> ClockPolicy:
    """Raises `NotFound`."""
    row = session.get(ClockPolicy, version)
    if row is None:
        raise NotFound
    return row


def in_force(session: Session) -> tuple[int, Policy]:
    """What counts for whatever is claimed now, and its version; 0 is what counts where none was set."""
    agreed = policies().where(ClockPolicy.agreed_at.is_not(None)).order_by(ClockPolicy.version.desc())
    row = session.scalar(agreed.limit(1))
    return (row.version, _read(row)) if row else (0, DEFAULT)


def body_of(policy: Policy) -> dict[str, Any]:
    """A policy of no country, as `ClockRules` has it."""
    office = policy.office
    return {
        "office": {
            "zone": office.zone,
            "opens": office.opens,
            "closes": office.closes,
            "weekdays": sorted(office.weekdays),
            "country": None,
            "subdivision": None,
            "free_days": sorted(day.isoformat() for day in office.free),
        },
        "around_the_clock": sorted(policy.around_the_clock),
        "first_response": dict(policy.first_response),
        "decision": dict(policy.decision),
        "review_days": dict(policy.review_days),
        "waiting_days": policy.waiting_days,
    }


def set_(session: Session, actor: Actor, new: NewPolicy, *, now: datetime) -> ClockPolicy:
    """Keep a policy. One by which nothing may take longer counts at once; another when somebody else agrees.

    Raises `StaleVersion` where somebody was faster, and `CalendarUnknown`.
    """
    before, calendar = in_force(session)[1], new.body["office"]
    days = sorted({*_holidays(calendar, now.date()), *map(date.fromisoformat, calendar["free_days"])})
    row = {
        "version": new.after + 1,
        "policy": json.dumps(new.body, sort_keys=True),
        "free_days": json.dumps([day.isoformat() for day in days]),
        "author_id": actor.id,
        "set_at": hour_of(now),
    }
    newest = session.scalar(select(ClockPolicy.version).order_by(ClockPolicy.version.desc()).limit(1)) or 0
    if newest != new.after or not insert_or_ignore(session, ClockPolicy, [row]):
        raise StaleVersion(version=newest)
    made = get(session, new.after + 1)
    audit.record(session, actor.id, Action.CLOCKS_SET, "clocks", now=now, object_hash=_digest(made))
    if not _read(made).harms(before):
        _agree(session, actor, made, now=now)
    return made


def agree(session: Session, actor: Actor, version: int, *, now: datetime) -> ClockPolicy:
    """Another supervisor lets a policy count; who is alone does so themselves, seven days later.

    Raises `NotFound`, `NothingToAgreeTo` and `SelfApproval`.
    """
    made = get(session, version)
    newer = session.scalar(select(ClockPolicy.version).where(ClockPolicy.version > version).limit(1))
    if made.agreed_at is not None or newer is not None:
        raise NothingToAgreeTo
    if made.author_id == actor.id and not _may_alone(session, made, now=now):
        raise SelfApproval
    _agree(session, actor, made, now=now)
    return made


def waits_until(session: Session, today: date) -> date:
    """The last day on which what is put to its reporter today waits for them."""
    return today + timedelta(days=in_force(session)[1].waiting_days)


def reviewed_within(session: Session, priority: Priority) -> timedelta:
    """For how long a judgement of the danger holds at most."""
    return timedelta(days=in_force(session)[1].review_days[priority])


def follow(session: Session, report: Report, to: ReportState, *, at: datetime, answers: bool = False) -> None:
    """The report goes to a state, or stays in it, and somebody judges or `answers`: its clocks begin, stand still, go
    on and end. The caller has locked it, and writes it.
    """
    with session.no_autoflush:  # the row is written once, by whoever moves it
        if to not in UNDECIDED:
            forget(session, report)
            return
        before, version = events_of(session, report.id)
        when = max([quarter_of(at), *(each.at for each in before[-1:])])
        new = list(_happened(before, report, to, when, answers=answers))
        if not before and not new:
            return
        if not before:
            version = in_force(session)[0]
        for number, each in enumerate(new, len(before) + 1):
            row = {"what": each.what, "at": each.at, "priority": each.priority, "policy": version}
            session.add(ClockEvent(report_id=report.id, number=number, **row))
        report.answer_due, report.decision_due = _run_out([*before, *new], of_version(session, version))


def go_on(session: Session, now: datetime) -> None:
    """Reports whose reporters have answered are worked on again, from the beginning of today, and what they have taken
    back is forgotten: a rule does it, so that no row says at what hour somebody wrote.
    """
    of_clocks = select(Report).join(ClockEvent, (ClockEvent.report_id == Report.id) & (ClockEvent.number == 1))
    still = (Report.state == ReportState.IN_TRIAGE) & Report.decision_due.is_(None)
    found = of_clocks.where(still | Report.state.not_in(UNDECIDED)).order_by(Report.id)
    for report in session.scalars(found.with_for_update(of=Report)).all():
        follow(session, report, report.state, at=midnight(now.date()))
    session.flush()


def recomputed(session: Session, report: Report) -> tuple[datetime | None, datetime | None]:
    """What `answer_due` and `decision_due` of the report are, by its events alone."""
    events, version = events_of(session, report.id)
    return _run_out(events, of_version(session, version))


def forget(session: Session, report: Report) -> None:
    """Whatever its clocks would say, it is decided."""
    session.execute(delete(ClockEvent).where(ClockEvent.report_id == report.id))
    report.answer_due = report.decision_due = None


def events_of(session: Session, report_id: str) -> tuple[list[Event], int]:
    """What happened to a report, the first before all, and the version of the policy under which its clocks began."""
    rows = session.scalars(select(ClockEvent).where(ClockEvent.report_id == report_id).order_by(ClockEvent.number))
    found = rows.all()
    return [Event(row.what, row.at, row.priority) for row in found], found[0].policy if found else 0


def of_version(session: Session, version: int) -> Policy:
    """A policy as it was set."""
    return _read(session.get_one(ClockPolicy, version)) if version else DEFAULT


def free_days_of(made: ClockPolicy) -> list[date]:
    """On which days its office is closed, weekends left out."""
    return [date.fromisoformat(day) for day in json.loads(made.free_days)]


def _happened(
    before: Sequence[Event], report: Report, to: ReportState, when: datetime, *, answers: bool
) -> Iterator[Event]:
    if not before:
        if to is not ReportState.IN_TRIAGE:
            return
        yield Event(What.STARTED, when)
    is_paused = derivation.is_paused(before)
    if to is ReportState.AWAITING_REPORTER and not is_paused:
        yield Event(What.PAUSED, when)
    if to is ReportState.IN_TRIAGE and is_paused:
        yield Event(What.RESUMED, when)
    if report.priority is not None and report.priority is not derivation.judged(before):
        yield Event(What.JUDGED, when, report.priority)
    if answers and all(each.what is not What.ANSWERED for each in before):
        yield Event(What.ANSWERED, when)


def _run_out(events: Sequence[Event], policy: Policy) -> tuple[datetime | None, datetime | None]:
    kinds = ClockKind.FIRST_RESPONSE, ClockKind.DECISION
    answer, decision = (derivation.due(events, kind, policy) for kind in kinds)
    return answer, decision


def _holidays(calendar: Mapping[str, Any], today: date) -> frozenset[date]:
    """Raises `CalendarUnknown`."""
    try:
        ZoneInfo(calendar["zone"])
        country, subdivision = calendar["country"], calendar["subdivision"]
        return free_days.of(country, subdivision, first=today.year) if country else frozenset()
    except (ZoneInfoNotFoundError, LookupError, ValueError, OSError):
        raise CalendarUnknown from None


def _read(made: ClockPolicy) -> Policy:
    body = json.loads(made.policy)
    office = body["office"]
    return Policy(
        office=Office(
            office["zone"],
            office["opens"],
            office["closes"],
            weekdays=frozenset(office["weekdays"]),
            free=frozenset(free_days_of(made)),
        ),
        around_the_clock=frozenset(map(Priority, body["around_the_clock"])),
        first_response={Priority(each): text for each, text in body["first_response"].items()},
        decision={Priority(each): text for each, text in body["decision"].items()},
        review_days={Priority(each): days for each, days in body["review_days"].items()},
        waiting_days=body["waiting_days"],
    )


def _agree(session: Session, actor: Actor, made: ClockPolicy, *, now: datetime) -> None:
    made.agreed_by, made.agreed_at = actor.id, hour_of(now)
    audit.record(session, actor.id, Action.CLOCKS_AGREED, "clocks", now=now, object_hash=_digest(made))
    session.flush()


def _may_alone(session: Session, made: ClockPolicy, *, now: datetime) -> bool:
    others = staff.certified_with(session, Role.SUPERVISOR, now.date()).keys() - {made.author_id}
    return not others and made.set_at + ALONE <= now


def _digest(made: ClockPolicy) -> str:
    return sha256_hex(f"{made.policy}\n{made.free_days}".encode())
