"""How the service says how it is."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema


class HealthOut(BaseModel):
    """`ok` or `not`; the rest is for supervisors and operators alone."""

    status: Literal["ok", "not"]
    disk_free_bytes: int | SkipJsonSchema[None] = Field(None, description="What is left where files are kept.")
    disk_bytes: int | SkipJsonSchema[None] = Field(None, description="How large that disk is.")
    epoch_days_left: int | None = Field(
        None, description="Days on which the newest intake epoch takes reports, with today; null where none does."
    )
    swept_on: date | None = Field(None, description="The day on which all that was due was last destroyed.")
    destruction_waits: bool | SkipJsonSchema[None] = Field(
        None, description="Whether nothing is destroyed by date, because the machine's clock cannot be believed."
    )
