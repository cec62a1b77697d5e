"""The wire form of policies of clocks."""

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator

from app.casework.clocks.policy import ALLOWANCE
from app.protocol.case import REVIEWED_WITHIN
from app.vocabulary import Priority

Allowance = Annotated[str, Field(pattern=ALLOWANCE)]
Weekday = Annotated[StrictInt, Field(ge=1, le=7)]


class Office(BaseModel):
    """In which hours clocks run that do not run around the clock.

    `zone` is a name of the IANA database, `weekdays` are 1 for Monday to 7. It is closed on the public holidays of
    `country`, or of its `subdivision`, in codes of ISO 3166, and on `free_days` besides.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    zone: Annotated[str, Field(pattern=r"^[A-Za-z0-9_+-]{1,32}(?:/[A-Za-z0-9_+-]{1,32}){0,2}$")]
    opens: Annotated[StrictInt, Field(ge=0, le=23)]
    closes: Annotated[StrictInt, Field(ge=1, le=24)]
    weekdays: Annotated[list[Weekday], Field(min_length=1, max_length=7)]
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None
    subdivision: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,3}$")] | None
    free_days: Annotated[list[date], Field(max_length=100)]

    @model_validator(mode="after")
    def _is_open(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("an office closes after it opens")
        if self.subdivision is not None and self.country is None:
            raise ValueError("a subdivision is one of a country")
        return self


class Allowances(BaseModel):
    """How long a clock may run, by priority."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    p1: Allowance
    p2: Allowance
    p3: Allowance
    p4: Allowance


class ReviewDays(BaseModel):
    """For how many days a judgement of the danger may hold, by priority."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    p1: Annotated[StrictInt, Field(ge=1, le=REVIEWED_WITHIN[Priority.P1])]
    p2: Annotated[StrictInt, Field(ge=1, le=REVIEWED_WITHIN[Priority.P2])]
    p3: Annotated[StrictInt, Field(ge=1, le=REVIEWED_WITHIN[Priority.P3])]
    p4: Annotated[StrictInt, Field(ge=1, le=REVIEWED_WITHIN[Priority.P4])]


class ClockRules(BaseModel):
    """How long clocks may run by priority: hours or days of the office, `4h` or `3d`, or `around_the_clock`.

    `review_days` are for how long a judgement of the danger may hold, `waiting_days` how long a report may wait for its
    reporter.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    office: Office
    around_the_clock: Annotated[list[Priority], Field(max_length=len(Priority))]
    first_response: Allowances
    decision: Allowances
    review_days: ReviewDays
    waiting_days: Annotated[StrictInt, Field(ge=1, le=30)]


class ClockPolicyIn(BaseModel):
    """The next version, behind the version `after` that its author has seen; 0 where none was set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after: Annotated[StrictInt, Field(ge=0, lt=10_000)]
    rules: ClockRules


class ClockPolicyOut(BaseModel):
    """One version, with all days on which the office is closed; it counts from the hour `agreed_at` on."""

    version: int
    rules: ClockRules
    closed_on: list[date]
    author: str
    set_at: datetime
    agreed_by: str | None
    agreed_at: datetime | None


class ClockPolicyInForceOut(BaseModel):
    """The version that counts for whatever is claimed now."""

    version: int
    rules: ClockRules
