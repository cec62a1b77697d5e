"""What would be lost with somebody, for who ends their keys."""

from typing import Annotated

from app.http import Actor, Db, Now, Router, problems, requires
from app.people.grants import service
from app.people.grants.schemas import HoldingOut, HoldingsOut
from app.people.staff import service as staff
from app.problems import NotFound
from app.vocabulary import Role

router = Router("/people/{person_id}/holdings", tag="people")

Supervisor = Annotated[Actor, requires(Role.SUPERVISOR)]


@router.get("", responses=problems(NotFound))
def list_holdings(database: Db, _: Supervisor, person_id: str, now: Now) -> HoldingsOut:
    """The objects whose keys somebody holds for good, and which of these nobody else holds: all in one answer."""
    with database.read() as session:
        person = staff.get(session, person_id)
        held = service.holdings(session, person.id, now.date())
        return HoldingsOut(items=[HoldingOut(object=subject, alone=alone) for subject, alone in held])
