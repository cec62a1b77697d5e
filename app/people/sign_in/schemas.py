"""The wire form of sessions."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.people.wire import KeySignature, Password


class SignInIn(BaseModel):
    """`person` is an id or a handle."""

    model_config = ConfigDict(extra="forbid")

    person: Annotated[str, Field(max_length=64)]
    password: Annotated[str, Field(max_length=1024, repr=False)]


class SignInOut(BaseModel):
    """The token of a new session, and whose it is. It is told this once.

    `copy_sha256` is of the copy of their keys that is here, null where there is none.
    """

    token: str
    person: str
    copy_sha256: str | None


class SessionOut(BaseModel):
    """A session of one's own: on which day it began, in which hour it ends, and whether this request is in it."""

    id: str
    begun_on: date
    expires: datetime
    is_current: bool


class SessionsOut(BaseModel):
    """Those that have not ended; few, so in one answer. The newest stands last."""

    items: list[SessionOut]


class ChallengeIn(BaseModel):
    """`person` is an id or a handle."""

    model_config = ConfigDict(extra="forbid")

    person: Annotated[str, Field(max_length=64)]


class ChallengeOut(BaseModel):
    """What is to be signed with the person's key, within minutes and once."""

    challenge: str


class PasswordIn(BaseModel):
    """A new password, under the person's signature over `tern/v1/password` LF and a challenge of theirs."""

    model_config = ConfigDict(extra="forbid")

    person: Annotated[str, Field(max_length=64)]
    challenge: Annotated[str, Field(max_length=128)]
    signature: KeySignature
    password: Password
