"""What nobody decided before its epoch's day: granted on to the epoch of today, and opened by somebody else there."""

from datetime import date, timedelta
from typing import Final

from app.client.casework.reports.opened import OF_INTAKE, OpenReport
from app.client.casework.triage.decisions import RuleOfTriage
from app.client.casework.triage.reading import open_granted, say_opened
from app.client.machine.staff import Staff
from app.protocol import grants, intake
from app.protocol.encoding import b64, check_at
from app.protocol.grants import OpenedGrant
from app.protocol.intake import UNDECIDED, UNDECIDED_DAYS
from app.vocabulary import GrantKind

# A reporter's clock may be a day off, and the service counts from its own.
_CLOCKS_OFF: Final = timedelta(days=1)


def hand_on(staff: Staff, report: str) -> None:
    """Grant a report on that opens, that nobody has decided, and whose epoch's day has come.

    Which epoch's that is and to which it goes, the key log says, and until when, the report itself: a service that
    tells of a duty that never was brings no decided report further than its sixty days. Raises `RuleOfTriage` where
    there is nothing to do, and as `open_` does.
    """
    open_report, grant = open_granted(staff, report)
    _check_due(staff, open_report, grant)
    document = staff.log.intake_on(staff.today)
    if document is None:
        raise RuleOfTriage("no epoch takes reports today")
    _check_kept(staff, check_at(document.header.at))
    to, form = intake.read(document), open_report.report.form
    file = grants.seal_grant(
        open_report.identity,
        to.recipient,
        org=staff.org,
        subject=open_report.id,
        generation=1,
        grantee=to.epoch,
        kind=GrantKind.HANDED_ON,
        at=staff.hour,
        signer=staff.signer,
        language=form.language,
        danger_now=form.danger_now,
    )
    new = {"grantee": to.epoch, "file": b64(file)}
    staff.service.put(f"/reports/{open_report.id}/epoch", {"grant": new}, version=open_report.view.version)


def take_over(staff: Staff, report: str) -> None:
    """Open what somebody else granted on, and say that it opens. Where it does not, but by a key of its first epoch,
    grant it on anew. Raises as `hand_on`.
    """
    open_report, grant = open_granted(staff, report)
    if grant.header.kind is GrantKind.HANDED_ON:
        say_opened(staff, open_report, grant)
    else:
        hand_on(staff, report)


def _check_kept(staff: Staff, signed_on: date) -> None:
    """Raises `RuleOfTriage` where somebody may hold the key of today's epoch who triages no more, or two custodians who
    left may have kept it. The old grant stays meanwhile."""
    if staff.with_trust(lambda trust: trust.may_be_known(OF_INTAKE, signed_on, staff.today)):
        raise RuleOfTriage("somebody who left may hold today's key of intake; a supervisor who signs in replaces it")


def _check_due(staff: Staff, report: OpenReport, by: OpenedGrant) -> None:
    epoch = staff.log.epoch(by.header.grantee)
    if epoch is None or epoch.destroyed_on > staff.today or report.view.state not in UNDECIDED:
        raise RuleOfTriage("nobody need grant this report on")
    if report.sealed_on + UNDECIDED_DAYS + _CLOCKS_OFF < staff.today:
        raise RuleOfTriage("the time of this report is over")
