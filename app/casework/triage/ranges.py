"""Where the lists of reports look. What may be seen of what is found, `service.visible_to` says alone.

Every way in which somebody can know of a report is a range of its own here: as a supervisor, by the key of an epoch, or
by a key of the report's own or of its case.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, Select, select, text, true
from sqlalchemy.orm import Session

from app.actor import Actor
from app.casework.triage.machine import DISPOSALS
from app.database.ranges import Range, first
from app.intake.epochs.models import Epoch
from app.intake.reports.models import Report
from app.intake.sights.models import Sight
from app.people.grants import service as grants
from app.people.grants.models import Grant
from app.protocol.intake import UNDECIDED
from app.vocabulary import ReportState, Role

# In what states somebody else is to open a report: what was accepted, and what one person alone put away.
TO_OPEN: Final = (ReportState.ACCEPTED, *DISPOSALS)

_SEEN: Final = text("reports.state <> 'received'")  # as the index has it, or it would not be used
CLAIMED: Final = text("reports.state IN ('in_triage', 'awaiting_reporter')")  # likewise


@dataclass(frozen=True)
class Wanted:
    """Which reports: in these states, or in any where there are none; which somebody else is to open, or is not."""

    states: Collection[ReportState] = ()
    to_open: bool | None = None

    def has(self, report: Report) -> bool:
        """Whether the report is one of them."""
        is_in_state = not self.states or report.state in self.states
        return is_in_state and self.to_open in (None, report.opening_due is not None)


# What waits for a triager, and what another member is still to open.
WAITING: Final = (Wanted((ReportState.RECEIVED, ReportState.IN_TRIAGE)), Wanted(to_open=True))


def of(session: Session, actor: Actor, *wanted: Wanted) -> list[Range]:
    """All that hold a report which the actor may know of, and which is one of those wanted."""
    if Role.SUPERVISOR in actor.roles:
        return [part for each in wanted for part in _of_reports(true(), each)]
    found = [part for each in wanted for part in _of_sights(actor, each)]
    if Role.TRIAGER in actor.roles:
        for epoch_id, destroyed_on in session.execute(epochs_held(actor)):
            found += [part for each in wanted for part in _of_reports(Report.epoch_id == epoch_id, each)]
            if destroyed_on <= actor.today:
                found += [part for each in wanted for part in _of_handed_on(epoch_id, each)]
    return found


def first_undecided(session: Session, epoch_id: str, *, number: int) -> list[tuple[date, str]]:
    """Of the reports of an epoch about which nobody has decided the first, each with its day."""
    of_it = Report.epoch_id == epoch_id
    found = [part for state in sorted(UNDECIDED) for part in _of_reports(of_it, Wanted((state,)))]
    return [(day, id_) for day, id_ in first(session, found, after=None, descending=False, number=number)]


def changed(actor: Actor) -> Range:
    """The reports in the actor's lists whose reporters have changed a consent, or taken them back."""
    return Range([Sight.report_id], (Sight.person_id == actor.id) & Sight.is_changed)


def epochs_of(session: Session, actor: Actor) -> list[str]:
    """The epochs whose reports the actor triages, and whose day has not come: what is left in others is granted on."""
    found = session.execute(epochs_held(actor).where(Epoch.destroyed_on > actor.today).order_by(Epoch.id))
    return [epoch_id for epoch_id, _ in found]


def epochs_held(actor: Actor) -> Select[str, date]:
    """Those whose key the actor holds and to which a report can have come by today."""
    held = select(Epoch.id, Epoch.destroyed_on).join(Grant, Grant.subject == Epoch.id)
    return held.where(grants.held_of_kind(actor, "epoch"), Epoch.accepts_from <= actor.today).distinct()


def _of_reports(of: ColumnElement[bool], wanted: Wanted) -> Iterator[Range]:
    place = Report.received_on, Report.id
    if wanted.to_open:
        for state in wanted.states or TO_OPEN:
            yield Range(place, of & (Report.state == state) & Report.opening_due.is_not(None))
        return
    for state in wanted.states or (ReportState.RECEIVED,):
        yield Range(place, of & (Report.state == state))
    if not wanted.states:
        yield Range(place, of & _SEEN)


def _of_handed_on(epoch_id: str, wanted: Wanted) -> Iterator[Range]:
    """What was granted on from the epoch, and nobody else has opened: there is little of it."""
    of = Report.handed_on_from == epoch_id
    if wanted.states:
        of &= Report.state.in_(wanted.states)
    if wanted.to_open:
        of &= Report.opening_due.is_not(None)
    yield Range((Report.received_on, Report.id), of)


def _of_sights(actor: Actor, wanted: Wanted) -> Iterator[Range]:
    place, of = (Sight.received_on, Sight.report_id), Sight.person_id == actor.id
    if wanted.to_open:
        for state in wanted.states or TO_OPEN:
            yield Range(place, of & (Sight.state == state) & Sight.to_open)
        return
    for state in wanted.states:
        yield Range(place, of & (Sight.state == state))
    if not wanted.states:
        yield Range(place, of)
