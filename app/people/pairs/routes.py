"""Custodian pairs over HTTP, and what is recovered by them."""

from typing import Annotated

from fastapi import status

from app.http import Actor, Db, Now, Once, Page, Paging, Router, problems, requires, shared
from app.people.pairs import service
from app.people.pairs.models import Pair, Recovery
from app.people.pairs.schemas import (
    HoldingOut,
    HoldingsOut,
    PairFileOut,
    PairOut,
    PairsIn,
    PairsOut,
    PeeledOut,
    PeeledPartOut,
    RecoveredIn,
    RecoveryIn,
)
from app.people.pairs.state import Recoverables
from app.people.pairs.wire import RecoveryOut
from app.people.staff import service as staff
from app.people.staff.service import NotCertified
from app.problems import NotAnEnvelope, NotFound, StaleVersion
from app.vocabulary import Role

router = Router(tag="custodian pairs")

Holder = Annotated[Actor, requires(Role.TRIAGER, Role.CASEWORKER, Role.SUPERVISOR)]
Custodian = Annotated[Actor, requires(Role.CUSTODIAN)]
Colleague = Annotated[Actor, requires(*Role)]
Supervisor = Annotated[Actor, requires(Role.SUPERVISOR)]
SharedState = Annotated[Recoverables, shared(Recoverables)]


@router.get("/people/{person_id}/holdings", responses=problems(NotFound))
def list_holdings(database: Db, _: Supervisor, person_id: str, now: Now) -> HoldingsOut:
    """The objects whose keys somebody holds for good, which of these nobody else holds, and which two custodians can
    give to somebody: all in one answer.
    """
    with database.read() as session:
        held = service.holdings(session, staff.get(session, person_id).id, now.date())
        return HoldingsOut(items=[HoldingOut(object=each, alone=alone, in_pairs=two) for each, alone, two in held])


@router.post(
    "/pairs",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, NotAnEnvelope, StaleVersion, service.PairsUnfit),
)
def make_pairs(database: Db, actor: Holder, once: Once, request: PairsIn, now: Now) -> PairsOut:
    """A holder of a key makes all its pairs anew, as custodians came and went."""
    with database.write() as session:
        kept = once(
            session,
            actor.id,
            request,
            act=lambda: service.make_anew(
                session,
                actor,
                [pair.as_new() for pair in request.pairs],
                subject=request.subject,
                generation=request.generation,
                case_id=request.case,
                now=now,
            ),
            again=lambda subject: service.kept(session, subject),
        )
        return PairsOut.model_validate(kept)


@router.get("/pairs")
def list_pairs(database: Db, actor: Custodian, paging: Paging) -> Page[PairOut]:
    """The pairs whose second custodian the caller is."""
    with database.read() as session:
        return paging.page(session, service.listed(actor), by=[Pair.id], show=PairOut.model_validate)


@router.get("/pairs/{pair_id}", responses=problems(NotFound))
def fetch_pair(database: Db, actor: Custodian, pair_id: str, now: Now) -> PairFileOut:
    """One of them, to look whether it opens or to peel it. The fetch is recorded."""
    with database.write() as session:
        return PairFileOut.model_validate(service.fetch(session, actor, pair_id, now=now))


@router.post(
    "/recoveries",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, NotAnEnvelope, NotCertified, service.PairsUnfit),
)
def peel_pair(database: Db, actor: Custodian, once: Once, request: RecoveryIn, now: Now) -> RecoveryOut:
    """The second custodian of a pair hands what they peeled to the first, with the act that says for whom it is."""
    with database.write() as session:
        recovery = once(
            session,
            actor.id,
            request,
            act=lambda: service.peel(
                session,
                actor,
                request.as_new(),
                act=request.act,
                parts=[each.as_new() for each in request.parts],
                until=request.until,
                now=now,
            ),
            again=lambda id_: service.get(session, id_),
        )
        return RecoveryOut.model_validate(recovery)


@router.get("/recoveries")
def list_recoveries(database: Db, actor: Colleague, paging: Paging) -> Page[RecoveryOut]:
    """What was recovered, the newest first: supervisors see all, others what they take part in or hold the key of."""
    with database.read() as session:
        by = [Recovery.peeled_on, Recovery.id]
        return paging.page(session, service.visible_to(actor), by=by, show=RecoveryOut.model_validate, newest=True)


@router.get("/recoveries/{recovery_id}", responses=problems(NotFound))
def fetch_peeled(database: Db, actor: Custodian, recovery_id: str, now: Now) -> PeeledOut:
    """What waits for the caller as the first custodian, for 14 days. The fetch is recorded."""
    with database.write() as session:
        peeled = service.fetch_peeled(session, actor, recovery_id, now=now)
        shown = RecoveryOut.model_validate(peeled.recovery)
        parts = [PeeledPartOut.model_validate(each) for each in peeled.parts]
        return PeeledOut(recovery=shown, act=peeled.act, file=peeled.file, parts=parts)


@router.post(
    "/recoveries/{recovery_id}/grants",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, NotAnEnvelope, NotCertified),
)
def grant_recovered(
    database: Db,
    state: SharedState,
    actor: Custodian,
    once: Once,
    recovery_id: str,
    request: RecoveredIn,
    now: Now,
) -> RecoveryOut:
    """The first custodian grants the key to those whom the act of the second names."""
    with database.write() as session:
        recovery = once(
            session,
            actor.id,
            request,
            act=lambda: service.recover(
                session,
                actor,
                recovery_id,
                [grant.as_new() for grant in request.grants],
                recoverable=state.recoverable,
                now=now,
            ),
            again=lambda id_: service.get(session, id_),
        )
        return RecoveryOut.model_validate(recovery)
