"""Where sealed and plain bytes come from and go to."""

from collections.abc import Iterator
from typing import Protocol

# Blocks read at once: fewer cost a tenth of the speed, more leave the processor's cache.
_BATCH = 16


class Source(Protocol):
    """A binary file open for reading. `read` may give less than `size`, and gives nothing only at the end."""

    def read(self, size: int, /) -> bytes: ...


class Sink(Protocol):
    """A binary file open for writing. `write` takes all it is given, as buffered files do."""

    def write(self, block: bytes, /) -> object: ...


class Reader:
    """Reads blocks of the full size from any source, and takes back what was read too far."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._surplus = b""

    def read(self, size: int, /) -> bytes:
        """`size` bytes; fewer only where the source ends."""
        pieces = [self._surplus[:size]]
        self._surplus = self._surplus[size:]
        missing = size - sum(map(len, pieces))
        while missing and (piece := self._source.read(missing)):
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def put_back(self, surplus: bytes, /) -> None:
        """What was read too far: the next `read` begins with it."""
        self._surplus = surplus + self._surplus

    def blocks(self, size: int) -> Iterator[tuple[bytes | memoryview, bool]]:
        """Each block of `size` bytes, and whether it is the last. An empty source is one empty block."""
        last: bytes | memoryview = self.read(size)  # until it is known whether something follows
        while batch := self.read(_BATCH * size):
            yield last, False
            view = memoryview(batch)
            *blocks, last = [view[start : start + size] for start in range(0, len(batch), size)]
            for block in blocks:
                yield block, False
        yield last, True
