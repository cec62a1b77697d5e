"""The wire form of pairs and of what is recovered by them."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.http.sealed_json import SealedGrant, sealed
from app.people.grants.wire import GrantIn
from app.people.pairs.wire import Pairs, RecoveryOut, SealedPair
from app.protocol.pairs import MOST_RECOVERED

SealedRecovery = Annotated[bytes, *sealed("recovery")]

# Of an epoch, of a shared key or of a case.
_SUBJECT = r"^(epoch|key|case)_[0-9a-f]{32}$"


class PairsIn(BaseModel):
    """All pairs of a key that the caller holds, in the place of those that there are."""

    model_config = ConfigDict(extra="forbid")

    subject: Annotated[str, Field(pattern=_SUBJECT)]
    generation: Annotated[int, Field(ge=1, le=2**31 - 1)]
    pairs: Pairs


class PairsOut(BaseModel):
    """How many there are of the key now."""

    model_config = ConfigDict(from_attributes=True)

    subject: str
    number: int


class PairOut(BaseModel):
    """A pair whose second custodian the caller is."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    subject: str
    generation: int
    first: str = Field(validation_alias="first_id")
    second: str = Field(validation_alias="second_id")
    made_on: date


class PairFileOut(PairOut):
    """The same with what the second custodian opens."""

    file: SealedPair


class RecoveryIn(BaseModel):
    """What the second custodian peeled of a pair, for the first, and the act that they signed, sealed to that one."""

    model_config = ConfigDict(extra="forbid")

    pair: Annotated[str, Field(pattern=r"^pair_[0-9a-f]{32}$")]
    act: SealedRecovery
    file: SealedGrant


class PeeledOut(BaseModel):
    """What waits for the first custodian: the act, and the file that only they open."""

    recovery: RecoveryOut
    act: SealedRecovery
    file: SealedGrant


class RecoveredIn(BaseModel):
    """The key, sealed by the first custodian to those whom the act of the second names."""

    model_config = ConfigDict(extra="forbid")

    grants: Annotated[list[GrantIn], Field(min_length=1, max_length=MOST_RECOVERED)]
