"""How much work of one kind goes on at once, so that none keeps the service from reporters.

Their requests need a thread and a connection of the database like all others. Staff's never have more than a part of
those: each package has a lane for what it reads and one for what it writes, and all lanes together are bounded. Who
waits holds no thread, and whoever asks for much at once waits behind themselves.
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from anyio import CapacityLimiter

from app.problems import TooMuchAtOnce

LOOK_UPS: Final = 8  # of whose session a token is, at once
STAFF: Final = 16  # requests of staff at once, of the forty that there are threads for
OF_A_LANE: Final = 4  # at once
OF_A_PERSON: Final = 32  # in a lane, waiting or not
WAITING: Final = 64  # in a lane, of all persons
_RETRY_SECONDS: Final = 1


class Lanes:
    """Of one process and its event loop."""

    def __init__(self) -> None:
        self.look_ups = CapacityLimiter(LOOK_UPS)
        self._staff = CapacityLimiter(STAFF)
        self._lanes: defaultdict[str, CapacityLimiter] = defaultdict(lambda: CapacityLimiter(OF_A_LANE))
        self._asked: Counter[tuple[str, str]] = Counter()  # by lane and person: requests that are not answered

    @asynccontextmanager
    async def lane(self, name: str, person: str) -> AsyncIterator[None]:
        """The block runs when it is its turn. Raises `TooMuchAtOnce` where too many wait already."""
        limiter = self._lanes[name]
        mine = (name, person)
        if self._asked[mine] >= OF_A_PERSON or limiter.statistics().tasks_waiting >= WAITING:
            raise TooMuchAtOnce(retry_after_seconds=_RETRY_SECONDS)
        self._asked[mine] += 1
        try:
            async with limiter, self._staff:
                yield
        finally:
            self._asked[mine] -= 1
            if not self._asked[mine]:
                del self._asked[mine]
