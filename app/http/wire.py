"""Forms that the wire models of several packages share: ids, hashes, public documents, results."""

from datetime import date
from typing import Annotated, Protocol, TypedDict

from pydantic import BaseModel, Field

from app.problems import Problem

Id = Annotated[str, Field(pattern=r"^[a-z]{3,7}_[0-9a-f]{32}$")]  # of any kind of object
CaseId = Annotated[str, Field(pattern=r"^case_[0-9a-f]{32}$")]
ReportId = Annotated[str, Field(pattern=r"^rep_[0-9a-f]{32}$")]
PersonId = Annotated[str, Field(pattern=r"^per_[0-9a-f]{32}$")]
TeamId = Annotated[str, Field(pattern=r"^team_[0-9a-f]{32}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]  # in hexadecimal
PublicDocument = Annotated[str, Field(max_length=64 * 1024)]  # signed, and sealed to nobody
# Of a week that ends, on its Sunday, before the calendar does.
DayOfWeek = Annotated[date, Field(le=date(9999, 12, 26))]


class OfOneOut(BaseModel):
    """What became of one of several: its version `now`, or the type of the `problem`, as `/problems/stale-version`."""

    now: int | None
    problem: str | None


class _OfOne(TypedDict):
    now: int | None
    problem: str | None


class _Versioned(Protocol):
    version: int


def of_one(done: _Versioned | Problem) -> _OfOne:
    """The members of `OfOneOut`."""
    if isinstance(done, Problem):
        return {"now": None, "problem": f"/problems/{done.type}"}
    return {"now": done.version, "problem": None}
