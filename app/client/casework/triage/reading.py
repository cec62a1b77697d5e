"""Reading a report: its key, from an epoch, a case or a triager; what it says; the files beside it."""

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from app import age
from app.client.casework import cases
from app.client.casework.triage import views
from app.client.casework.triage.views import ReportView
from app.client.intake import attachments as files
from app.client.machine.sealed import Key
from app.client.machine.staff import NotGranted, Staff
from app.client.machine.transport import Refused
from app.protocol.encoding import check_at, unb64
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.grants import OpenedGrant
from app.protocol.opening import Asked
from app.protocol.report import Attachment, Report
from app.protocol.sizes import Kind, ciphertext_sizes
from app.vocabulary import ConsentScope, GrantKind, Imminence, Role


@dataclass(frozen=True)
class OpenReport:
    """A report that was opened: what it says, its key, which of its files are there, and the view of it by then.

    `arrived` is None where the report is in a case of others: what came after it is for the case's members alone.
    """

    view: ReportView
    key: Key = field(repr=False)
    report: Report = field(repr=False)
    sha256: str
    arrived: frozenset[str] | None

    @property
    def id(self) -> str:
        return self.view.id

    @property
    def identity(self) -> age.HybridIdentity:
        return self.key.identity

    @property
    def thread_key(self) -> bytes:
        """32 bytes, under which reporter and staff MAC what they write to each other."""
        return unb64(self.report.thread_key, 32)

    @property
    def mailbox(self) -> age.HybridRecipient:
        """Where replies go: the recipient inside the report, never one that the service names."""
        recipient = age.parse_recipient(self.report.mailbox)
        if not isinstance(recipient, age.HybridRecipient):
            raise Malformed("a mailbox has a post-quantum recipient")
        return recipient

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


def open_(staff: Staff, report: str) -> OpenReport:
    """Read a report with the key of its epoch, or of its case once it is accepted.

    The first member besides who accepted it says to the service that report and case open there. Raises `NotMine` where
    no key of this person opens it, `NotGranted` and `NotAuthentic`.
    """
    view = views.view(staff, report)
    grant = open_grant(staff, view)
    # Who opens by the epoch's key what is in a case is none of its members.
    of_others = view.case is not None and grant.header.kind is GrantKind.INTAKE
    open_report = _open(staff, view, grant.identity, of_others=of_others)
    if grant.header.kind is GrantKind.CASE and view.opening_due is not None and staff.person != view.triager:
        return replace(open_report, view=_say_opened(staff, view))
    return open_report


def _say_opened(staff: Staff, view: ReportView) -> ReportView:
    """Where the report has changed meanwhile, it is said the next time."""
    try:
        answer = staff.service.put(f"/reports/{view.id}/opening", {"case": view.case}, version=view.version)
    except Refused as refusal:
        if refusal.type != "stale-version":
            raise
        return view
    return replace(ReportView.read(answer.json()), id=view.id)


def open_with(staff: Staff, report: str, identity: age.HybridIdentity) -> OpenReport:
    """Read a report with a key that somebody has granted for it. Raises `NotMine` and `NotAuthentic`."""
    return _open(staff, views.view(staff, report), identity, of_others=False)


def open_grant(staff: Staff, view: ReportView) -> OpenedGrant:
    """The report's key, granted to this person, to a case of theirs or to an epoch whose key they hold.

    It comes from a triager, or in a case it is the one that the journal names: anybody certified could make up a key,
    and a report to it. Raises `NotGranted`, `NotMine` and `NotAuthentic`.
    """
    return grant_among(staff, view, staff.service.items(f"/reports/{view.id}/grants"))


def grant_among(staff: Staff, view: ReportView, items: Iterable[Mapping[str, Any]]) -> OpenedGrant:
    """The same among grants that came with the report. Raises as `open_grant` does."""
    grants = {str(item["grantee"]): unb64(str(item["file"])) for item in items}
    if staff.person in grants:
        direct = staff.open_grant(grants[staff.person], view.id, {GrantKind.ASSIGNED})
        grantor, at = str(direct.header.grantor), check_at(direct.header.at)
        if Role.TRIAGER not in staff.with_trust(lambda trust: trust.certified(grantor, at)).roles:
            raise NotAuthentic("role")
        return direct
    if view.case in grants:
        case = cases.open_(staff, view.case)
        file = grants[case.id]
        inner = case.key.try_each(
            lambda key: staff.open_grant(file, view.id, {GrantKind.CASE}, grantee=key.subject, identity=key.identity)
        )
        case.journal.check_named(view.id, inner.header.generation, inner.header.recipient)
        return inner
    if view.epoch in grants:
        key = staff.epoch_key(view.epoch)
        return staff.open_grant(grants[view.epoch], view.id, {GrantKind.INTAKE}, grantee=view.epoch, identity=key)
    raise NotGranted(f"no key of {view.id} was granted to this person")


def save_attachment(staff: Staff, report: OpenReport, attachment: Attachment, sink: BinaryIO) -> None:
    """Write a file beside the report, or beside a later message, to `sink`.

    Raises `NotAuthentic` where it is not the file that its reporter listed; what was written must not be used then.
    """
    limit = max(ciphertext_sizes(Kind.ATTACHMENT))
    with tempfile.TemporaryDirectory() as drafts:  # of the sealed file only
        draft = Path(drafts) / attachment.id
        with draft.open("wb") as file:
            staff.service.download(f"/reports/{report.id}/attachments/{attachment.id}", file, limit=limit)
        files.open_(draft, sink, report.identity, attachment)


def _open(staff: Staff, view: ReportView, identity: age.HybridIdentity, *, of_others: bool) -> OpenReport:
    body = staff.service.get(f"/reports/{view.id}/body").content
    document = staff.open_document(body, identity, Asked("report", staff.org, view.id))
    return OpenReport(
        view=view,
        key=Key(view.id, identity, generation=1),
        report=Report.read(document.document.header.body),
        sha256=document.sha256,
        arrived=None if of_others else _arrived(staff, view),
    )


def _arrived(staff: Staff, view: ReportView) -> frozenset[str]:
    return frozenset(str(item["id"]) for item in staff.service.items(f"/reports/{view.id}/attachments"))
