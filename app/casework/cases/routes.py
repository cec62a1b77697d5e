"""Cases over HTTP."""

from typing import Annotated

from fastapi import Path, Response, status
from sqlalchemy.orm import Session

from app.casework.cases import service
from app.casework.cases.models import Case, CaseDocument
from app.casework.cases.schemas import (
    DocumentIn,
    DocumentOut,
    MembersIn,
    StatementOut,
    StatementsOut,
)
from app.casework.cases.service import MembersChange
from app.casework.cases.wire import CaseIn, CaseOut, case_out
from app.casework.roles import MEMBER_ROLES
from app.http import Actor, Db, IfMatch, IfNoneMatch, Now, Once, Page, Paging, Router, etag, problems, requires
from app.people.grants.wire import GrantOut, GrantsOut
from app.people.staff.service import NotCertified, TeamUnknown
from app.problems import NotAnEnvelope, NotFound, StaleVersion
from app.vocabulary import CaseStage

router = Router("/cases", tag="cases")

Worker = Annotated[Actor, requires(*MEMBER_ROLES)]
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotAnEnvelope, service.CaseExists, service.MembersUnfit, NotCertified, TeamUnknown),
)
def open_case(database: Db, actor: Worker, once: Once, request: CaseIn, now: Now, response: Response) -> CaseOut:
    """Open a case of which the caller is a member, with its first document and a grant for each member."""
    with database.write() as session:
        case = once(
            session,
            actor.id,
            request,
            act=lambda: service.open_(session, actor, request.as_new(), now=now),
            again=lambda id_: service.get(session, actor, id_),
        )
        return _answer(session, case, response)


@router.get("")
def list_cases(database: Db, actor: Worker, paging: Paging, stage: CaseStage | None = None) -> Page[CaseOut]:
    """The cases that the caller may know of, the most urgent first."""
    with database.read() as session:
        visible = service.visible_to(actor)
        if stage is not None:
            visible = visible.where(Case.stage == stage)
        by = [Case.priority, Case.stage_entered, Case.id]
        return paging.page(session, visible, by=by, show=lambda case: case_out(session, case))


@router.get("/{case_id}", responses=problems(NotFound))
def get_case(database: Db, actor: Worker, case_id: str, _: IfNoneMatch, response: Response) -> CaseOut:
    """The state of the work on a case. What it is about is in its document."""
    with database.read() as session:
        return _answer(session, service.get(session, actor, case_id), response)


@router.get("/{case_id}/grants", responses=problems(NotFound))
def fetch_case_grants(database: Db, actor: Worker, case_id: str, now: Now) -> GrantsOut:
    """The caller's grants of the case key. The fetch is recorded."""
    with database.write() as session:
        grants = service.fetch_grants(session, actor, case_id, now=now)
        return GrantsOut(items=[GrantOut.model_validate(grant) for grant in grants])


@router.get("/{case_id}/document", responses=problems(NotFound))
def get_case_document(
    database: Db, actor: Worker, case_id: str, _: IfNoneMatch, now: Now, response: Response
) -> DocumentOut:
    """The case's newest document, for members and for whoever is asked to approve its coding. The fetch is recorded."""
    with database.write() as session:
        return _document(service.document(session, actor, case_id, now=now), response)


@router.put("/{case_id}/document", responses=problems(NotFound, NotAnEnvelope, StaleVersion))
def write_case_document(
    database: Db, actor: Worker, case_id: str, request: DocumentIn, seen: IfMatch, now: Now, response: Response
) -> DocumentOut:
    """Write the next version of the case's document, as a member. The old ones stay."""
    with database.write() as session:
        document = service.write_document(session, actor, case_id, request.document, seen=seen, now=now)
        return _document(document, response)


@router.get("/{case_id}/documents/{version}", responses=problems(NotFound))
def get_case_document_version(
    database: Db, actor: Worker, case_id: str, version: Version, _: IfNoneMatch, now: Now, response: Response
) -> DocumentOut:
    """One version of the case's document, for whoever may read the newest. The fetch is recorded."""
    with database.write() as session:
        return _document(service.document(session, actor, case_id, version, now=now), response)


@router.get("/{case_id}/members", responses=problems(NotFound))
def get_case_members(database: Db, actor: Worker, case_id: str, _: IfNoneMatch, response: Response) -> StatementsOut:
    """The chain of signed statements that say who is a member; the version of the last is the ETag."""
    with database.read() as session:
        chain = service.statements(session, actor, case_id)
        response.headers["ETag"] = etag(chain[-1].version)
        return StatementsOut(items=[StatementOut.model_validate(statement) for statement in chain])


@router.post(
    "/{case_id}/members",
    status_code=status.HTTP_201_CREATED,
    responses=problems(
        NotFound,
        NotAnEnvelope,
        StaleVersion,
        NotCertified,
        service.MembersUnfit,
        service.LastAuthor,
        service.SecondPersonNeeded,
    ),
)
def change_case_members(
    database: Db,
    actor: Worker,
    once: Once,
    case_id: str,
    request: MembersIn,
    seen: IfMatch,
    now: Now,
    response: Response,
) -> CaseOut:
    """Add or remove members, or hand the case on, with the statement that says so. The ETag of the chain is needed."""
    change = MembersChange(
        statement=request.statement,
        add=[grant.as_new() for grant in request.add],
        remove=request.remove,
        owner_id=request.owner,
        agree=request.agree,
    )
    with database.write() as session:
        case = once(
            session,
            actor.id,
            request,
            act=lambda: service.change_members(session, actor, case_id, change, seen=seen, now=now),
            again=lambda id_: service.get(session, actor, id_),
        )
        return _answer(session, case, response)


def _answer(session: Session, case: Case, response: Response) -> CaseOut:
    response.headers["ETag"] = etag(case.version)
    return case_out(session, case)


def _document(document: CaseDocument, response: Response) -> DocumentOut:
    response.headers["ETag"] = etag(document.version)
    return DocumentOut.model_validate(document)
