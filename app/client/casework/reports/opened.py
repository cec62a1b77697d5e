"""A report that was opened, by whichever grant: what it says, its keys, the files beside it."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from app import age
from app.client.casework.reports import views
from app.client.casework.reports.views import ReportView
from app.client.intake import attachments as files
from app.client.machine.sealed import Key, key_in
from app.client.machine.staff import NotGranted, Staff
from app.protocol.documents import CLOCK_SKEW
from app.protocol.encoding import check_at, unb64
from app.protocol.errors import Malformed, NotMine, ProtocolError
from app.protocol.grants import OpenedGrant
from app.protocol.opening import Asked, Opened
from app.protocol.report import Attachment, Report
from app.protocol.sizes import Kind, ciphertext_sizes
from app.vocabulary import ConsentScope, GrantKind, Imminence, Role

if TYPE_CHECKING:
    from app.protocol.journal import Journal

# Who is given the keys of intake, and with them those of reports that nobody has decided.
OF_INTAKE: Final = frozenset({Role.TRIAGER, Role.SUPERVISOR})


@dataclass(frozen=True)
class OpenReport:
    """A report that was opened: what it says, its key, which of its files are there, and the view of it by then.

    In a case its key turns too: what came before lies under the older ones.

    `arrived` is None where the report is in a case of others: what came after it is for the case's members alone.
    `sealed_on` is the day of its reporter's own clock.
    """

    view: ReportView
    key: Key = field(repr=False)
    report: Report = field(repr=False)
    sha256: str
    sealed_on: date
    arrived: frozenset[str] | None

    @property
    def id(self) -> str:
        return self.view.id

    @property
    def identity(self) -> age.HybridIdentity:
        """Of the newest key."""
        return self.key.identity

    @property
    def thread_key(self) -> bytes:
        """32 bytes, under which reporter and staff MAC what they write to each other."""
        return unb64(self.report.thread_key, 32)

    @property
    def mailbox(self) -> age.HybridRecipient:
        """Where replies go."""
        return mailbox_of(self.report)

    @property
    def missing(self) -> tuple[Attachment, ...]:
        """The files that the report lists and that have not arrived, as far as this person may know."""
        arrived = self.arrived
        return () if arrived is None else tuple(each for each in self.report.attachments if each.id not in arrived)

    @property
    def danger_now(self) -> bool:
        """Whether its reporter said so. How urgent it is says the priority."""
        return self.report.form.danger_now is Imminence.NOW

    @property
    def may_contact(self) -> bool:
        """What the report itself said; `Thread.consents` has what changed since."""
        return ConsentScope.CONTACT in self.report.form.consents


def may_be_known(staff: Staff, report: OpenReport) -> bool:
    """Whether somebody may know the report's key who triages no more: it has its first one, and they lost their role,
    or have other keys, since it was sent; or two custodians went since, who may have kept that of its epoch. When it
    was sent is told by its week, for the service knows no day of what is decided."""
    since = report.sealed_on - timedelta(days=report.sealed_on.weekday()) - CLOCK_SKEW
    return report.key.generation == 1 and staff.with_trust(
        lambda trust: (
            trust.has_lost(OF_INTAKE, since=since, today=staff.today)
            or any(each.gone >= since for each in trust.kept_pairs(staff.today))
        )
    )


def mailbox_of(said: Report) -> age.HybridRecipient:
    """Where replies go: the recipient inside the report, never one that the service names. Raises `Malformed`."""
    recipient = age.parse_recipient(said.mailbox)
    if not isinstance(recipient, age.HybridRecipient):
        raise Malformed("a mailbox has a post-quantum recipient")
    return recipient


def key_in_case(staff: Staff, report: str, case: Key, journal: "Journal") -> Key:
    """The keys of a report of the case, the newest with the older ones. Raises as `of_case`."""
    items = staff.service.items(f"/reports/{report}/grants")
    sent = [(str(item["grantee"]), unb64(str(item["file"]))) for item in items]
    return key_of(grants_to_case(staff, report, sent, case, journal))


def of_case(staff: Staff, report: str, case: Key, journal: "Journal") -> OpenReport:
    """Read a report by the key of its case. Raises `NotGranted`, `NotMine`, `NotAuthentic` and `Refused`."""
    view = views.view(staff, report)
    key = key_in_case(staff, view.id, case, journal)
    return read(staff, view, staff.service.get(f"/reports/{view.id}/body").content, key, of_others=False)


def read(staff: Staff, view: ReportView, body: bytes, key: Key, *, of_others: bool) -> OpenReport:
    """The report in this file, which lies under the first of its keys. Raises `NotMine` and `NotAuthentic`."""
    first = next((each for each in key.all if each.generation == 1), None)
    if first is None:
        raise NotMine("the key of the report itself does not open")
    document = staff.open_document(body, first.identity, Asked("report", staff.org, view.id))
    return OpenReport(
        view=view,
        key=key,
        report=Report.read(document.document.header.body),
        sha256=document.sha256,
        sealed_on=check_at(document.document.header.at),
        arrived=None if of_others else _arrived(staff, view),
    )


def read_sealed(staff: Staff, report: str, body: bytes, key: Key) -> tuple[Opened, Report]:
    """What was sent as this report, and what it says. Raises as `read`."""
    document = staff.open_document(body, key.of(1).identity, Asked("report", staff.org, report))
    return document, Report.read(document.document.header.body)


def grants_to_case(
    staff: Staff, report: str, sent: Sequence[tuple[str, bytes]], case: Key, journal: "Journal"
) -> list[OpenedGrant]:
    """The report's keys, the newest first, as the journal names them; one that is none keeps no other back.

    Raises `NotGranted`, `NotMine` and `NotAuthentic` where there is none.
    """
    found, faults = list[OpenedGrant](), list[ProtocolError]()
    for file in (file for grantee, file in sent if grantee == case.subject):
        try:
            grant = case.try_each(partial(_open_grant, staff, report, file))
            journal.check_named(report, grant.header.generation, grant.header.recipient)
        except ProtocolError as error:
            faults.append(error)
        else:
            found.append(grant)
    if not found:
        raise faults[0] if faults else NotGranted(f"no key of {report} was granted to its case")
    return sorted(found, key=lambda each: each.header.generation, reverse=True)


def _open_grant(staff: Staff, report: str, file: bytes, case: Key) -> OpenedGrant:
    return staff.open_grant(file, report, {GrantKind.CASE}, grantee=case.subject, identity=case.identity)


def key_of(grants: Sequence[OpenedGrant]) -> Key:
    """The newest of a report's keys with the older ones."""
    newest, *older = map(key_in, grants)
    return Key(newest.subject, newest.identity, newest.generation, tuple(older))


def save_attachment(staff: Staff, report: OpenReport, attachment: Attachment, sink: BinaryIO) -> None:
    """Write a file beside the report, or beside a later message, to `sink`.

    Raises `NotAuthentic` where it is not the file that its reporter listed; what was written must not be used then.
    """
    limit = max(ciphertext_sizes(Kind.ATTACHMENT))
    with tempfile.TemporaryDirectory() as drafts:  # of the sealed file only
        draft = Path(drafts) / attachment.id
        with draft.open("wb") as file:
            staff.service.download(f"/reports/{report.id}/attachments/{attachment.id}", file, limit=limit)
        files.open_(draft, sink, [key.identity for key in report.key.all], attachment)


def _arrived(staff: Staff, view: ReportView) -> frozenset[str]:
    return frozenset(str(item["id"]) for item in staff.service.items(f"/reports/{view.id}/attachments"))
