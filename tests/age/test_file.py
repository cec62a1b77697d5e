import io
import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import age
from app.age.stream import CHUNK_SIZE

HYBRID = age.generate()
X25519 = age.X25519Identity(os.urandom(32))
PASSPHRASE = age.Passphrase("correct horse", work_factor=4)
KINDS: dict[str, tuple[age.Recipient, age.Identity]] = {
    "mlkem768x25519": (HYBRID.recipient, HYBRID),
    "X25519": (X25519.recipient, X25519),
    "scrypt": (PASSPHRASE, PASSPHRASE),
}

# Zero to three chunks, and a byte either side of each edge.
SIZES = sorted({max(0, chunks * CHUNK_SIZE + near) for chunks in range(4) for near in (-1, 0, 1)})


class Dribble:
    """A source that gives at most `most` bytes at a time, as a socket does."""

    def __init__(self, content: bytes, most: int) -> None:
        self._content = io.BytesIO(content)
        self._most = most

    def read(self, size: int, /) -> bytes:
        return self._content.read(min(size, self._most))


class Zeros:
    """A source of `size` zeros."""

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int, /) -> bytes:
        size = min(size, self._left)
        self._left -= size
        return bytes(size)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", SIZES)
def test_what_is_sealed_opens(kind: str, size: int) -> None:
    recipient, identity = KINDS[kind]
    plaintext = os.urandom(size)

    file = age.encrypt(plaintext, [recipient])

    assert age.decrypt(file, [identity]) == plaintext


@given(
    size=st.sampled_from(SIZES) | st.integers(0, 3 * CHUNK_SIZE),
    most_plain=st.integers(999, 99_999),
    most=st.integers(999, 99_999),
)
@settings(max_examples=30)
def test_how_much_a_source_gives_at_a_time_does_not_matter(size: int, most_plain: int, most: int) -> None:
    plaintext = os.urandom(size)
    file, opened = io.BytesIO(), io.BytesIO()

    age.encrypt_stream(Dribble(plaintext, most_plain), file, [HYBRID.recipient])
    age.decrypt_stream(Dribble(file.getvalue(), most), opened, [HYBRID])

    assert opened.getvalue() == plaintext


@given(size=st.integers(0, 300), most=st.integers(1, 100))
@settings(max_examples=30)
def test_a_source_may_give_a_few_bytes_at_a_time(size: int, most: int) -> None:
    plaintext = os.urandom(size)
    file = age.encrypt(plaintext, [HYBRID.recipient])
    opened, unarmored = io.BytesIO(), io.BytesIO()

    age.decrypt_stream(Dribble(file, most), opened, [HYBRID])
    age.decrypt_stream(Dribble(age.armor.encode(file), most), unarmored, [HYBRID])

    assert opened.getvalue() == unarmored.getvalue() == plaintext


@pytest.mark.parametrize("kind", KINDS)
@given(place=st.integers(0), change=st.integers(1, 255))
@settings(max_examples=150)
def test_one_byte_changed_and_it_does_not_open(kind: str, place: int, change: int) -> None:
    recipient, _ = KINDS[kind]
    identity = age.Passphrase("correct horse", 4, 10) if kind == "scrypt" else KINDS[kind][1]
    file = bytearray(age.encrypt(b"words", [recipient]))
    file[place % len(file)] ^= change

    with pytest.raises(age.Error):
        age.decrypt(bytes(file), [identity])


@given(size=st.integers(0))
@settings(max_examples=100)
def test_a_file_that_is_cut_does_not_open(size: int) -> None:
    file = age.encrypt(bytes(CHUNK_SIZE), [HYBRID.recipient])

    with pytest.raises(age.Error):
        age.decrypt(file[: size % len(file)], [HYBRID])


@pytest.mark.parametrize("most", [16, 1 + 16, CHUNK_SIZE + 16])
def test_a_chunk_less_or_a_byte_more_is_a_payload_error(most: int) -> None:
    file = age.encrypt(bytes(2 * CHUNK_SIZE), [HYBRID.recipient])

    with pytest.raises(age.PayloadError):
        age.decrypt(file[:-most], [HYBRID])
    with pytest.raises(age.PayloadError):
        age.decrypt(file + bytes(most), [HYBRID])


def test_each_of_several_recipients_opens_the_file() -> None:
    identities = [age.generate() for _ in range(3)]

    file = age.encrypt(b"words", [identity.recipient for identity in identities])

    assert [age.decrypt(file, [identity]) for identity in identities] == [b"words"] * 3


def test_the_key_that_fits_is_found_among_others() -> None:
    file = age.encrypt(b"words", [HYBRID.recipient])

    opened = age.decrypt(file, [age.Passphrase("another"), X25519, age.generate(), HYBRID])

    assert opened == b"words"


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_that_does_not_fit_is_told_from_damage(kind: str) -> None:
    file = age.encrypt(b"words", [KINDS[kind][0]])
    strangers: list[age.Identity] = [age.generate(), age.X25519Identity(os.urandom(32)), age.Passphrase("wrong")]

    with pytest.raises(age.NoMatchError):
        age.decrypt(file, strangers)
    with pytest.raises(age.NoMatchError):
        age.decrypt(file, [])


def test_a_file_without_recipients_is_not_written() -> None:
    with pytest.raises(age.RecipientError):
        age.encrypt(b"words", [])


@pytest.mark.parametrize(
    "recipients",
    [
        [PASSPHRASE, PASSPHRASE],
        [PASSPHRASE, HYBRID.recipient],
        [PASSPHRASE, X25519.recipient],
        [HYBRID.recipient, X25519.recipient],
    ],
    ids=["two passphrases", "passphrase and post-quantum", "passphrase and X25519", "post-quantum and not"],
)
def test_recipients_that_weaken_one_another_do_not_share_a_file(recipients: list[age.Recipient]) -> None:
    with pytest.raises(age.RecipientError):
        age.encrypt(b"words", recipients)


def test_a_header_that_nobody_would_read_is_not_written() -> None:
    with pytest.raises(age.RecipientError):
        age.encrypt(b"words", [X25519.recipient] * 12_000)


def test_nothing_is_written_before_the_recipients_are_accepted() -> None:
    sink = io.BytesIO()

    with pytest.raises(age.RecipientError):
        age.encrypt_stream(io.BytesIO(b"words"), sink, [])

    assert sink.getvalue() == b""


def test_a_passphrase_file_that_costs_too_much_is_refused_before_the_work() -> None:
    file = age.encrypt(b"words", [age.Passphrase("correct horse", work_factor=6)])

    with pytest.raises(age.HeaderError):
        age.decrypt(file, [age.Passphrase("correct horse", work_factor=5, work_factor_limit=5)])


def test_no_header_is_searched_beyond_its_limit() -> None:
    source = Dribble(b"age-encryption.org/v1\n" + b"-> x\n\n" * 10_000_000, 1 << 20)

    with pytest.raises(age.HeaderError):
        age.decrypt_stream(source, io.BytesIO(), [HYBRID])

    assert source.read(1)


@pytest.mark.parametrize("size", [8 << 20, 32 << 20])
def test_memory_is_flat_whatever_the_size(tmp_path: Path, size: int) -> None:
    sealed = tmp_path / "sealed.age"
    tracemalloc.start()

    with sealed.open("wb") as sink:
        age.encrypt_stream(Zeros(size), sink, [HYBRID.recipient])
    with sealed.open("rb") as source, Path(os.devnull).open("wb") as sink:
        age.decrypt_stream(source, sink, [HYBRID])

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20
