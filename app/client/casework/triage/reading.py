"""Reading a report: its key, from an epoch, a case or a triager; what it says; the files beside it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from app import age
from app.client.casework.reports import opened as reports
from app.client.casework.reports import views
from app.client.casework.reports.opened import OpenReport
from app.client.casework.reports.views import ReportView
from app.client.machine.sealed import Key
from app.client.machine.staff import NotGranted, Staff
from app.client.machine.transport import Refused
from app.protocol.encoding import check_at, unb64
from app.protocol.errors import NotAuthentic, ProtocolError
from app.protocol.grants import GrantHeader, OpenedGrant
from app.vocabulary import GrantKind, Role

_T = TypeVar("_T")
_OF_EPOCHS: Final = frozenset({GrantKind.INTAKE, GrantKind.HANDED_ON})


def open_(staff: Staff, report: str) -> OpenReport:
    """Read a report with the key of its epoch, or of its case once it is accepted.

    The first member besides who accepted it says to the service that report and case open there; and who opens it by
    the key of the epoch to which somebody else granted it on, that it opens by that. Raises `NotMine` where no key of
    this person opens it, `NotGranted` and `NotAuthentic`.
    """
    return say_opened(staff, *open_granted(staff, report))


def say_opened(staff: Staff, open_report: OpenReport, grant: OpenedGrant) -> OpenReport:
    """What `open_` says to the service of a report that was opened by this grant, where there is something to say."""
    view, kind = open_report.view, grant.header.kind
    if kind is GrantKind.CASE and view.opening_due is not None and staff.person != view.triager:
        return replace(open_report, view=_say_opened(staff, view, {"case": view.case}))
    is_anew = view.handed_on_from is not None and staff.person != grant.header.grantor
    if kind is GrantKind.HANDED_ON and is_anew and tells_answers(open_report, grant):
        return replace(open_report, view=_say_opened(staff, view, {"case": None, "epoch": view.epoch}))
    return open_report


def open_granted(staff: Staff, report: str) -> tuple[OpenReport, OpenedGrant]:
    """The same, and by which grant, with nothing said to the service. Of several grants the first one counts that opens
    the report and tells of it what its reporter answered: what one person put in its place keeps nobody from reading.
    """
    view = views.view(staff, report)
    grants = grants_among(staff, view, staff.service.items(f"/reports/{view.id}/grants"))
    body, faults = staff.service.get(f"/reports/{view.id}/body").content, list[ProtocolError]()
    opened = list[tuple[OpenReport, OpenedGrant]]()
    for grant in grants:
        # Who opens by an epoch's key what is in a case is none of its members.
        of_others = view.case is not None and grant.header.kind in _OF_EPOCHS
        key = reports.key_of(grants) if grant.header.kind is GrantKind.CASE else Key(view.id, grant.identity, 1)
        try:
            opened.append((reports.read(staff, view, body, key, of_others=of_others), grant))
        except ProtocolError as error:
            faults.append(error)
            continue
        if tells_answers(*opened[-1]):
            return opened[-1]
    if opened:
        return opened[0]
    raise faults[0]


def tells_answers(report: OpenReport, grant: OpenedGrant) -> bool:
    """Whether a grant by which somebody granted the report on has the answers by which the queue is sorted."""
    form, said = report.report.form, (grant.header.language, grant.header.danger_now)
    return grant.header.kind is not GrantKind.HANDED_ON or said == (form.language, form.danger_now)


def _say_opened(staff: Staff, view: ReportView, what: Mapping[str, str | None]) -> ReportView:
    """Where the report has changed meanwhile, it is said the next time."""
    try:
        answer = staff.service.put(f"/reports/{view.id}/opening", what, version=view.version)
    except Refused as refusal:
        if refusal.type not in ("stale-version", "self-approval"):
            raise
        return view
    return replace(ReportView.read(answer.json()), id=view.id)


def open_with(staff: Staff, report: str, identity: age.HybridIdentity) -> OpenReport:
    """Read a report with a key that somebody has granted for it. Raises `NotMine` and `NotAuthentic`."""
    view = views.view(staff, report)
    body = staff.service.get(f"/reports/{view.id}/body").content
    return reports.read(staff, view, body, Key(view.id, identity, generation=1), of_others=False)


def grants_among(staff: Staff, view: ReportView, items: Iterable[Mapping[str, Any]]) -> list[OpenedGrant]:
    """The report's key, granted to this person, to a case of theirs or to an epoch whose key they hold: one at least.

    Of a case they are those of all generations, the newest first. It comes from a triager, or in a case it is one that
    the journal names: anybody certified could make up a key, and a report to it. The newest epoch's come first. Raises
    `NotGranted`, `NotMine` and `NotAuthentic`.
    """
    files = [(str(item["grantee"]), unb64(str(item["file"]))) for item in items]
    grants = dict(files)
    if staff.person in grants:
        direct = staff.open_grant(grants[staff.person], view.id, {GrantKind.ASSIGNED})
        if Role.TRIAGER not in direct.roles:
            raise NotAuthentic("role")
        return [direct]
    if view.case in grants:
        from app.client.casework import cases  # with all that a case is made of, which a queue does not need

        case = cases.open_(staff, view.case)
        return reports.grants_to_case(staff, view.id, files, case.key, case.journal)
    return _to_epochs(staff, view, files, _grant_to_epoch)


def told_among(staff: Staff, view: ReportView, items: Sequence[Mapping[str, Any]]) -> GrantHeader:
    """What the first of them says, for a list: of a grant to an epoch the key is not looked at. Raises alike."""
    files = [(str(item["grantee"]), unb64(str(item["file"]))) for item in items]
    if not {staff.person, view.case}.isdisjoint(grantee for grantee, _ in files):
        return grants_among(staff, view, items)[0].header
    return _to_epochs(staff, view, files, _told_to_epoch)[0]


def _to_epochs(
    staff: Staff,
    view: ReportView,
    files: Sequence[tuple[str, bytes]],
    open_: Callable[[Staff, ReportView, str, bytes], _T],
) -> list[_T]:
    opened, faults = list[_T](), list[ProtocolError | NotGranted]()
    for epoch in filter(None, (view.epoch, view.handed_on_from)):
        for file in (file for grantee, file in files if grantee == epoch):
            try:
                opened.append(open_(staff, view, epoch, file))
            except (ProtocolError, NotGranted) as error:
                faults.append(error)
    if opened:
        return opened
    raise faults[0] if faults else NotGranted(f"no key of {view.id} was granted to this person")


def _grant_to_epoch(staff: Staff, view: ReportView, epoch: str, file: bytes) -> OpenedGrant:
    grant = staff.open_grant(file, view.id, _OF_EPOCHS, grantee=epoch, identity=staff.epoch_key(epoch))
    _check_day(staff, epoch, grant.header)
    return grant


def _told_to_epoch(staff: Staff, view: ReportView, epoch: str, file: bytes) -> GrantHeader:
    header = staff.read_grant(file, view.id, _OF_EPOCHS, grantee=epoch, identity=staff.epoch_key(epoch))
    _check_day(staff, epoch, header)
    return header


def _check_day(staff: Staff, epoch: str, header: GrantHeader) -> None:
    """One by which it was granted on is of a day of that epoch: before, there was none to grant it to.

    So nobody who left has one that was made when they were there, to an epoch that began after them.
    """
    if header.kind is GrantKind.HANDED_ON:
        named = staff.log.epoch(epoch)
        if named is None or not named.accepts(check_at(header.at)):
            raise NotAuthentic("at")
