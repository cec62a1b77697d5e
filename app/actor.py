"""Who acts: what the floor and every service need to know of a person."""

from dataclasses import dataclass
from datetime import date

from app.vocabulary import Role


@dataclass(frozen=True)
class Actor:
    """A signed-in person, as they were when the request began, on the day `today`."""

    id: str
    roles: frozenset[Role]
    team_id: str | None
    today: date
