"""Forms on their way in, and which of those with files may keep a thread until all of theirs is there."""

from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import anyio
import anyio.from_thread

from app.intake.no_script.forms import FILES, Mistake
from app.intake.no_script.multipart import MalformedForm

_PIECE_SECONDS: Final = 60  # without a byte from the browser, after which it is gone
_FORM_SECONDS: Final = 3600  # for all of a form: Tor is slow, and files are large
_LOOK_SECONDS: Final = 0.25  # between two looks for a place


class Arriving:
    """The body of a request in the pieces in which it comes, each in its time."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self._first: deque[bytes] = deque()
        self._deadline = anyio.current_time() + _FORM_SECONDS
        self._wait: anyio.CancelScope | None = None
        self._size, self._seen_size, self._seen_at = 0, 0, anyio.current_time()
        self.is_given_up = False  # and reads no further than what is there
        self._is_whole = False

    async def begin(self, limit: int, hold: Callable[[int], None] = lambda _: None) -> bool:
        """Wait for the first `limit` bytes: whether that was all. `hold` is told of each piece that lies in memory.

        Raises `MalformedForm` where the browser is gone, and what `hold` raises.
        """
        while self._size < limit:
            piece = await self._next()
            if piece is None:
                return True
            hold(len(piece))
            self._first.append(piece)
        return False

    async def next(self) -> bytes | None:
        """The next bytes, or None at the end.

        Raises `MalformedForm` where the browser is gone, and `Mistake` where the form has lost its place.
        """
        return self._first.popleft() if self._first else await self._next()

    def give_up(self) -> None:
        """Read nothing more of it."""
        self.is_given_up = not self._is_whole
        if self._wait is not None and self.is_given_up:
            self._wait.cancel()

    def pace(self, seconds: float) -> float | None:
        """Bytes a second since it is counted; None where that is for less than `seconds`, or all is there."""
        now = anyio.current_time()
        if self._is_whole or now - self._seen_at < seconds:
            return None
        return (self._size - self._seen_size) / (now - self._seen_at)

    def count_anew(self) -> None:
        """Count from now."""
        self._seen_size, self._seen_at = self._size, anyio.current_time()

    async def _next(self) -> bytes | None:
        if self.is_given_up:
            raise Mistake("no-room", FILES)
        with anyio.CancelScope(deadline=min(self._deadline, anyio.current_time() + _PIECE_SECONDS)) as self._wait:
            piece = await anext(self._pieces, None)
            self._size += len(piece or b"")
            self._is_whole = piece is None
            return piece
        if self.is_given_up:
            raise Mistake("no-room", FILES)
        raise MalformedForm("the browser is gone")


class Body:
    """The body of a request, pulled by the thread that seals it."""

    def __init__(self, arriving: Arriving, limit: int) -> None:
        self._arriving = arriving
        self._rest = limit
        self._piece = b""

    def read(self, size: int, /) -> bytes:
        """Raises what `Arriving.next` does, and `Mistake` for more than the limit."""
        while not self._piece:
            piece = anyio.from_thread.run(self._arriving.next)
            if piece is None:
                return b""
            self._piece = piece
        content, self._piece = self._piece[:size], self._piece[size:]
        self._rest -= len(content)
        if self._rest < 0:
            raise Mistake("too-large", FILES)
        return content


@dataclass(frozen=True)
class Pace:
    """What keeps a form its place while others wait for one: so many bytes a second, counted over so many seconds."""

    bytes_a_second: int = 16 * 1024
    seconds: float = 10
    waiting_seconds: float = 60  # for a place, after which there is room for words alone


class Places:
    """Those whose forms have files and are not all there yet. Where there is no place, the slowest loses theirs."""

    def __init__(self, number: int, pace: Pace) -> None:
        self._number = number
        self._pace = pace
        self._taken: list[Arriving] = []
        self._door = anyio.Lock()  # those who wait come in in their order

    @asynccontextmanager
    async def place(self, form: Arriving) -> AsyncIterator[None]:
        """The block runs once the form has a place; without one it is given up, and the block runs too."""
        with anyio.move_on_after(self._pace.waiting_seconds) as waiting:
            async with self._door:
                while len(self._taken) >= self._number:
                    self._make_room()
                    await anyio.sleep(_LOOK_SECONDS)
                form.count_anew()
                self._taken.append(form)
        if waiting.cancelled_caught:
            form.give_up()
        try:
            yield
        finally:
            if form in self._taken:
                self._taken.remove(form)

    def _make_room(self) -> None:
        if any(each.is_given_up for each in self._taken):
            return  # its thread is about to end
        paces = [(pace, form) for form in self._taken if (pace := form.pace(self._pace.seconds)) is not None]
        slow = [(pace, form) for pace, form in paces if pace < self._pace.bytes_a_second]
        for pace, form in paces:
            if pace >= self._pace.bytes_a_second:
                form.count_anew()  # who was quick once has to go on
        if slow:
            min(slow, key=lambda each: each[0])[1].give_up()
