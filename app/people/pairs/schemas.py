"""The wire form of pairs and of what is recovered by them."""

from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.http.sealed_json import SealedGrant, sealed
from app.http.wire import CaseId
from app.people.grants.wire import GrantIn
from app.people.pairs.service import NewPeeled
from app.people.pairs.wire import Pairs, RecoveryOut, SealedPair
from app.protocol.pairs import MOST_RECOVERED, MOST_WITH_IT

SealedRecovery = Annotated[bytes, *sealed("recovery")]

# Of an epoch, of a shared key, of a case, or of a part of one.
_SUBJECT = r"^(epoch|key|case|part)_[0-9a-f]{32}$"
_PAIR = r"^pair_[0-9a-f]{32}$"


class PairsIn(BaseModel):
    """All pairs of a key that the caller holds, in the place of those that there are; of a part's with its case."""

    model_config = ConfigDict(extra="forbid")

    subject: Annotated[str, Field(pattern=_SUBJECT)]
    generation: Annotated[int, Field(ge=1, le=2**31 - 1)]
    pairs: Pairs
    case: CaseId | None = None

    @model_validator(mode="after")
    def _has_a_case_where_it_is_of_a_part(self) -> Self:
        if self.subject.startswith("part_") != (self.case is not None):
            raise ValueError("the key of a part, and no other, comes with its case")
        return self


class PairsOut(BaseModel):
    """How many there are of the key now."""

    model_config = ConfigDict(from_attributes=True)

    subject: str
    number: int


class PairOut(BaseModel):
    """A pair whose second custodian the caller is; `case` is of the key of a part, which is peeled with its case's."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    subject: str
    case: str | None = Field(validation_alias="case_id")
    generation: int
    first: str = Field(validation_alias="first_id")
    second: str = Field(validation_alias="second_id")
    made_on: date


class PairFileOut(PairOut):
    """The same with what the second custodian opens."""

    file: SealedPair


class PeeledPartIn(BaseModel):
    """What the second custodian peeled of the pair of a part."""

    model_config = ConfigDict(extra="forbid")

    pair: Annotated[str, Field(pattern=_PAIR)]
    file: SealedGrant

    def as_new(self) -> NewPeeled:
        return NewPeeled(self.pair, self.file)


class RecoveryIn(PeeledPartIn):
    """What the second custodian peeled of a pair, for the first, and the act that they signed, sealed to that one.

    Of a case, `parts` are what they peeled of those of its parts that have keys of their own, and `until` is the last
    day for which it is given, where the act has one.
    """

    act: SealedRecovery
    until: date | None = None
    parts: Annotated[list[PeeledPartIn], Field(max_length=MOST_WITH_IT)] = []


class PeeledPartOut(BaseModel):
    """What was peeled of the key of a part."""

    model_config = ConfigDict(from_attributes=True)

    part: str = Field(validation_alias="subject")
    file: SealedGrant


class PeeledOut(BaseModel):
    """What waits for the first custodian: the act, and the files that only they open."""

    recovery: RecoveryOut
    act: SealedRecovery
    file: SealedGrant
    parts: list[PeeledPartOut]


class HoldingOut(BaseModel):
    """An object whose key the person holds, whether nobody else does who is certified, and whether two custodians can
    give it to somebody.
    """

    object: str
    alone: bool
    in_pairs: bool


class HoldingsOut(BaseModel):
    """All that a person holds the keys of."""

    items: list[HoldingOut]


class RecoveredIn(BaseModel):
    """The key, sealed by the first custodian to those whom the act of the second names."""

    model_config = ConfigDict(extra="forbid")

    grants: Annotated[list[GrantIn], Field(min_length=1, max_length=MOST_RECOVERED)]
