"""The wire form of consents."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.http.sealed_json import SealedConsent
from app.vocabulary import ConsentMethod, ConsentStatus


class ConsentIn(BaseModel):
    """An answer of one person in a case. Both ids are random and say nothing outside of it.

    `number` counts the answers of the consent id: the sealed one has it too, as its version.
    """

    model_config = ConfigDict(extra="forbid")

    person: Annotated[str, Field(pattern=r"^psn_[0-9a-f]{32}$")]
    consent: Annotated[str, Field(pattern=r"^cons_[0-9a-f]{32}$")]
    number: Annotated[int, Field(ge=1, le=2**31 - 1)]
    status: ConsentStatus
    method: ConsentMethod
    file: SealedConsent


class ConsentOut(BaseModel):
    """Of one consent id, the answer with the highest number counts."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    person: str = Field(validation_alias="person_id")
    consent: str = Field(validation_alias="consent_id")
    number: int
    status: ConsentStatus
    method: ConsentMethod
    file: SealedConsent
