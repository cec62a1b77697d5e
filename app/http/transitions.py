"""The wire form of steps: the same for everything that goes from state to state."""

from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

State = TypeVar("State")


class TransitionIn(BaseModel, Generic[State]):
    """A step. What else comes with it, such as the code of its reason, a package's own model adds."""

    model_config = ConfigDict(extra="forbid")

    to: State


class _Told(BaseModel, Generic[State]):
    model_config = ConfigDict(from_attributes=True)

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """`CaseStepOut`, where the state is a `CaseStage`: a name that the description can have."""
        return f"{params[0].__name__.removesuffix('State').removesuffix('Stage')}{cls.__name__}"


class StepOut(_Told[State], Generic[State]):
    """Where the caller can take it, and the names of the guards that fail as long as nothing more is sent."""

    to: State
    failing: list[str]


class StepsOut(_Told[State], Generic[State]):
    """What the caller may do now."""

    items: list[StepOut[State]]
