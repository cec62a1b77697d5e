"""What a reporter's post does: work stops at once, and nothing is destroyed before somebody has checked the MAC."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from app import age
from app.audit import service as audit
from app.intake.lifecycle import service as lifecycle
from app.intake.mailbox import service as mailbox
from app.intake.mailbox.models import Mailbox
from app.intake.mailbox.service import Post
from app.intake.reports import service as reports
from app.intake.reports.models import Report
from app.people.staff import service as staff
from app.protocol.mailbox import MessageKind
from app.vocabulary import ReportState

# From which states a message moves a report, and where to.
MOVES = {
    (MessageKind.WITHDRAW, ReportState.RECEIVED): ReportState.WITHDRAWN,
    (MessageKind.WITHDRAW, ReportState.IN_TRIAGE): ReportState.WITHDRAWN,
    (MessageKind.WITHDRAW, ReportState.AWAITING_REPORTER): ReportState.WITHDRAWN,
    (MessageKind.WITHDRAW, ReportState.ACCEPTED): ReportState.WITHDRAWN,
    (MessageKind.MESSAGE, ReportState.AWAITING_REPORTER): ReportState.IN_TRIAGE,
}

_NOBODY = "rep_"
_NOBODYS_RECIPIENT = str(age.identity_from_seed(bytes(32)).recipient)


@dataclass(frozen=True)
class ReporterAct:
    """What a reporter has just done, for those who work on the report. It is a hint: they check the MAC."""

    report: Report
    kind: MessageKind
    consent_id: str | None
    today: date


# What another domain does about it, in the same transaction; `main` collects them.
Acted = Callable[[Session, ReporterAct], None]


def post(session: Session, token_sha256: str, new: Post, *, acted: Iterable[Acted], today: date) -> None:
    """Take a post. Where it changes nothing its sender sees the old thread state: there is no other answer.

    An unknown token costs what a known one does: the same queries, one sealing and one commit.
    """
    box = session.get(Mailbox, token_sha256)
    report = reports.locked(session, box.report_id if box else _NOBODY)
    is_new = mailbox.keep_post(session, token_sha256, new, today=today)
    to = MOVES.get((new.kind, report.state)) if report and is_new else None
    if report and to:
        lifecycle.change_state(session, report, to, today=today)
    else:
        _seal_for_nobody(session, today)
    if report and is_new:
        act = ReporterAct(report, new.kind, new.consent_id, today)
        for hear in acted:
            hear(session, act)
    audit.count(session, "mailbox-posted", today)


def _seal_for_nobody(session: Session, today: date) -> None:
    mailbox.seal_state(
        ReportState.RECEIVED,
        org=staff.organisation(session).id,
        report_id=_NOBODY,
        recipient=mailbox.hybrid_recipient(_NOBODYS_RECIPIENT),
        after=None,
        today=today,
    )
