"""The state of the work on a report, as the service tells it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Self

from app.client.machine.staff import Staff
from app.vocabulary import IntakeChannel, Priority, ReportState


@dataclass(frozen=True)
class ReportView:
    """The work on a report as the service shows it, in this version: no step is taken on another.

    `answer_due` and `decision_due` are when its clocks run out, while they run. `opening_due` is the day by which
    another member than who accepted it is to have opened it, until one has.
    `handed_on_from` is its first epoch, where it was granted on to this one and nobody else has opened it by that yet.
    """

    id: str
    ref: str
    received_on: date
    state: ReportState
    priority: Priority | None
    triager: str | None
    epoch: str
    case: str | None
    envelope_sha256: str
    opening_due: date | None
    due: date | None
    answer_due: datetime | None
    decision_due: datetime | None
    handed_on_from: str | None
    destroyed: bool
    intake_channel: IntakeChannel
    version: int

    @classmethod
    def read(cls, item: Mapping[str, Any]) -> Self:
        return cls(
            id=str(item["id"]),
            ref=str(item["ref"]),
            received_on=date.fromisoformat(str(item["received_on"])),
            state=ReportState(item["state"]),
            priority=None if item["priority"] is None else Priority(item["priority"]),
            triager=item["triager"],
            epoch=str(item["epoch"]),
            case=item["case"],
            envelope_sha256=str(item["envelope_sha256"]),
            opening_due=_day(item["opening_due"]),
            due=_day(item["due"]),
            answer_due=_moment(item["answer_due"]),
            decision_due=_moment(item["decision_due"]),
            handed_on_from=item["handed_on_from"],
            destroyed=bool(item["destroyed"]),
            intake_channel=IntakeChannel(item["intake_channel"]),
            version=int(item["version"]),
        )


def _day(told: object) -> date | None:
    return None if told is None else date.fromisoformat(str(told))


def _moment(told: object) -> datetime | None:
    """In UTC. Raises `ValueError` for a time without an offset, or of no year."""
    if told is None:
        return None
    moment = datetime.fromisoformat(str(told))
    if moment.tzinfo is None:
        raise ValueError("a time without an offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time of no year") from None


def view(staff: Staff, report: str) -> ReportView:
    """The state of the work as the service has it now; no key is needed. Raises `Refused`."""
    # The id is the one that was asked for: another report, however authentic, is not that one.
    return replace(ReportView.read(staff.service.get(f"/reports/{report}").json()), id=report)
