"""The queue: what waits for a triager, told by the grant of each report alone. No body is opened for it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.client.casework.triage.reading import open_grant
from app.client.casework.triage.views import ReportView
from app.client.machine.staff import NotGranted, Staff
from app.client.machine.transport import Refused
from app.protocol.errors import NotAuthentic, ProtocolError
from app.vocabulary import Imminence, ReportState

# What counts as urgent in a queue nobody has read: an unknown urgency stands where `days` does.
_URGENCY = {
    Imminence.NOW: 0,
    Imminence.DAYS: 1,
    Imminence.UNKNOWN: 1,
    Imminence.WEEKS: 2,
    Imminence.NONE: 3,
}


@dataclass(frozen=True)
class Waiting:
    """A report in the queue. `problem` says why its grant did not open; language and urgency are None then."""

    view: ReportView
    language: str | None = field(default=None, repr=False)
    danger_now: Imminence | None = field(default=None, repr=False)
    problem: str | None = None

    @property
    def id(self) -> str:
        return self.view.id


def list_(
    staff: Staff, *, states: Iterable[ReportState] = (ReportState.RECEIVED, ReportState.IN_TRIAGE)
) -> list[Waiting]:
    """What is most urgent and has waited longest first."""
    items = (item for state in states for item in staff.service.items("/reports", state=state.value))
    waiting = [_waiting(staff, ReportView.read(item)) for item in items]
    return sorted(waiting, key=lambda each: (_urgency(each), each.view.received_on, each.id))


def _waiting(staff: Staff, view: ReportView) -> Waiting:
    if view.destroyed:
        return Waiting(view, problem="destroyed: its reporter took it back")
    try:
        header = open_grant(staff, view).header
    except NotAuthentic as error:
        return Waiting(view, problem=f"not authentic: {error.reason}")
    except (ProtocolError, NotGranted):
        return Waiting(view, problem="does not open: it waits until a second holder of its epoch's key has tried too")
    except Refused as refusal:
        return Waiting(view, problem=str(refusal))
    return Waiting(view, header.language, header.danger_now)


def _urgency(waiting: Waiting) -> int:
    return _URGENCY[waiting.danger_now or Imminence.UNKNOWN]
