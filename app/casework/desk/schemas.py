"""The wire form of what waits for somebody."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from app.casework.desk.service import WaitKind
from app.vocabulary import Role


class WaitOut(BaseModel):
    """Something that waits for the caller; `due` is the last day on which it is in time, if there is one.

    `state` is that of a report or an approval, or the stage of a case.
    """

    model_config = ConfigDict(from_attributes=True)

    kind: WaitKind
    id: str
    state: str
    due: date | None


class DeskOut(BaseModel):
    """Who the caller is, and what waits for them, the earliest day first: at most 50, and whether there is `more`."""

    id: str
    roles: list[Role]
    items: list[WaitOut] = Field(max_length=50)
    more: bool
