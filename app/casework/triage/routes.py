"""Reports over HTTP, on the side of staff."""

import secrets
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Query, Response, status
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session

from app.casework.approvals.service import SelfApproval
from app.casework.cases.journal import PartsUnfit
from app.casework.cases.membership import MembersUnfit
from app.casework.cases.service import CaseExists
from app.casework.cases.turning import TurnFirst
from app.casework.roles import MEMBER_ROLES
from app.casework.triage import handing_on, moves, ranges, service
from app.casework.triage.ranges import Wanted
from app.casework.triage.schemas import (
    AnswerIn,
    AttachIn,
    AttachmentOut,
    HandingOnIn,
    MovedOut,
    OpeningIn,
    ReplyOut,
    ReportMovedOut,
    ReportOut,
    ReportTransitionIn,
    StatesOfSeveralIn,
    WaitingOut,
)
from app.casework.triage.wire import MessageOut
from app.http import (
    Actor,
    BlobStore,
    Count,
    Counted,
    CountedPage,
    Db,
    IfMatch,
    IfNoneMatch,
    Now,
    Once,
    Page,
    Paging,
    Router,
    answered,
    counted_among,
    etag,
    problems,
    requires,
)
from app.http.transitions import StepsOut
from app.http.wire import of_one
from app.intake.attachments import service as attachments
from app.intake.attachments.models import Attachment
from app.intake.mailbox.models import KeptReply, Message
from app.intake.mailbox.service import MailboxFull
from app.intake.reports.models import Report
from app.people.grants.wire import GrantOut, GrantsOut
from app.people.pairs.service import PairsUnfit
from app.people.staff.service import NotCertified, TeamUnknown
from app.problems import NotAnEnvelope, NotFound, StaleVersion
from app.transitions import GuardsFail, NoSuchStep
from app.vocabulary import ReportState

router = Router("/reports", tag="triage")
queue_router = Router(tag="triage")

# Of as many reports that one person alone puts away, a supervisor reads one afterwards.
ONE_IN = 10

_Item = TypeVar("_Item")
Reader = Annotated[Actor, requires(*MEMBER_ROLES)]


@router.get("")
def list_reports(
    database: Db,
    actor: Reader,
    paging: Paging,
    state: Annotated[list[ReportState] | None, Query()] = None,
    unopened: Annotated[bool | None, Query()] = None,
    count: Count = None,
) -> CountedPage[ReportOut]:
    """The reports that the caller may know of, the oldest day first.

    `unopened` are those accepted ones that no other member has opened yet.
    """
    wanted = Wanted(frozenset(state or ()), unopened)
    with database.read() as session:
        page = _page(session, actor, paging, wanted, show=ReportOut.model_validate)
        counted = _counted(session, actor, wanted) if count else None
        return CountedPage(items=page.items, next=page.next, prev=page.prev, count=counted)


@queue_router.get("/queue")
def read_queue(
    database: Db,
    actor: Reader,
    paging: Paging,
    now: Now,
    state: Annotated[list[ReportState] | None, Query()] = None,
) -> Page[WaitingOut]:
    """What waits, the oldest day first, with the keys that are for the caller. A page is recorded as one audit event.

    That is what waits for a triager, and what was decided and is still to be opened by another; or what has a `state`.
    """

    def show(report: Report) -> WaitingOut:
        given = [GrantOut.model_validate(grant) for grant in found.get(report.id, ())]
        return WaitingOut(report=ReportOut.model_validate(report), grants=given)

    with database.write() as session:
        wanted = [Wanted(frozenset(state))] if state else ranges.WAITING
        rows = _page(session, actor, paging, *wanted, show=lambda report: report)
        found = service.fetch_queue_grants(session, actor, rows.items, now=now)
        return Page(items=[show(report) for report in rows.items], next=rows.next, prev=rows.prev)


@router.get("/{report_id}", responses=problems(NotFound))
def get_report(database: Db, actor: Reader, report_id: str, _: IfNoneMatch, response: Response) -> ReportOut:
    """The state of the work on a report. What it says is in its body."""
    with database.read() as session:
        return _answer(service.get(session, actor, report_id), response)


