"""The wire form of what two have agreed to end."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.casework.agreed_ends.service import AgreedEnd
from app.casework.cases.wire import PART_ID
from app.http.sealed_json import SealedEntry

MOST_PARTS = 500
MOST_PEOPLE = 20


class EndedPartIn(BaseModel):
    """A part that ends, and its newest version by the journal: a newer one ends by no older word."""

    model_config = ConfigDict(extra="forbid")

    part: Annotated[str, Field(pattern=PART_ID)]
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]


class AgreedEndIn(BaseModel):
    """`entries` say in the journal that `parts` end, and another person has signed for all of these.

    Of `people`, ids of the sealed case that the same person signed for, the answers go too.
    """

    model_config = ConfigDict(extra="forbid")

    entries: Annotated[list[SealedEntry], Field(min_length=1, max_length=100)]
    parts: Annotated[list[EndedPartIn], Field(min_length=1, max_length=MOST_PARTS)]
    people: Annotated[list[Annotated[str, Field(pattern=r"^psn_[0-9a-f]{32}$")]], Field(max_length=MOST_PEOPLE)] = []

    def as_new(self) -> AgreedEnd:
        return AgreedEnd(self.entries, {each.part: each.version for each in self.parts}, self.people)
