"""Whose password is checked next, where more come than can be checked at once.

Those who wait hold no thread, for reporters need those. A machine that had a session goes before strangers, and each
name has a line of its own: whoever floods one waits behind themselves.
"""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import anyio

from app.people.passwords import SignInBusy

AT_ONCE: Final = 2  # each takes 64 MiB
OF_A_NAME: Final = 4  # who wait under one name, machines and strangers apart
STRANGERS: Final = 64  # who wait under all names: some three seconds
_RETRY_SECONDS: Final = 1

_Line = dict[str, deque[anyio.Event]]  # in the order in which names have their turn


class Turns:
    """Of one process and its event loop."""

    def __init__(self) -> None:
        self._free = AT_ONCE
        self._machines: _Line = {}
        self._strangers: _Line = {}

    @asynccontextmanager
    async def turn(self, name: str, *, is_known: bool) -> AsyncIterator[None]:
        """The block runs when it is its turn. Raises `SignInBusy` where too many wait already."""
        await self._wait(name, self._machines if is_known else self._strangers)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, name: str, line: _Line) -> None:
        if self._free:
            self._free -= 1
            return
        waiting = line.get(name, deque())
        is_full = line is self._strangers and sum(map(len, line.values())) >= STRANGERS
        if is_full or len(waiting) >= OF_A_NAME:
            raise SignInBusy(retry_after_seconds=_RETRY_SECONDS)
        event = anyio.Event()
        waiting.append(event)
        line[name] = waiting
        try:
            await event.wait()
        except BaseException:
            if event.is_set():
                self._pass_on()
            else:
                waiting.remove(event)
                if not waiting:
                    del line[name]
            raise

    def _pass_on(self) -> None:
        for line in (self._machines, self._strangers):
            if line:
                name = next(iter(line))
                waiting = line.pop(name)
                waiting.popleft().set()
                if waiting:
                    line[name] = waiting  # behind the other names
                return
        self._free += 1
