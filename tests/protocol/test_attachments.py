"""An attachment in its seal, as it streams."""

import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import age
from app.protocol.attachments import seal
from app.protocol.errors import Malformed
from app.protocol.sizes import KIB, Kind, ciphertext_sizes

SECRET = age.generate()
LIMIT = 300 * KIB
EDGES = [0, 1, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 128 * KIB, 256 * KIB, LIMIT - 1, LIMIT]


class Trickle(io.RawIOBase):
    """A source that gives a few bytes at a time, as a network does."""

    def __init__(self, content: bytes, most: int) -> None:
        self._left = io.BytesIO(content)
        self._most = most

    def read(self, size: int = -1, /) -> bytes:
        return self._left.read(min(size, self._most))


@pytest.mark.parametrize("size", EDGES)
def test_a_file_is_padded_to_its_class_and_described_as_it_is(size: int) -> None:
    plain, sink = bytes([7]) * size, io.BytesIO()

    described = seal(io.BytesIO(plain), sink, SECRET.recipient, name="a.jpg", media_type="image/jpeg", limit=LIMIT)

    sealed = sink.getvalue()
    opened = age.decrypt(sealed, [SECRET])
    assert len(sealed) in ciphertext_sizes(Kind.ATTACHMENT, LIMIT)
    assert (opened[:size], opened[size:].strip(b"\0")) == (plain, b"")
    assert (described.name, described.media_type, described.size) == ("a.jpg", "image/jpeg", size)
    assert described.plaintext_sha256 == hashlib.sha256(plain).hexdigest()
    assert described.ciphertext_sha256 == hashlib.sha256(sealed).hexdigest()


@given(size=st.integers(0, 70 * KIB), most=st.integers(1, 70 * KIB))
def test_it_does_not_matter_in_which_pieces_a_file_comes(size: int, most: int) -> None:
    plain = bytes(range(256)) * (size // 256 + 1)

    described = seal(
        Trickle(plain[:size], most), io.BytesIO(), SECRET.recipient, name="a", media_type="b/c", limit=LIMIT
    )

    assert (described.size, described.plaintext_sha256) == (size, hashlib.sha256(plain[:size]).hexdigest())


def test_a_file_above_the_limit_is_refused() -> None:
    with pytest.raises(Malformed):
        seal(Trickle(bytes(LIMIT + 1), 1000), io.BytesIO(), SECRET.recipient, name="a", media_type="b/c", limit=LIMIT)


def test_a_file_without_an_end_is_refused_where_it_passes_the_limit() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1, /) -> bytes:
            assert self.given <= LIMIT, "read on behind the limit"
            self.given += size
            return bytes(size)

    with pytest.raises(Malformed):
        seal(Endless(), io.BytesIO(), SECRET.recipient, name="a", media_type="b/c", limit=LIMIT)
