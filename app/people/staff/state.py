"""What hears of who may do what."""

from dataclasses import dataclass

from app.http import State
from app.people.staff.service import Curtailed


@dataclass(frozen=True)
class People(State):
    """`curtailed` is what domains end of somebody's, once they are certified anew, as `main` has collected it.

    `dropped` is what they end of whom a root lists no more: who steps off it and stays keeps copy, memory and cases.
    """

    curtailed: tuple[Curtailed, ...]
    dropped: tuple[Curtailed, ...]
