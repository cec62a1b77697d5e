"""Reports, as those who judge them see them: found, read, answered. `moves` takes them from state to state."""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import Session, aliased

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.casework.cases import service as cases
from app.casework.cases import turning
from app.casework.clocks import service as clocks
from app.intake.attachments import service as attachments
from app.intake.attachments.models import Attachment
from app.intake.epochs.models import Epoch
from app.intake.epochs.service import INTAKE_HOLDERS
from app.intake.mailbox import service as mailbox
from app.intake.mailbox.models import KeptReply, Message
from app.intake.reports import service as reports
from app.intake.reports.models import Report
from app.intake.reports.service import CLOSED
from app.people.grants import service as grants
from app.people.grants.models import Grant
from app.problems import NotFound, Problem, StaleVersion
from app.protocol.encoding import sha256_hex
from app.protocol.intake import UNDECIDED
from app.vocabulary import Role


class ReportClosed(Problem):
    """The reporter has withdrawn, and nothing more is written to them. Leave it: their mailbox tells them."""

    type, status, title = "report-closed", 409, "The reporter withdrew: no more is written to them"


class ReportDestroyed(Problem):
    """Nothing that its reporter sealed is there any more. Take it off your list: nobody can bring it back."""

    type, status, title = "report-destroyed", 410, "The report was destroyed: its reporter took it back"


def visible_to(actor: Actor) -> Select[Report]:
    """Every report whose state this person may know: that whose key they hold, and for supervisors each."""
    return select(Report).where(true() if Role.SUPERVISOR in actor.roles else _holds_key(actor))


def readable_by(actor: Actor) -> Select[Report]:
    """Every report which this person may fetch as it came. A supervisor has no key of itself."""
    return select(Report).where(_holds_key(actor))


def handed_to(actor: Actor) -> Select[Report]:
    """Every report whose own key was granted to this person, so that they attach it to a case of theirs."""
    return select(Report).where(grants.held_by(actor, Report.id))


def followed_by(actor: Actor) -> Select[Report]:
    """Every report of which this person may fetch what came after it, and its files.

    Once a report is in a case that is for the case's members alone, whoever claimed it before and whatever key they
    hold: who was removed has the report's key for good, and nothing but this keeps from them what is sealed to it.
    """
    return readable_by(actor).where(or_(Report.case_id.is_(None), cases.works_on(actor, Report.case_id)))


def in_case_of(actor: Actor, case_id: str) -> Select[Report]:
    """Every report of this case, for its members."""
    return select(Report).where(Report.case_id == case_id, cases.works_on(actor, Report.case_id))


def get(session: Session, actor: Actor, report_id: str) -> Report:
    """Raises `NotFound` for an absent and for a forbidden report alike, as all that follows does."""
    return _one(session, visible_to(actor), report_id)


def locked(session: Session, among: Select[Report], report_id: str) -> Report:
    """The report as it is now, which nobody else changes before this transaction ends."""
    return _one(session, among.with_for_update(), report_id)


def fetch_grants(session: Session, actor: Actor, report_id: str, *, now: datetime) -> list[Grant]:
    """The report's grants to the actor, to its epochs and to its case, where they hold that key. Each is recorded.

    The first, the reporter's own, tells a triager's client language and urgency.
    """
    report = _read(session, readable_by(actor), report_id)
    objects = [*grants.held_among(session, actor, epochs_of(report))]
    if report.case_id is not None and cases.is_member(session, actor, report.case_id):
        objects.append(report.case_id)
    return grants.fetch(session, actor, report.id, now=now, also_for=objects)


def fetch_queue_grants(
    session: Session, actor: Actor, reports_: Sequence[Report], *, now: datetime
) -> dict[str, list[Grant]]:
    """The grants of these reports, as `fetch_grants` has them of one; none of what is destroyed or not readable."""
    there = {each.id: each for each in reports_ if not each.is_destroyed}
    ids = session.scalars(readable_by(actor).with_only_columns(Report.id).where(Report.id.in_(there)))
    readable = [there[report_id] for report_id in ids]
    epochs = {epoch for each in readable for epoch in epochs_of(each)}
    cases_ = {each.case_id for each in readable if each.case_id}
    held = grants.held_among(session, actor, epochs) | cases.worked_on_among(session, actor, cases_)
    wanted = {each.id: held & {*epochs_of(each), each.case_id} for each in readable}
    return grants.fetch_page(session, actor, wanted, now=now)


def body(session: Session, actor: Actor, report_id: str, *, now: datetime) -> bytes:
    """The sealed report. Its fetch is recorded."""
    report = _read(session, readable_by(actor), report_id)
    file = reports.body(session, report.id)
    audit.record(session, actor.id, Action.REPORT_READ, report.id, now=now)
    return file


def attachments_of(session: Session, actor: Actor, report_id: str) -> Select[Attachment]:
    """What has arrived; the sealed report and later messages say what should."""
    return attachments.of_report(_read(session, followed_by(actor), report_id).id)


