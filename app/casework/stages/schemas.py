"""The wire form of a case's steps."""

from app.http.transitions import TransitionIn
from app.vocabulary import CaseStage, TransitionReason


class CaseTransitionIn(TransitionIn[CaseStage]):
    """A step to another stage, and why."""

    reason: TransitionReason
