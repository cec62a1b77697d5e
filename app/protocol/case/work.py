"""What the work on a case leaves in it: how great the danger is, what was agreed, what is to do, and why it ends.

Each reads itself strictly from the body of a part, as those of `parts.py` do. What the service is told of an assessment
or a plan, such as its level, stands here too: whoever opens the case sees whether it was told the truth.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from app import vocabulary
from app.protocol.case import values
from app.protocol.encoding import check_day, check_id
from app.vocabulary import (
    CaseStage,
    Imminence,
    Outcome,
    Priority,
    RetentionClass,
    RiskLevel,
    Role,
    SafetyPlanStatus,
    TaskType,
)

# For how many days the danger may be relied on as it was judged, by how soon the case is worked on.
REVIEWED_WITHIN: Final = {Priority.P1: 3, Priority.P2: 14, Priority.P3: 30, Priority.P4: 90}
GRAVE: Final = frozenset({RiskLevel.HIGH, RiskLevel.CRITICAL})
SETTLED: Final = frozenset({SafetyPlanStatus.AGREED, SafetyPlanStatus.DECLINED})  # what the person has said to a plan
# Who approves a plan, and who a closing; the danger is seen by a supervisor.
APPROVERS: Final = frozenset({Role.CASEWORKER, Role.SUPERVISOR})


@dataclass(frozen=True)
class Assessment:
    """How great the danger is, until which day that may be relied on, and why. The next version is the next one."""

    level: RiskLevel = field(repr=False)
    valid_until: date = field(repr=False)
    imminence: Imminence = field(default=Imminence.UNKNOWN, repr=False)
    threats: str = field(default="", repr=False)
    vulnerabilities: str = field(default="", repr=False)
    capacities: str = field(default="", repr=False)
    reasoning: str = field(default="", repr=False)

    def body(self) -> dict[str, Any]:
        return {**vars(self), "valid_until": self.valid_until.isoformat()}

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Assessment":
        return cls(
            level=RiskLevel(body["level"]),
            valid_until=check_day(body["valid_until"]),
            imminence=Imminence(body["imminence"]),
            threats=values.text(body["threats"]),
            vulnerabilities=values.text(body["vulnerabilities"]),
            capacities=values.text(body["capacities"]),
            reasoning=values.text(body["reasoning"]),
        )


@dataclass(frozen=True)
class SafetyPlan:
    """What is to keep the person safe, and what of it they agreed to. `goes_on`: what they want to go on doing."""

    status: SafetyPlanStatus = field(repr=False)
    text: str = field(default="", repr=False)
    agreed: str = field(default="", repr=False)
    goes_on: str = field(default="", repr=False)

    def body(self) -> dict[str, Any]:
        return dict(vars(self))

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "SafetyPlan":
        return cls(
            status=SafetyPlanStatus(body["status"]),
            text=values.text(body["text"]),
            agreed=values.text(body["agreed"]),
            goes_on=values.text(body["goes_on"]),
        )


@dataclass(frozen=True)
class Task:
    """What is to be done, in words. Until when, and whether it is, the service keeps."""

    id: str
    kind: TaskType = field(repr=False)
    text: str = field(repr=False)

    def body(self) -> dict[str, Any]:
        return dict(vars(self))

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Task":
        return cls(check_id("task", body["id"]), TaskType(body["kind"]), values.text(body["text"]))


@dataclass(frozen=True)
class Note:
    """What a member wrote down, for good. With `step` it says why they took the case to that stage."""

    id: str
    text: str = field(repr=False)
    step: CaseStage | None = field(default=None, repr=False)

    def body(self) -> dict[str, Any]:
        return dict(vars(self))

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Note":
        step = body["step"]
        return cls(
            check_id("note", body["id"]), values.text(body["text"]), None if step is None else CaseStage(str(step))
        )


@dataclass(frozen=True)
class Closing:
    """Why the case is to end, how the person is, and how long it is kept then. `reason` is of `closure_reason`."""

    reason: str = field(repr=False)
    outcome: Outcome = field(repr=False)
    retention: RetentionClass = field(repr=False)
    text: str = field(default="", repr=False)

    def body(self) -> dict[str, Any]:
        return dict(vars(self))

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Closing":
        reason = values.text(body["reason"])
        vocabulary.label("closure_reason", reason)  # raises `UnknownCodeError`
        return cls(reason, Outcome(body["outcome"]), RetentionClass(body["retention"]), values.text(body["text"]))


Work = Assessment | SafetyPlan | Task | Note | Closing
