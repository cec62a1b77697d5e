"""How the service says how it is, and what comes to an end."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from app.protocol.duties import DutyKind
from app.protocol.ends import Ending


class JobOut(BaseModel):
    """A job of the calendar, and when it ran to its end last."""

    name: str
    turn: str = Field(description="A UTC day, or a day and an hour of it: 2026-06-15T09.")


class HealthOut(BaseModel):
    """`ok` or `not`; the rest is for supervisors and operators alone."""

    status: Literal["ok", "not"]
    disk_free_bytes: int | SkipJsonSchema[None] = Field(None, description="What is left where files are kept.")
    disk_bytes: int | SkipJsonSchema[None] = Field(None, description="How large that disk is.")
    epoch_days_left: int | None = Field(
        None, description="Days for which intake is signed without a gap, with today; null where it is not for today."
    )
    first_lapses_after: date | None = Field(
        None, description="The last day to decide about the oldest report that waits; null before its epoch's fourth."
    )
    swept_on: date | None = Field(None, description="The day on which all that was due was last destroyed.")
    keys_missing: int | None = Field(
        None, description="Of how many sealed rows the shred key is missing; null where none are kept or were counted."
    )
    keys_copied_on: date | None = Field(
        None, description="The day of the last copy of all shred keys, if there is one."
    )
    destruction_waits: bool | SkipJsonSchema[None] = Field(
        None, description="Whether nothing is destroyed by date, because the machine's clock cannot be believed."
    )
    jobs: list[JobOut] | SkipJsonSchema[None] = Field(None, description="What runs once a day or hour, by name.")


class DutyOut(BaseModel):
    """What the caller could do about an object, and since when it waits: a hint, which their client checks."""

    model_config = ConfigDict(from_attributes=True)

    kind: DutyKind
    object: str
    whom: str | None = Field(validation_alias="person", description="For whom it is to be done, where it is for one.")
    since: date


class DutiesOut(BaseModel):
    """What waits for the caller's keys, the oldest first."""

    items: list[DutyOut]


class EndOut(BaseModel):
    """Something that ends after `day`; of `destruction`, which waits, it is the last day that was believed."""

    model_config = ConfigDict(from_attributes=True)

    what: Ending
    day: date
    of: str | None = Field(description="The handle of whom a certificate is of, where that is somebody else.")


class EndsOut(BaseModel):
    """What the person who asks is told, the next first."""

    items: list[EndOut]
