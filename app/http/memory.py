"""How much of the bodies that are being read may lie in memory at once, whoever sends them.

What a stranger sends is held until it is answered. Without a bound a few dozen large bodies end the process, and with
it all that others had sent.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, cast

from anyio import CancelScope
from fastapi import Request
from starlette.types import Scope

from app.problems import Busy

REPORTERS: Final = 16 * 2**20  # bytes of all bodies on reporters' paths, which nobody else can use up
OTHERS: Final = 8 * 2**20
SHORT: Final = 64 * 2**10  # bytes: most reports and messages, as long as one could write in an evening
_KEPT: Final = 8  # the part of each bound, an eighth, that no longer body takes up
RETRY_SECONDS: Final = 2
_HASTE_SECONDS: Final = 10.0  # after which a body that is not whole gives its place to others
_HELD: Final = "tern.held"
_DIGITS: Final = 10  # of a length that is worth reading


class Held:
    """The body of one request, as far as it has come."""

    def __init__(self, lane: "Lane", *, is_short: bool = False) -> None:
        """`is_short` where its header says that it will be."""
        self.is_short = is_short
        self.size = 0
        self.since = 0.0
        self._lane = lane
        self._scope: CancelScope | None = None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """While the block reads. Raises `Busy` where others need the place, which they get after a while."""
        self.since = time.monotonic()
        self._scope = CancelScope()
        self._lane.begin(self)
        try:
            with self._scope:
                yield
        finally:
            self._lane.end(self)
        if self._scope.cancelled_caught:
            raise Busy(retry_after_seconds=RETRY_SECONDS)

    def add(self, size: int) -> None:
        """Of a piece that has come, in the block that reads. Raises `Busy`."""
        self._lane.take(self, size)

    def give_up(self) -> None:
        """For others: whoever reads it stops."""
        if self._scope is not None:
            self._scope.cancel()

    def release(self) -> None:
        """It is answered."""
        self._lane.give_back(self)


class Lane:
    """All bodies that share one bound. They are read in one event loop."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._bytes = 0
        self._reading: dict[Held, None] = {}  # in the order in which they began

    def begin(self, held: Held) -> None:
        self._reading[held] = None

    def end(self, held: Held) -> None:
        self._reading.pop(held, None)

    def take(self, held: Held, size: int) -> None:
        """Raises `Busy` where there is no place, and no body stands that has had its time."""
        bound = self._bound if held.is_short else self._bound - self._bound // _KEPT
        while self._bytes + size > bound:
            oldest = next(iter(self._reading), held)
            if oldest is held or time.monotonic() - oldest.since < _HASTE_SECONDS:
                raise Busy(retry_after_seconds=RETRY_SECONDS)
            oldest.give_up()
            self.end(oldest)
            self.give_back(oldest)
        held.size += size
        self._bytes += size

    def give_back(self, held: Held) -> None:
        self._bytes -= held.size
        held.size = 0


class Memory:
    """For the bodies of reporters, and those of everybody else."""

    def __init__(self) -> None:
        self._reporters, self._others = Lane(REPORTERS), Lane(OTHERS)

    @contextmanager
    def of(self, scope: Scope, *, is_reporters: bool) -> Iterator[None]:
        """For a request, until it is answered."""
        lane = self._reporters if is_reporters else self._others
        held = scope[_HELD] = Held(lane, is_short=_is_short(scope))
        try:
            yield
        finally:
            held.release()


def held_of(request: Request) -> Held:
    """The body of the request."""
    return cast("Held", request.scope[_HELD])


def _is_short(scope: Scope) -> bool:
    """Whether a length is declared, and is short: the server holds the sender to it."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return len(lengths) == 1 and lengths[0].isdigit() and len(lengths[0]) < _DIGITS and int(lengths[0]) <= SHORT
