"""Cases over HTTP."""

from typing import Annotated

from fastapi import Path, Query, Response, status
from sqlalchemy.orm import Session

from app.casework.cases import listing, service
from app.casework.cases.holders import HoldersUnfit
from app.casework.cases.journal import PartsUnfit
from app.casework.cases.listing import NotListedSo, Wanted
from app.casework.cases.membership import MembersChange, MembersUnfit, SecondPersonNeeded
from app.casework.cases.models import Case
from app.casework.cases.schemas import (
    CasePartOut,
    ContentsOut,
    EntriesIn,
    JournalEntryOut,
    JournalOut,
    PartKeyOut,
    RecoveryEntryIn,
    VersionsOut,
)
from app.casework.cases.turning import TurnFirst
from app.casework.cases.wire import PART_ID, CaseIn, CaseOut, case_out, cases_out
from app.casework.roles import MEMBER_ROLES
from app.http import (
    Actor,
    Count,
    CountedPage,
    Db,
    IfMatch,
    IfNoneMatch,
    Now,
    Once,
    Paging,
    Router,
    counted_among,
    etag,
    problems,
    requires,
)
from app.people.grants import service as grants
from app.people.grants.wire import GrantIn, GrantOut
from app.people.pairs import service as pairs
from app.people.pairs.service import PairsUnfit
from app.people.pairs.wire import RecoveryOut
from app.people.staff.service import NotCertified, TeamUnknown
from app.problems import NotAnEnvelope, NotFound, StaleVersion
from app.protocol.labels import Label
from app.protocol.lists import CaseOrder
from app.vocabulary import CaseStage, HandlingMark, Priority, Role

router = Router("/cases", tag="cases")

Custodian = Annotated[Actor, requires(Role.CUSTODIAN)]
Worker = Annotated[Actor, requires(*MEMBER_ROLES)]
PartId = Annotated[str, Path(pattern=PART_ID)]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses=problems(
        *(NotAnEnvelope, service.CaseExists, MembersUnfit, PartsUnfit, HoldersUnfit, NotCertified, PairsUnfit),
        TeamUnknown,
    ),
)
def open_case(database: Db, actor: Worker, once: Once, request: CaseIn, now: Now, response: Response) -> CaseOut:
    """Open a case of which the caller is a member, with the first entry of its journal and a grant for each member."""
    with database.write() as session:
        case = once(
            session,
            actor.id,
            request,
            act=lambda: service.open_(session, actor, request.as_new(), now=now),
            again=lambda id_: service.get(session, actor, id_),
        )
        return _answer(session, case, response)


@router.get("", responses=problems(NotListedSo))
def list_cases(
    database: Db,
    actor: Worker,
    paging: Paging,
    stage: Annotated[list[CaseStage] | None, Query()] = None,
    priority: Annotated[list[Priority] | None, Query()] = None,
    label: Annotated[list[Label] | None, Query()] = None,
    handling: Annotated[list[HandlingMark] | None, Query()] = None,
    sort: CaseOrder = CaseOrder.URGENCY,
    count: Count = None,
) -> CountedPage[CaseOut]:
    """The cases that the caller may know of, the most urgent first, or in another order.

    Those at any of the stages, of any of the priorities, with any of the labels, and held as closely as any of the
    marks says. `sort` gives another order: the one that is longest at its stage first (`stage_entered`), or last
    (`-stage_entered`); of those alone of which a week is set, the one that is looked at again soonest first
    (`next_review`); of those alone of which a clock runs, the one that is due next (`due`). Not every filter goes with
    every order, nor many values of several at once.
    """
    wanted = Wanted(
        frozenset(stage or ()), frozenset(priority or ()), frozenset(label or ()), frozenset(handling or ()), order=sort
    )
    with database.read() as session:
        visible, among = service.visible_to(actor), listing.ranges(actor, wanted)
        page = paging.page(
            session,
            visible,
            by=listing.place(sort),
            show=lambda case: case,
            newest=sort is CaseOrder.NEWEST,
            among=among,
            only=wanted.has,
        )
        counted = counted_among(session, visible, Case.id, among, wanted.has) if count else None
        return CountedPage(items=cases_out(session, page.items), next=page.next, prev=page.prev, count=counted)


@router.get("/{case_id}", responses=problems(NotFound))
def get_case(database: Db, actor: Worker, case_id: str, _: IfNoneMatch, response: Response) -> CaseOut:
    """The state of the work on a case. What it is about is in its parts."""
    with database.read() as session:
        return _answer(session, service.get(session, actor, case_id), response)


