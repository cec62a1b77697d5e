"""An attachment on its way into its seal: padded to its class and hashed as it streams, its size known at the end."""

import hashlib

from app import age
from app.age.source import Sink, Source
from app.protocol.encoding import new_id
from app.protocol.report import Attachment
from app.protocol.sizes import Kind, padded_size


def seal(
    source: Source, sink: Sink, recipient: age.HybridRecipient, *, name: str, media_type: str, limit: int
) -> Attachment:
    """Seal what `source` gives, and describe it: its true size and both hashes. Memory stays flat.

    Raises `Malformed` where it is longer than `limit`; what went to `sink` is no whole file then.
    """
    reader, writer = _Padded(source, limit), _Hashed(sink)
    age.encrypt_stream(reader, writer, [recipient])
    return Attachment(
        new_id("att"), name, media_type, reader.true_size, reader.hash.hexdigest(), writer.hash.hexdigest()
    )


class _Padded:
    """A file and zeros after it, up to its class; it hashes the file on its way."""

    def __init__(self, source: Source, limit: int) -> None:
        self.hash = hashlib.sha256()
        self.true_size = 0
        self._source = source
        self._limit = limit
        self._zeros: int | None = None  # that are left, once the file has ended

    def read(self, size: int, /) -> bytes:
        if self._zeros is None:
            block = self._source.read(size)
            self.hash.update(block)
            self.true_size += len(block)
            if block and self.true_size <= self._limit:
                return block
            self._zeros = padded_size(Kind.ATTACHMENT, self.true_size, self._limit) - self.true_size
        zeros = bytes(min(size, self._zeros))
        self._zeros -= len(zeros)
        return zeros


class _Hashed:
    """Passes on and hashes."""

    def __init__(self, sink: Sink) -> None:
        self.hash = hashlib.sha256()
        self._sink = sink

    def write(self, block: bytes, /) -> None:
        self.hash.update(block)
        self._sink.write(block)
