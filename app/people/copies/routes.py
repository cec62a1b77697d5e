"""The copy of one's own keys."""

from app.http import Actor, Db, Now, Router, problems
from app.people.copies import service
from app.people.copies.schemas import CopyIn, CopyOut
from app.problems import NotAnEnvelope, NotFound

router = Router("/copy", tag="copies")


@router.put("", responses=problems(NotAnEnvelope, service.NotTheirSignature, service.CopyReplaced))
def keep_copy(database: Db, actor: Actor, request: CopyIn, now: Now) -> CopyOut:
    """Keep a copy of one's own keys, in the place of the one before. Sent again, it changes nothing."""
    with database.write() as session:
        kept = service.keep(session, actor, file=request.file, signature=request.signature, now=now)
        return CopyOut.model_validate(kept)


@router.get("", responses=problems(NotFound))
def fetch_copy(database: Db, actor: Actor, now: Now) -> CopyOut:
    """The copy of one's own keys, under the present sheet. The fetch is recorded."""
    with database.write() as session:
        return CopyOut.model_validate(service.fetch(session, actor.id, now=now))