@router.get("/{case_id}/contents", responses=problems(NotFound))
def get_case_contents(
    database: Db,
    actor: Worker,
    case_id: str,
    now: Now,
    *,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    summed_up: bool = False,
) -> ContentsOut:
    """All that opens a case, for its members and for whoever is lent its key, with one event in the audit chain.

    With `after`, the number of an entry that the caller has, the journal begins behind it. With `summed_up` it begins
    at the entry that made the newest checkpoint, where there is one, which comes with it.
    """
    with database.write() as session:
        found, keys, part_keys = service.contents(session, actor, case_id, after=after, summed_up=summed_up, now=now)
        return ContentsOut(
            grants=[GrantOut.model_validate(each) for each in keys],
            entries=[JournalEntryOut.model_validate(each) for each in found.entries],
            parts=[CasePartOut.model_validate(each) for each in found.parts],
            part_keys=[PartKeyOut.model_validate(each) for each in part_keys],
            checkpoint=found.checkpoint,
        )


@router.get("/{case_id}/parts/{part_id}", responses=problems(NotFound))
def get_case_part(database: Db, actor: Worker, case_id: str, part_id: PartId, now: Now) -> VersionsOut:
    """Every version of one part, for whoever may open the case. The fetch is recorded."""
    with database.write() as session:
        versions = service.versions(session, actor, case_id, part_id, now=now)
        return VersionsOut(items=[CasePartOut.model_validate(each) for each in versions])


@router.post(
    "/{case_id}/parts/{part_id}/grants",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, NotAnEnvelope, NotCertified, HoldersUnfit),
)
def grant_part_key(
    database: Db, actor: Worker, once: Once, case_id: str, part_id: PartId, request: GrantIn, now: Now
) -> GrantOut:
    """A holder of a part's own key grants it to one member more: whom the owner names, or the owner."""
    with database.write() as session:
        grant = once(
            session,
            actor.id,
            request,
            act=lambda: service.grant_part_key(session, actor, case_id, part_id, request.as_new(), now=now),
            again=lambda id_: grants.get(session, id_),
        )
        return GrantOut.model_validate(grant)


@router.post(
    "/{case_id}/entries",
    status_code=status.HTTP_201_CREATED,
    responses=problems(
        NotFound,
        NotAnEnvelope,
        StaleVersion,
        NotCertified,
        PartsUnfit,
        HoldersUnfit,
        MembersUnfit,
        SecondPersonNeeded,
        PairsUnfit,
        TurnFirst,
    ),
)
def write_case(
    database: Db,
    actor: Worker,
    once: Once,
    case_id: str,
    request: EntriesIn,
    seen: IfMatch,
    now: Now,
    response: Response,
) -> CaseOut:
    """Write parts and the entries that name them, as a member, and with them who is a member from now on.

    The number of the newest entry is the ETag that is needed.
    """
    change = MembersChange(
        add=[grant.as_new() for grant in request.add],
        remove=request.remove,
        owner_id=request.owner,
        confirm=request.confirm,
    )
    with database.write() as session:
        case = once(
            session,
            actor.id,
            request,
            act=lambda: service.write(session, actor, case_id, request.as_writing(), change, seen=seen, now=now),
            again=lambda id_: service.get(session, actor, id_),
        )
        return _answer(session, case, response)


@router.get("/{case_id}/recoveries/{recovery_id}/journal", responses=problems(NotFound))
def get_journal_for_recovery(database: Db, actor: Custodian, case_id: str, recovery_id: str, now: Now) -> JournalOut:
    """The journal of a case whose key another custodian has peeled for the caller. None of its parts is given."""
    with database.write() as session:
        found, older = service.journal_for_recovery(session, actor, case_id, recovery_id, now=now)
        return JournalOut(
            grants=[GrantOut.model_validate(each) for each in older],
            entries=[JournalEntryOut.model_validate(each) for each in found.entries],
        )


@router.post(
    "/{case_id}/recoveries/{recovery_id}/entries",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, NotAnEnvelope, StaleVersion, NotCertified, MembersUnfit, HoldersUnfit),
)
def recover_case(
    database: Db,
    actor: Custodian,
    once: Once,
    case_id: str,
    recovery_id: str,
    request: RecoveryEntryIn,
    seen: IfMatch,
    now: Now,
) -> RecoveryOut:
    """The first custodian makes those members for whom the second has peeled the key, and grants it to them.

    The number of the newest entry is the ETag that is needed.
    """
    with database.write() as session:
        recovery = once(
            session,
            actor.id,
            request,
            act=lambda: service.recover(
                session,
                actor,
                case_id,
                recovery_id,
                request.entry,
                [grant.as_new() for grant in request.add],
                {each.part: [grant.as_new() for grant in each.grants] for each in request.parts},
                seen=seen,
                now=now,
            ),
            again=lambda id_: pairs.get(session, id_),
        )
        return RecoveryOut.model_validate(recovery)


def _answer(session: Session, case: Case, response: Response) -> CaseOut:
    response.headers["ETag"] = etag(case.version)
    return case_out(session, case)
