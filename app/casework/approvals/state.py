"""What the routes of approvals use beside what all do."""

from dataclasses import dataclass, field

from app.casework.approvals.service import Approvables
from app.http import State


@dataclass(frozen=True)
class Approvals(State):
    """`approvables` are the rules that `main` has collected, by their subject."""

    approvables: Approvables = field(repr=False)
