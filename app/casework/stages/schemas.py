"""The wire form of a case's steps."""

from datetime import date
from typing import Annotated

from pydantic import Field

from app.casework.cases.wire import PART_ID
from app.http.transitions import TransitionIn
from app.vocabulary import CaseStage, HoldReason, RetentionClass, TransitionReason


class CaseTransitionIn(TransitionIn[CaseStage]):
    """A step to another stage, and why.

    A case on hold waits for somebody, `held_for`, and goes on by the day `resume_on`, 92 days from now at most. One
    that is to end names the part that says why, `closing`, and how long it is kept.
    """

    reason: TransitionReason
    held_for: HoldReason | None = None
    resume_on: date | None = None
    closing: Annotated[str, Field(pattern=PART_ID)] | None = None
    retention_class: RetentionClass | None = None
