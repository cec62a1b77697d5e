"""What the routes of releases share within a process."""

from dataclasses import dataclass

from app.http import State
from app.statistics.releases.runs import Runs


@dataclass(frozen=True)
class Draws(State):
    """`draws` are those that this process makes."""

    draws: Runs
