"""The wire form of sessions."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


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
