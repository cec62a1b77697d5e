"""What orders sign-ins in a process."""

from dataclasses import dataclass

from app.http import State
from app.people.sign_in.turns import Turns


@dataclass(frozen=True)
class SignIns(State):
    """`turns` says whose password is checked next."""

    turns: Turns
