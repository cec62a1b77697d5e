"""The wire form of what is not read yet."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class NewsOut(BaseModel):
    """A report whose reporter posted what the caller has not read, and what that was by what its sender called it."""

    id: str
    case: str | None
    wrote: bool
    changed_consent: bool
    took_back: bool


class ReadIn(BaseModel):
    """How many posts of the report the caller was shown."""

    model_config = ConfigDict(extra="forbid")

    posts: Annotated[int, Field(ge=0, le=2**31 - 1)]


class ReadOut(BaseModel):
    """The report, of which all is read now."""

    id: str