@router.get("/{report_id}/grants", responses=problems(NotFound, service.ReportDestroyed))
def fetch_report_grants(database: Db, actor: Reader, report_id: str, now: Now) -> GrantsOut:
    """The report's key, sealed to the caller, to its epoch or to its case. The fetch is recorded."""
    with database.write() as session:
        grants = service.fetch_grants(session, actor, report_id, now=now)
        return GrantsOut(items=[GrantOut.model_validate(grant) for grant in grants])


@router.get(
    "/{report_id}/body",
    response_class=Response,
    responses=problems(NotFound, service.ReportDestroyed) | answered("A sealed file"),
)
def read_report_body(database: Db, actor: Reader, report_id: str, now: Now) -> Response:
    """The sealed report, as it came. The fetch is recorded."""
    with database.write() as session:
        file = service.body(session, actor, report_id, now=now)
    return Response(file, media_type="application/octet-stream")


@router.get("/{report_id}/attachments", responses=problems(NotFound, service.ReportDestroyed))
def list_report_attachments(database: Db, actor: Reader, report_id: str, paging: Paging) -> Page[AttachmentOut]:
    """The attachments that have arrived. The report, which is sealed, says which there should be."""
    with database.read() as session:
        files = service.attachments_of(session, actor, report_id)
        return paging.page(session, files, by=[Attachment.id], show=AttachmentOut.model_validate)


@router.get(
    "/{report_id}/attachments/{attachment_id}",
    response_class=StreamingResponse,
    responses=problems(NotFound, service.ReportDestroyed, attachments.FileNotHere) | answered("A sealed file"),
)
def read_report_attachment(
    database: Db, blobs: BlobStore, actor: Reader, report_id: str, attachment_id: str, now: Now
) -> StreamingResponse:
    """The sealed attachment, as it came. The fetch is recorded."""
    with database.write() as session:
        attachment = service.attachment(session, actor, report_id, attachment_id, now=now)
    return StreamingResponse(
        attachments.bytes_of(blobs, attachment),
        media_type="application/octet-stream",
        headers={"Content-Length": str(attachment.size)},
    )


@router.get("/{report_id}/messages", responses=problems(NotFound, service.ReportDestroyed))
def list_report_messages(database: Db, actor: Reader, report_id: str, paging: Paging, now: Now) -> Page[MessageOut]:
    """What the reporter has sent since, in no order: a message's number is sealed."""
    with database.write() as session:
        posts = service.messages(session, actor, report_id, now=now)
        return paging.page(session, posts, by=[Message.id], show=MessageOut.model_validate)


@router.get("/{report_id}/replies", responses=problems(NotFound, service.ReportDestroyed))
def list_report_replies(database: Db, actor: Reader, report_id: str, paging: Paging, now: Now) -> Page[ReplyOut]:
    """What staff have written to the reporter, in its order, each as its writer kept it for colleagues."""
    with database.write() as session:
        kept = service.replies(session, actor, report_id, now=now)
        return paging.page(session, kept, by=[KeptReply.number], show=ReplyOut.model_validate)


@router.post(
    "/{report_id}/messages",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, NotAnEnvelope, StaleVersion, service.ReportClosed, MailboxFull, TurnFirst),
)
def answer_report(
    database: Db,
    actor: Reader,
    once: Once,
    report_id: str,
    request: AnswerIn,
    seen: IfMatch,
    now: Now,
    response: Response,
) -> ReportOut:
    """One message to the reporter, all of its parts and its copy for colleagues, or none."""
    with database.write() as session:
        report = once(
            session,
            actor.id,
            request,
            act=lambda: service.answer(session, actor, report_id, request.as_answer(), seen=seen, now=now),
            again=lambda id_: service.get(session, actor, id_),
        )
        return _answer(report, response)


@router.get("/{report_id}/transitions", responses=problems(NotFound))
def list_report_steps(database: Db, actor: Reader, report_id: str, now: Now) -> StepsOut[ReportState]:
    """What the caller may do with the report now, and which guards fail."""
    with database.read() as session:
        steps = moves.steps(session, actor, report_id, now=now)
        return StepsOut[ReportState].model_validate({"items": steps})