def attachment(session: Session, actor: Actor, report_id: str, attachment_id: str, *, now: datetime) -> Attachment:
    """Where one sealed file lies. Its fetch is recorded."""
    report = _read(session, followed_by(actor), report_id)
    attachment = attachments.get(session, report.id, attachment_id)
    audit.record(session, actor.id, Action.ATTACHMENT_READ, report.id, now=now, object_hash=attachment.sha256)
    return attachment


def messages(session: Session, actor: Actor, report_id: str, *, now: datetime) -> Select[Message]:
    """What the reporter has written since. The fetch is recorded."""
    report = _read(session, followed_by(actor), report_id)
    audit.record(session, actor.id, Action.MESSAGES_READ, report.id, now=now)
    return mailbox.messages(report.id)


def replies(session: Session, actor: Actor, report_id: str, *, now: datetime) -> Select[KeptReply]:
    """What staff have written to the reporter. The fetch is recorded."""
    report = _read(session, followed_by(actor), report_id)
    audit.record(session, actor.id, Action.MESSAGES_READ, report.id, now=now)
    return mailbox.replies(report.id)


@dataclass(frozen=True)
class Answer:
    """The parts of one message, and its copy for colleagues.

    `read` are hashes of earlier parts that the reporter has seen, `replaced` those in whose place this one comes.
    """

    slots: Sequence[bytes]
    copy: bytes
    read: Collection[str] = ()
    replaced: Collection[str] = ()


def answer(
    session: Session, actor: Actor, report_id: str, new: Answer, *, seen: AbstractSet[int], now: datetime
) -> Report:
    """Put the parts of one message into the reporter's mailbox, and keep its copy, which colleagues read.

    Its triager writes, once it is in a case its members. The copy names the one before, so the writer must have seen
    that: of two colleagues who write at once the slower seals again. Raises `StaleVersion`, `ReportClosed`,
    `MailboxFull`, or `TurnFirst`: whoever left the case, or triaged before it was in one, is not to read the copy.
    """
    report = locked(session, followed_by(actor), report_id)
    if report.case_id is None and report.triager_id != actor.id:
        raise NotFound
    if report.version not in seen:
        raise StaleVersion(version=report.version)
    if report.state in CLOSED:
        raise ReportClosed
    if report.case_id is not None:
        turning.check_reply(session, report, now.date())
    if report.state in UNDECIDED:
        clocks.follow(session, report, report.state, at=now, answers=True)
    report.replies += 1
    mailbox.drop_staff_slots(session, report.id, new.replaced)
    mailbox.put_staff_slots(session, report.id, new.slots, reply=report.replies, read=new.read, today=now.date())
    mailbox.keep_reply(session, report.id, new.copy, reply=report.replies)
    message_sha256 = sha256_hex(b"".join(new.slots))
    audit.record(session, actor.id, Action.REPORTER_ANSWERED, report.id, now=now, object_hash=message_sha256)
    return report


def holds_epoch_key(session: Session, actor: Actor, report: Report) -> bool:
    """Whether the key of an epoch of the report was granted to the actor, and not revoked since."""
    return any(grants.holds(session, actor, epoch) for epoch in epochs_of(report))


def epochs_of(report: Report) -> set[str]:
    """The epoch to whose key it is granted, and as long as nobody else opened it by that, the first one too."""
    return {report.epoch_id} | ({report.handed_on_from} if report.handed_on_from else set())


def of_epochs_of(actor: Actor) -> ColumnElement[bool]:
    """Whether the actor holds the key of an epoch of the report."""
    return grants.held_by(actor, Report.epoch_id) | grants.held_by(actor, Report.handed_on_from)


def to_hand_on(today: date) -> ColumnElement[bool]:
    """Whether nobody has decided about a report, and its epoch's day has come."""
    its_epoch = aliased(Epoch)
    over = select(its_epoch.id).where(its_epoch.id == Report.epoch_id, its_epoch.destroyed_on <= today)
    return Report.state.in_(UNDECIDED) & over.exists()


def is_handed_on() -> ColumnElement[bool]:
    """Whether a report was granted on which nobody has decided, and which nobody else has opened by the new key."""
    return Report.state.in_(UNDECIDED) & Report.handed_on_from.is_not(None)


def _holds_key(actor: Actor) -> ColumnElement[bool]:
    """The actor holds a key of the report's own, the key of its case, or, as a triager, that of its epoch.

    So does a supervisor, where it is to be granted on: nobody else may be there who could.
    """
    holds = grants.held_by(actor, Report.id) | cases.works_on(actor, Report.case_id)
    if Role.TRIAGER in actor.roles:
        holds |= of_epochs_of(actor)
    elif INTAKE_HOLDERS & actor.roles:
        holds |= of_epochs_of(actor) & (to_hand_on(actor.today) | is_handed_on())
    return holds


def _read(session: Session, among: Select[Report], report_id: str) -> Report:
    """A report whose sealed parts are fetched. Raises `ReportDestroyed` where there are none any more."""
    report = _one(session, among, report_id)
    if report.is_destroyed:
        raise ReportDestroyed
    return report


def _one(session: Session, among: Select[Report], report_id: str) -> Report:
    report: Report | None = session.scalar(among.where(Report.id == report_id))
    if report is None:
        raise NotFound
    return report
