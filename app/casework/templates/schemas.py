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
    """The newest version, and the shared key under which it lies."""

    version: int
    key: str
    file: SealedTemplates
