"""The wire form of pairs and recoveries, for every package whose objects have a key."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.http.sealed_json import sealed
from app.http.wire import PersonId
from app.people.pairs.service import NewPair
from app.protocol.pairs import MOST_PAIRS

SealedPair = Annotated[bytes, *sealed("pair")]


class PairIn(BaseModel):
    """A key that the caller's client has sealed to the second custodian, in what it has sealed to the first."""

    model_config = ConfigDict(extra="forbid")

    first: PersonId
    second: PersonId
    file: SealedPair

    def as_new(self) -> NewPair:
        return NewPair(self.first, self.second, self.file)


Pairs = Annotated[list[PairIn], Field(max_length=MOST_PAIRS)]


class RecoveryOut(BaseModel):
    """That a key was peeled by one custodian for another, since when others have it by them, and until which day."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    subject: str
    generation: int
    first: str = Field(validation_alias="first_id")
    second: str = Field(validation_alias="second_id")
    peeled_on: date
    granted_on: date | None
    until: date | None
