"""What hears of a reporter's posts."""

from dataclasses import dataclass

from app.http import State
from app.intake.posts.service import Acted


@dataclass(frozen=True)
class Posts(State):
    """`acted` is what other domains do about a post, as `main` has collected it."""

    acted: tuple[Acted, ...]