@router.post(
    "/{report_id}/transitions",
    status_code=status.HTTP_201_CREATED,
    responses=problems(
        NotFound,
        NotAnEnvelope,
        StaleVersion,
        NoSuchStep,
        GuardsFail,
        NotCertified,
        TeamUnknown,
        CaseExists,
        MembersUnfit,
        TurnFirst,
        PartsUnfit,
        PairsUnfit,
    ),
)
def move_report(
    database: Db,
    actor: Reader,
    once: Once,
    report_id: str,
    request: ReportTransitionIn,
    seen: IfMatch,
    now: Now,
    response: Response,
) -> ReportOut:
    """Claim the report, release it, or decide on it. Accepting it may open its case: both are done, or neither."""
    drawn = secrets.randbelow(ONE_IN) == 0
    with database.write() as session:
        report = once(
            session,
            actor.id,
            request,
            act=lambda: moves.move(session, actor, report_id, request.as_move(), seen=seen, drawn=drawn, now=now),
            again=lambda id_: service.get(session, actor, id_),
        )
        return _answer(report, response)


@router.put("/states")
def move_reports(database: Db, actor: Reader, request: StatesOfSeveralIn, now: Now) -> MovedOut:
    """Claim or release up to a hundred reports at once, with a result for each: one that is refused keeps none back."""
    wanted = [(each.id, each.version, each.to) for each in request.items]
    with database.write() as session:
        done = moves.claim_and_release(session, actor, wanted, now=now)
        told = zip(request.items, done, strict=True)
        return MovedOut(items=[ReportMovedOut(id=asked.id, **of_one(each)) for asked, each in told])


@router.put(
    "/{report_id}/case",
    responses=problems(
        *(NotFound, NotAnEnvelope, StaleVersion, NotCertified, TeamUnknown, CaseExists, MembersUnfit, TurnFirst),
        PartsUnfit,
        PairsUnfit,
        moves.NotAttachable,
    ),
)
def attach_report(
    database: Db, actor: Reader, report_id: str, request: AttachIn, seen: IfMatch, now: Now, response: Response
) -> ReportOut:
    """Whoever was handed an accepted report attaches it to a case of theirs, or to one that is opened with it."""
    grant, new_case = request.grant.as_new(), request.new_case.as_new() if request.new_case else None
    joins = request.joins.as_joining() if request.joins else None
    with database.write() as session:
        report = moves.attach(session, actor, report_id, joins, grant, new_case=new_case, seen=seen, now=now)
        return _answer(report, response)


@router.put("/{report_id}/epoch", responses=problems(NotFound, NotAnEnvelope, StaleVersion, handing_on.NotToHandOn))
def hand_report_on(
    database: Db, actor: Reader, report_id: str, request: HandingOnIn, seen: IfMatch, now: Now, response: Response
) -> ReportOut:
    """A holder of the key of an epoch whose day has come grants an undecided report on to the epoch of today."""
    with database.write() as session:
        report = handing_on.hand_on(session, actor, report_id, request.grant.as_new(), seen=seen, now=now)
        return _answer(report, response)


@router.put("/{report_id}/opening", responses=problems(NotFound, StaleVersion, SelfApproval))
def say_report_opened(
    database: Db, actor: Reader, report_id: str, request: OpeningIn, seen: IfMatch, now: Now, response: Response
) -> ReportOut:
    """A member who did not accept the report has opened it and its case.

    Or somebody has opened by its epoch's key what another granted on to it.
    """
    with database.write() as session:
        if request.epoch:
            return _answer(
                handing_on.say_opened(session, actor, report_id, request.epoch, seen=seen, now=now), response
            )
        return _answer(moves.say_opened(session, actor, report_id, request.case, seen=seen, now=now), response)


def _page(
    session: Session, actor: Actor, paging: Paging, *wanted: Wanted, show: Callable[[Report], _Item]
) -> Page[_Item]:
    """The oldest day first."""
    return paging.page(
        session,
        service.visible_to(actor),
        by=(Report.received_on, Report.id),
        show=show,
        among=ranges.of(session, actor, *wanted),
        only=lambda report: any(each.has(report) for each in wanted),
    )


def _counted(session: Session, actor: Actor, wanted: Wanted) -> Counted:
    among = ranges.of(session, actor, wanted)
    return counted_among(session, service.visible_to(actor), Report.id, among, wanted.has)


def _answer(report: Report, response: Response) -> ReportOut:
    response.headers["ETag"] = etag(report.version)
    return ReportOut.model_validate(report)
