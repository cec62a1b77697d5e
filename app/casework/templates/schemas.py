"""The wire form of templates of answers."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.http.sealed_json import sealed
from app.http.wire import Id

SealedTemplates = Annotated[bytes, *sealed("templates")]
MOST = 2**31 - 1


class TemplatesIn(BaseModel):
    """The version that follows the last, sealed to the key of the desk that is used today."""

    model_config = ConfigDict(extra="forbid")

    version: Annotated[int, Field(ge=1, le=MOST)]
    key: Id
    file: SealedTemplates


class TemplatesOut(BaseModel):
    """The newest version, the shared key under which it lies, and the hash that the next one follows.

    `sealed_file` is null for who holds the key of today and not that one: a supervisor who holds both seals them anew.
    """

    model_config = ConfigDict(from_attributes=True)

    version: int
    key: str
    sha256: str
    sealed_file: SealedTemplates | None
