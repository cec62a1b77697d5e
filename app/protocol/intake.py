"""The intake document: which epoch takes reports now, under which key, and what it promises."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from app import age
from app.protocol.documents import Document, Header, Signer, signed
from app.protocol.encoding import MOST, check_at, check_day, check_id, check_number
from app.protocol.errors import Malformed, NotAuthentic
from app.vocabulary import ReportState

SUBJECT: Final = "intake"
# Seven days, the first and the last among them: whoever takes a key that was not replaced yet opens no more than that.
LONGEST_ACCEPTANCE: Final = timedelta(days=6)
LONGEST_KEEPING: Final = timedelta(days=7)
# No day for which an epoch is signed lies further ahead of its signing.
LONGEST_AHEAD: Final = timedelta(days=60)
# How far ahead intake shall be signed: three weeks, today among them.
LEAST_COVER: Final = timedelta(days=20)
# A report that nobody decides lapses when as many days have passed after that of its arrival, whatever its epoch.
UNDECIDED_DAYS: Final = timedelta(days=60)
UNDECIDED: Final = frozenset({ReportState.RECEIVED, ReportState.IN_TRIAGE, ReportState.AWAITING_REPORTER})
# From its fourth day on, everybody is told of an epoch's undecided reports.
TOLD_AFTER: Final = timedelta(days=3)


def covered_until(today: date, is_covered: Callable[[date], bool]) -> date | None:
    """The last day before the first one, from today on, that is not covered; None where that is today."""
    day = today
    while is_covered(day):
        day += timedelta(days=1)
    return day - timedelta(days=1) if day > today else None


@dataclass(frozen=True)
class Intake:
    """An epoch as supervisors sign it. Both days of accepting are included; on `destroyed_on` the keys of its decided
    reports go, and with the last undecided one its own.

    `attachment_limit` is the largest true size of an attachment in bytes; `notice` is shown to the reporter.
    """

    epoch: str
    recipient: age.HybridRecipient
    accepts_from: date
    accepts_until: date
    destroyed_on: date
    languages: tuple[str, ...]
    attachment_limit: int
    notice: str

    def accepts(self, day: date) -> bool:
        """Whether the day is one of the epoch's."""
        return self.accepts_from <= day <= self.accepts_until

    def check_accepts(self, today: date) -> None:
        """Raises `NotAuthentic` where the device's day is outside the epoch: an old document, or a wrong clock."""
        if not self.accepts(today):
            raise NotAuthentic("epoch-days")


def make(intake: Intake, *, org: str, previous: Document | None, signer: Signer, on: date) -> Document:
    """The next intake document, signed `on` this day; its version is the epoch's number."""
    header = Header.new(
        "intake",
        SUBJECT,
        _body(intake),
        org=org,
        author=signer.person,
        at=on.isoformat(),
        after=previous.public_link.mark if previous else None,
    )
    return signed(header, signer)


def read(document: Document) -> Intake:
    """What the document says. Whose word it is, `Trust.check_public` tells. Raises `Malformed`."""
    match document.header.body:
        case {
            "epoch": {"id": id_, "recipient": str(recipient), **more_of_epoch},
            "accepts_from": first,
            "accepts_until": last,
            "destroyed_on": end,
            "languages": list(languages),
            "limits": {"attachment_bytes": limit, **more_limits},
            "notice": str(notice),
            **rest,
        } if not more_of_epoch and not more_limits and not rest:
            intake = Intake(
                epoch=check_id("epoch", id_),
                recipient=_recipient(recipient),
                accepts_from=check_day(first),
                accepts_until=check_day(last),
                destroyed_on=check_day(end),
                languages=tuple(languages),
                attachment_limit=check_number(limit, range(1, MOST + 1)),
                notice=notice,
            )
            _check(intake, check_at(document.header.at))
            return intake
    raise Malformed("an intake document of another form")


def _check(intake: Intake, signed_on: date) -> None:
    if intake.accepts_until - signed_on > LONGEST_AHEAD:
        raise Malformed("an epoch that was signed too far ahead")
    accepts = intake.accepts_until - intake.accepts_from
    keeps = intake.destroyed_on - intake.accepts_until
    if not timedelta(0) <= accepts <= LONGEST_ACCEPTANCE or not timedelta(0) <= keeps <= LONGEST_KEEPING:
        raise Malformed("an epoch of other days")
    if not all(isinstance(language, str) for language in intake.languages):
        raise Malformed("an intake document of another form")


def _body(intake: Intake) -> dict[str, Any]:
    return {
        "epoch": {"id": intake.epoch, "recipient": str(intake.recipient)},
        "accepts_from": intake.accepts_from.isoformat(),
        "accepts_until": intake.accepts_until.isoformat(),
        "destroyed_on": intake.destroyed_on.isoformat(),
        "languages": list(intake.languages),
        "limits": {"attachment_bytes": intake.attachment_limit},
        "notice": intake.notice,
    }


def _recipient(text: str) -> age.HybridRecipient:
    try:
        recipient = age.parse_recipient(text)
    except age.Error:
        recipient = None
    if not isinstance(recipient, age.HybridRecipient):
        raise Malformed("an epoch has a post-quantum recipient")
    return recipient
