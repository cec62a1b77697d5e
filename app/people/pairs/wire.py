"""The wire form of pairs, for every package whose objects have a key."""

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
