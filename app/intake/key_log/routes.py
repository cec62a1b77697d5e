"""The public key log, for anyone; and for supervisors its next entry."""

from typing import Annotated

from fastapi import Query, Response, status

from app.http import (
    LOG_PAGE,
    Actor,
    Db,
    Now,
    Once,
    Page,
    Paging,
    Router,
    ServiceKeyring,
    Today,
    log_page,
    problems,
    requires,
    shared,
)
from app.intake.epochs.service import EpochWithoutHolders
from app.intake.key_log import proposals, service
from app.intake.key_log.models import RootProposal
from app.intake.key_log.proposals import Proposal
from app.intake.key_log.schemas import (
    EntryOut,
    IntakeOut,
    KeptOut,
    LogEntriesIn,
    ProposalIn,
    ProposalOut,
    ServiceKeyOut,
)
from app.intake.key_log.service import NewEntry
from app.people.pairs.service import PairsUnfit
from app.people.staff import service as staff
from app.people.staff.service import NoRootYet, NotCertified, NotCertifying, newest_root
from app.people.staff.state import People
from app.problems import NotAnEnvelope, NotFound, StaleVersion
from app.protocol.encoding import b64
from app.vocabulary import Role

router = Router(tag="key log")

Supervisor = Annotated[Actor, requires(Role.SUPERVISOR)]
SharedState = Annotated[People, shared(People)]


@router.get("/intake", responses=problems(service.NotOpen))
def get_intake(database: Db, keyring: ServiceKeyring, today: Today) -> IntakeOut:
    """The root, the present intake document, and the signed head of the key log."""
    with database.read() as session:
        return IntakeOut.model_validate(service.opening(session, keyring, today))


@router.get("/key-log", response_class=Response, responses=LOG_PAGE)
def read_key_log(database: Db, first: Annotated[int, Query(alias="from", ge=1, le=2**31 - 1)] = 1) -> Response:
    """Lines of the key log from a number on, at most a thousand."""
    with database.read() as session:
        lines = service.lines(session, first=first)
    return log_page(lines, most=service.PAGE)


@router.post(
    "/key-log",
    status_code=status.HTTP_201_CREATED,
    responses=problems(
        service.NotALogEntry,
        EpochWithoutHolders,
        NotAnEnvelope,
        NotCertified,
        NotCertifying,
        PairsUnfit,
        StaleVersion,
    ),
)
def extend_key_log(
    database: Db, actor: Supervisor, keyring: ServiceKeyring, once: Once, request: LogEntriesIn, now: Now
) -> EntryOut:
    """Add documents to the key log. The first is the root, before which nothing else is taken."""
    new = [
        NewEntry(each.document, [grant.as_new() for grant in each.grants], [pair.as_new() for pair in each.pairs])
        for each in request.entries
    ]
    with database.write() as session:
        entry = once(
            session,
            actor.id,
            request,
            act=lambda: service.extend(session, actor, new, keyring, now=now),
            again=lambda id_: service.added(session, id_),
        )
        return EntryOut.model_validate(entry)


@router.get("/root-proposals")
def list_root_proposals(database: Db, _: Actor, paging: Paging) -> Page[ProposalOut]:
    """What is proposed as the next root or as lost, with the signatures that were gathered."""
    with database.read() as session:
        return paging.page(
            session,
            proposals.every(),
            by=[RootProposal.sha256],
            show=lambda row: ProposalOut.of(proposals.read(session, row)),
        )


@router.post(
    "/root-proposals",
    status_code=status.HTTP_201_CREATED,
    responses=problems(proposals.NotARootProposal, service.NotALogEntry, NotCertifying, NotFound, StaleVersion),
)
def propose_root(
    state: SharedState, database: Db, actor: Actor, once: Once, request: ProposalIn, now: Now
) -> ProposalOut:
    """Propose the next root or a loss, or add signatures to what is proposed. With the last that it lacks it counts.

    Signatures of keys that the newest root lists decide, and not who brings them: whoever has signed in may. Whom it
    lists no more is signed in no longer, and holds no key that came with it.
    """

    def act() -> Proposal:
        before = staff.on_root(session)
        proposal = proposals.gather(session, actor, request.document, request.kept, now=now)
        for person in sorted(before - staff.on_root(session)):
            roles = staff.roles_of(session, staff.get(session, person), now.date())
            for end in state.dropped:
                end(session, staff.Standing(actor, person, roles, now))
        return proposal

    with database.write() as session:
        proposal = once(session, actor.id, request, act=act, again=lambda id_: proposals.get(session, id_))
        return ProposalOut.of(proposal)


@router.get("/root-kept", responses=problems(NoRootYet))
def get_root_kept(database: Db, _: Actor) -> KeptOut:
    """The list that the newest root names: what it keeps of those who are on it no more, by hash."""
    with database.read() as session:
        return KeptOut(hashes=(newest_root(session).kept or "").split())


@router.get("/service-key")
def get_service_key(_: Supervisor, keyring: ServiceKeyring) -> ServiceKeyOut:
    """The key with which the service signs. It counts once a supervisor has certified it in the log."""
    return ServiceKeyOut(key=b64(service.service_key(keyring)))
