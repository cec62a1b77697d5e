"""The queue: what waits for a triager, told by the grant of each report alone. No body is opened for it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from app.client.casework.reports import threads
from app.client.casework.reports.views import ReportView
from app.client.casework.triage.reading import told_among
from app.client.machine.staff import NotGranted, Staff
from app.client.machine.transport import Refused, Told
from app.protocol.errors import NotAuthentic, ProtocolError
from app.protocol.intake import TOLD_AFTER, UNDECIDED, UNDECIDED_DAYS
from app.vocabulary import Imminence, ReportState

# What counts as urgent in a queue nobody has read: an unknown urgency stands where `days` does.
_URGENCY = {
    Imminence.NOW: 0,
    Imminence.DAYS: 1,
    Imminence.UNKNOWN: 1,
    Imminence.WEEKS: 2,
    Imminence.NONE: 3,
}


# The most that the service gives at once; each page is one request and one audit event.
_PAGE = 200


@dataclass(frozen=True)
class Waiting:
    """A report in the queue. `problem` says why its grant did not open; language and urgency are None then.

    `unopened` says so of what was accepted and opened by nobody else yet. `decide_until` is, from the fourth day of its
    first epoch on, the last day to decide about it.
    """

    view: ReportView
    language: str | None = field(default=None, repr=False)
    danger_now: Imminence | None = field(default=None, repr=False)
    problem: str | None = None
    unopened: str | None = None
    decide_until: date | None = None

    @property
    def id(self) -> str:
        return self.view.id


def list_(staff: Staff, *, states: Iterable[ReportState] | None = None) -> list[Waiting]:
    """What `coming` gives, what is most urgent and has waited longest first."""
    return sorted(coming(staff, states=states), key=in_order)


def coming(staff: Staff, *, states: Iterable[ReportState] | None = None) -> Iterator[Waiting]:
    """Each as the service gives it, a page at a time: of a long queue the first is there long before the last.

    Unless states are named, that is what waits for a triager, and what was accepted and opened by nobody else yet.
    """
    wanted = [{}] if states is None else [{"state": state.value} for state in states]
    pages = (page for each in wanted for page in staff.service.pages("/queue", limit=_PAGE, **each))
    today = staff.today
    return (
        _waiting(staff, ReportView.read(item["report"]), item["grants"], today)
        for page in _ahead(pages)
        for item in page
    )


def _ahead(pages: Iterator[Sequence[Told]]) -> Iterator[Sequence[Told]]:
    """The same, the next page being fetched while one is opened."""
    page = next(pages, None)  # not beside: with the first answer to a session goes what waited for it
    with ThreadPoolExecutor(1) as beside:
        while page is not None:
            fetched = beside.submit(next, pages, None)
            yield page
            page = fetched.result()


def in_order(waiting: Waiting) -> tuple[int, date, str]:
    """By which a queue is sorted: what is most urgent and has waited longest first."""
    return _urgency(waiting), waiting.view.received_on, waiting.id


def _waiting(staff: Staff, view: ReportView, grants: Sequence[Mapping[str, Any]], today: date) -> Waiting:
    until = _decide_until(staff, view, today)
    return replace(_opened(staff, view, grants), unopened=_unopened(view, today), decide_until=until)


def _decide_until(staff: Staff, view: ReportView, today: date) -> date | None:
    if view.state not in UNDECIDED:
        return None
    begins = staff.log.begins(view.epoch)
    is_told = begins is not None and (begins + TOLD_AFTER <= today or view.received_on < begins)
    return view.received_on + UNDECIDED_DAYS if is_told else None


def _unopened(view: ReportView, today: date) -> str | None:
    if view.opening_due is None:
        return None
    is_accepted = view.state is ReportState.ACCEPTED
    said = "accepted, not yet opened there" if is_accepted else "put away, not yet read by another"
    return said + (", overdue" if today > view.opening_due else "")


def _opened(staff: Staff, view: ReportView, grants: Sequence[Mapping[str, Any]]) -> Waiting:
    if view.destroyed:
        threads.forget(staff, view.id)
        return Waiting(view, problem="destroyed: its reporter took it back")
    if not grants:
        return Waiting(view, problem="no key of it was granted to you")
    try:
        header = told_among(staff, view, grants)
    except NotAuthentic as error:
        return Waiting(view, problem=f"not authentic: {error.reason}")
    except (ProtocolError, NotGranted):
        return Waiting(view, problem="does not open: it waits until a second holder of its epoch's key has tried too")
    except Refused as refusal:
        return Waiting(view, problem=str(refusal))
    return Waiting(view, header.language, header.danger_now)


def _urgency(waiting: Waiting) -> int:
    return _URGENCY[waiting.danger_now or Imminence.UNKNOWN]
