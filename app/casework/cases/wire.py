"""The wire form of a case, for every package that answers with one, or takes a new one with what it does."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from app.casework.cases.journal import NewPart, Writing
from app.casework.cases.membership import members_among
from app.casework.cases.models import Case, CaseClock
from app.casework.cases.service import NewCase
from app.http.sealed_json import SealedEntry, SealedPart
from app.http.wire import CaseId, PersonId, TeamId
from app.people.grants.wire import Grants
from app.people.pairs.wire import Pairs
from app.protocol.case import Label
from app.vocabulary import (
    CaseStage,
    HandlingMark,
    HoldReason,
    Priority,
    RetentionClass,
    RiskLevel,
    TransitionReason,
)

PART_ID = r"^part_[0-9a-f]{32}$"


class CasePartIn(BaseModel):
    """The next version of a part, or its first, sealed to the case.

    With `grants`, which come with a first version alone, it is sealed to a key of its own instead, for these members,
    and in `pairs` for custodians.
    """

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(pattern=PART_ID)]
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    file: SealedPart
    grants: Grants = []
    pairs: Pairs = []

    def as_new(self) -> NewPart:
        grants, pairs = [grant.as_new() for grant in self.grants], [pair.as_new() for pair in self.pairs]
        return NewPart(self.id, self.version, self.file, grants, pairs)


class WritingIn(BaseModel):
    """What is written in one request, all or none: entries that follow each other, and the parts that they name."""

    model_config = ConfigDict(extra="forbid")

    entries: Annotated[list[SealedEntry], Field(min_length=1, max_length=100)]
    parts: Annotated[list[CasePartIn], Field(max_length=500)] = []

    def as_writing(self) -> Writing:
        return Writing(self.entries, [part.as_new() for part in self.parts])


class CaseIn(WritingIn):
    """A new case, its id drawn by the client: sealed documents name it. The first entry begins its journal."""

    id: CaseId
    team: TeamId
    owner: PersonId | None = None
    priority: Priority
    grants: Grants
    pairs: Pairs = []

    def as_new(self) -> NewCase:
        return NewCase(
            id=self.id,
            team_id=self.team,
            owner_id=self.owner,
            priority=self.priority,
            writing=replace(self.as_writing(), pairs=[pair.as_new() for pair in self.pairs]),
            grants=[grant.as_new() for grant in self.grants],
        )


class CaseOut(BaseModel):
    """The state of the work; `stage_entered` is the hour of its last step. Of the facts there is nothing here.

    `next_review` is a Monday, `purge_month` the first day of one. A case on hold goes on at `held_from`, by `resume_on`
    at the latest, and one that is merged if that is undone. `due` is the last day on which the work on it is in time,
    and `due_for` what is done by then: of all its clocks the earliest.
    `closing` is the part that says why the case is to end, while that is looked at.
    """

    id: str
    ref: str
    team: str
    owner: str | None
    stage: CaseStage
    stage_entered: datetime
    reason: TransitionReason | None
    priority: Priority
    risk_level: RiskLevel | None
    handling: HandlingMark
    label: Label | None
    next_review: date | None
    due: date | None
    due_for: CaseClock | None
    held_from: CaseStage | None
    held_for: HoldReason | None
    resume_on: date | None
    closing: str | None
    retention_class: RetentionClass | None
    purge_month: date | None
    members: list[str]
    version: int


def case_out(session: Session, case: Case) -> CaseOut:
    """The case as those see it who may know of it."""
    return cases_out(session, [case])[0]


def cases_out(session: Session, cases: Sequence[Case]) -> list[CaseOut]:
    """The same of several."""
    members = members_among(session, [case.id for case in cases])
    return [
        CaseOut(
            id=case.id,
            ref=case.ref,
            team=case.team_id,
            owner=case.owner_id,
            stage=case.stage,
            stage_entered=case.stage_entered,
            reason=case.reason,
            priority=case.priority,
            risk_level=case.risk_level,
            handling=case.handling,
            label=case.label,
            next_review=case.next_review,
            due=case.due,
            due_for=case.due_for,
            held_from=case.held_from,
            held_for=case.held_for,
            resume_on=case.resume_on,
            closing=case.closing_part,
            retention_class=case.retention_class,
            purge_month=case.purge_month,
            members=members[case.id],
            version=case.version,
        )
        for case in cases
    ]
