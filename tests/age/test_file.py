import io
import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import age
from app.age import header
from app.age.source import Reader
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

    @property
    def given(self) -> int:
        return self._content.tell()

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


@pytest.mark.parametrize(
    ("text", "work_factor", "limit"), [("", 4, 20), ("half of a sign \ud83d", 4, 20), ("words", 0, 20), ("words", 5, 4)]
)
def test_a_passphrase_that_nothing_could_be_opened_with_again_is_refused(
    text: str, work_factor: int, limit: int
) -> None:
    with pytest.raises(age.IdentityError):
        age.Passphrase(text, work_factor, limit)


@pytest.mark.parametrize("work_factor", [1, 4])
def test_what_costs_as_much_as_the_limit_allows_opens(work_factor: int) -> None:
    passphrase = age.Passphrase("words", work_factor, work_factor_limit=work_factor)

    assert age.decrypt(age.encrypt(b"words", [passphrase]), [passphrase]) == b"words"


def test_a_passphrase_costs_a_second_to_try_and_never_more_than_eight() -> None:
    passphrase = age.Passphrase("words")

    assert (passphrase.work_factor, passphrase.work_factor_limit) == (18, 20)


# The last has a line of 63 columns, which is a short one: base 64 without padding.
@pytest.mark.parametrize("size", [0, 32, 48, 96, 47])
def test_a_short_line_and_no_other_ends_a_stanza(size: int) -> None:
    stanza = header.Stanza(("grease",), bytes(size))
    lines = stanza.serialize().split(b"\n")

    assert len(lines[-2]) < 64
    assert all(len(line) == 64 for line in lines[1:-2])
    assert header.parse(header.serialize([stanza], bytes(16))).stanzas == (stanza,)


def header_of(size: int) -> bytes:
    """A header of this many bytes, of one stanza that nobody knows."""
    around = len(header.serialize([header.Stanza(("",), b"")], bytes(16)))
    return header.serialize([header.Stanza(("x" * (size - around),), b"")], bytes(16))


def test_a_header_has_a_mebibyte_at_most() -> None:
    assert header.parse(header_of(1 << 20)).stanzas

    with pytest.raises(age.HeaderError, match="too long"):
        header.parse(header_of((1 << 20) + 1))


@pytest.mark.parametrize(
    ("old", "new"), [(b"\n--- ", b"\n---\t"), (b"\n--- ", b"\n---"), (b"/v1", b"/v2"), (b"\n-> ", b"-> ")]
)
def test_a_header_of_another_form_is_refused(old: bytes, new: bytes) -> None:
    with pytest.raises(age.HeaderError, match="no age v1 header"):
        header.parse(header_of(200).replace(old, new))


def test_a_header_ends_with_a_line_feed() -> None:
    with pytest.raises(age.HeaderError):
        header.parse(header_of(200)[:-1] + b" ")


def test_what_is_no_age_file_is_not_read_to_its_end() -> None:
    source = Dribble(b"another format" * 100_000, 1 << 20)

    with pytest.raises(age.HeaderError):
        age.decrypt_stream(source, io.BytesIO(), [HYBRID])

    assert source.given < 200_000


class Impatient:
    """A source that waits for ever where nothing is asked of it."""

    def read(self, size: int, /) -> bytes:
        assert size > 0
        return b"words"[:size]


def test_nothing_more_is_asked_of_a_source_that_gave_enough() -> None:
    assert Reader(Impatient()).read(5) == b"words"


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
