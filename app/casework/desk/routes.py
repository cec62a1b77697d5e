"""What waits for the caller, over HTTP."""

from app.casework.desk import service
from app.casework.desk.schemas import DeskOut, WaitOut
from app.http import Actor, Db, IfNoneMatch, Router

router = Router("", tag="people")


@router.get("/me")
def get_me(database: Db, actor: Actor, _: IfNoneMatch) -> DeskOut:
    """Who the caller is, what waits for them, and until which day."""
    with database.read() as session:
        found, more = service.of(session, actor)
        items = [WaitOut.model_validate(each) for each in found]
        return DeskOut(id=actor.id, roles=sorted(actor.roles), items=items, more=more)
