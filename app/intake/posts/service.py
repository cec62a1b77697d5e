"""What a reporter's post does. Who has the token alone can add to a report, and neither end nor hold it."""

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from app import age
from app.audit import service as audit
from app.intake.lifecycle import service as lifecycle
from app.intake.mailbox import service as mailbox
from app.intake.mailbox.models import Mailbox
from app.intake.mailbox.service import Post
from app.intake.posts import budget
from app.intake.reports import service as reports
from app.intake.reports.models import Report
from app.intake.sights import service as sights
from app.intake.sights import unread
from app.people.staff import service as staff
from app.protocol.encoding import sha256_hex
from app.protocol.mailbox import MessageKind
from app.vocabulary import ReportState

# From which states a message moves a report, and where to. What staff have decided keeps no report from its reporter:
# and were a duplicate not taken back like an accepted one, its reporter would learn that somebody else reported.
MOVES = {
    (MessageKind.MESSAGE, ReportState.AWAITING_REPORTER): ReportState.IN_TRIAGE,
    **{(MessageKind.WITHDRAW, state): ReportState.WITHDRAWN for state in ReportState if state not in reports.CLOSED},
}

_NOBODY = "rep_"
_NOBODYS_SECRET = "0" * 64  # a hash of which nobody has the secret
_NOBODYS_RECIPIENT = str(age.identity_from_seed(bytes(32)).recipient)


@dataclass(frozen=True)
class ReporterAct:
    """What a reporter has just done, for those who work on the report. It is a hint: they check the MAC.

    A withdrawal is none: it bore the secret of the receipt.
    """

    report: Report
    kind: MessageKind
    consent_id: str | None
    today: date


# What another domain does about it, in the same transaction; `main` collects them.
Acted = Callable[[Session, ReporterAct], None]


def post(
    session: Session, token_sha256: str, new: Post, *, place_key: bytes, acted: Iterable[Acted], now: datetime
) -> None:
    """Take a post. Where it changes nothing its sender sees the old thread state: there is no other answer.

    `place_key` is what `budget.place_of_nobody` takes.

    An unknown token costs what a known one does: the same queries, one sealing and one commit. So does a withdrawal
    without the secret of the receipt, which is a message like any other. With it, a report that no case has is
    destroyed, whatever the day's budget. Raises `EnoughForToday`.
    """
    today = now.date()
    nobodys_place = budget.place_of_nobody(token_sha256, place_key)
    box = session.get(Mailbox, token_sha256)
    report = reports.locked(session, box.report_id if box else _NOBODY)
    new = _as_proved(new, box)
    if new.kind is not MessageKind.WITHDRAW:
        place = token_sha256 if box else nobodys_place
        budget.spend(session, token_sha256, len(new.message) + len(new.thread_state), place=place, now=now)
    is_new = mailbox.keep_post(session, token_sha256, new, today=today)
    unread.note(session, report.id if report and is_new else _NOBODY, new.kind)
    if new.kind in mailbox.CHANGES:
        sights.mark_changed(session, report.id if report else _NOBODY)
    if new.kind is MessageKind.CONSENT:
        reports.let_wait(session, report.id if report and is_new else _NOBODY, today=today)
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
    if report and to is ReportState.WITHDRAWN and report.case_id is None:
        lifecycle.destroy(session, report, today=today)


def _as_proved(new: Post, box: Mailbox | None) -> Post:
    """The post as it counts: a withdrawal only with the secret whose hash came with the report."""
    expected = box.withdrawal_sha256 if box else _NOBODYS_SECRET
    is_theirs = hmac.compare_digest(sha256_hex(new.secret or b""), expected)
    if new.kind is MessageKind.WITHDRAW and not is_theirs:
        return replace(new, kind=MessageKind.MESSAGE, secret=None)
    return new


def _seal_for_nobody(session: Session, today: date) -> None:
    mailbox.seal_state(
        ReportState.RECEIVED,
        org=staff.organisation(session).id,
        report_id=_NOBODY,
        recipient=mailbox.hybrid_recipient(_NOBODYS_RECIPIENT),
        after=None,
        today=today,
    )
