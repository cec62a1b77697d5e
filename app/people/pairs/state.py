"""What the routes of pairs use beside what all do."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.http import State
from app.people.pairs.service import MayHold


@dataclass(frozen=True)
class Recoverables(State):
    """`recoverable` are the rules that `main` has collected, by the prefix of the subject's id."""

    recoverable: Mapping[str, MayHold] = field(repr=False)
