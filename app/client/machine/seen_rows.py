"""What was seen of one subject, by day: so much of it as tells what a backup of any day holds at least."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Final, Self, TypeVar

from app.protocol import chain
from app.protocol.chain import Mark
from app.protocol.encoding import canonical
from app.protocol.errors import Rollback

_T = TypeVar("_T")

# How many marks of one subject are kept beside the newest, of other machines.
_BESIDE: Final = 2
# Of how many days past each mark is kept. A backup is mostly of last night.
_EACH_DAY: Final = 6


@dataclass(frozen=True)
class Row:
    """What was seen of one subject: the newest since the day `on`, and what other machines of the person have seen, as
    long as no chain was read that holds all of these.

    `earlier` are those of days before, fewer of long ago, the oldest first. `losses`: to how many it was held.
    """

    type: str
    subject: str
    mark: Mark
    on: date
    beside: tuple[Mark, ...] = ()
    earlier: tuple[tuple[date, Mark], ...] = ()
    losses: int = 0

    @classmethod
    def read(cls, text: bytes) -> Self:
        row = json.loads(text)
        return cls(
            row["type"],
            row["subject"],
            Mark(**row["mark"]),
            date.fromisoformat(row["on"]),
            tuple(Mark(**each) for each in row["beside"]),
            tuple((date.fromisoformat(day), Mark(*mark)) for day, *mark in row["earlier"]),
            row["losses"],
        )

    @property
    def text(self) -> bytes:
        """What `read` reads."""
        earlier = [(day.isoformat(), each.version, each.sha256, each.generation) for day, each in self.earlier]
        return canonical({**asdict(self), "on": self.on.isoformat(), "earlier": earlier})

    def merged(self, mark: Mark) -> Self:
        """With what another machine has seen. Raises `Rollback` where that was another file of the same version."""
        marks = {each.version: each for each in (*self.beside, self.mark)}
        chain.newest(marks.get(mark.version), mark)
        *beside, newest = [found for _, found in sorted({**marks, mark.version: mark}.items())]
        return replace(self, mark=newest, beside=tuple(beside[-_BESIDE:]))

    def raised(self, mark: Mark, today: date) -> Self:
        """With a version that was seen today; a higher one stays. Raises `Rollback` for another file of the same."""
        newest = chain.newest(self.mark, mark)
        if newest == self.mark:
            return self
        before = self.earlier if self.on >= today else _thinned((*self.earlier, (self.on, self.mark)), today)
        return replace(self, mark=newest, on=max(self.on, today), earlier=before)

    def before(self, day: date) -> Mark | None:
        """The newest that was seen before this day."""
        marks = [mark for on, mark in (*self.earlier, (self.on, self.mark)) if on < day]
        return marks[-1] if marks else None

    @property
    def steps(self) -> list[tuple[date, Mark]]:
        """What was seen and since when, the newest first."""
        return [*reversed((*self.earlier, (self.on, self.mark)))]

    def lowered(self, to: Mark, losses: int) -> Self:
        """As it was when `to` was the newest, held to so many losses."""
        place = next(place for place, (_, mark) in enumerate(self.earlier) if mark == to)
        on, mark = self.earlier[place]
        beside = tuple(each for each in self.beside if each.version < mark.version)
        return replace(self, mark=mark, on=on, beside=beside, earlier=self.earlier[:place], losses=losses)


def held_to(
    row: Row | None, day: date | None, check: Callable[[Mark | None], _T]
) -> tuple[Mark | None, date | None, _T]:
    """The newest of what was seen that is shown, since when more was seen than that, and what `check` finds of it.

    Less than all of it, and not less than was seen before the `day` of a backup, only where there is one. Raises
    `Rollback`.
    """
    since, least = None, row and row.before(day) if day else None
    steps = [*(row.steps if row else ()), (None, None)]
    for on, mark in steps:
        try:
            found = check(mark)
        except Rollback as rollback:
            since, reason = on, rollback.reason
            if mark is not None and mark == least:
                raise Rollback(reason, since) from None
            if mark is None:
                raise
        else:
            if since is not None and day is None:
                raise Rollback(reason, since)
            return mark, since, found
    raise AssertionError("the last step returns or raises")


def floor_of(row: Row, losses: Sequence[tuple[str, date]]) -> Mark:
    """Below which the losses that the row was not held to do not lower it."""
    return row.before(min(day for _, day in losses[row.losses :])) or Mark(0, "")


def _thinned(days: Sequence[tuple[date, Mark]], today: date) -> tuple[tuple[date, Mark], ...]:
    """Each of the last days, and of those before the first of as many as are in a power of two."""
    kept = {_age(on, today): (on, mark) for on, mark in reversed(days)}
    return tuple(sorted(kept.values(), key=lambda each: each[0]))


def _age(on: date, today: date) -> int:
    days = (today - on).days
    return days if days < _EACH_DAY else _EACH_DAY + days.bit_length()
