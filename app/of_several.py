"""What is done to one of several in a transaction, without the others."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from app.problems import Problem

_Done = TypeVar("_Done")


def by_itself(session: Session, act: Callable[[], _Done]) -> _Done | Problem:
    """What `act` comes to, or why it was refused: then nothing of it is done, and what was done before stays."""
    try:
        with session.begin_nested():
            return act()
    except Problem as problem:
        return problem
