import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import age
from app.age import encoding, header
from app.age.stream import CHUNK_SIZE, is_framed, sealed_size
from tests.strength import COPY_WORK_FACTOR

IDENTITY = age.generate()
FILE = age.encrypt(b"words" * 100, [IDENTITY.recipient])
SIZES = [0, 1, 4096, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 2 * CHUNK_SIZE, 2 * CHUNK_SIZE + 1]


def is_envelope(file: bytes) -> bool:
    """The slow way: what the parser of whole headers says."""
    end = file.find(b"\n", file.find(b"\n---") + 1) + 1
    try:
        (stanza,) = header.parse(file[:end]).stanzas
        header.argument(stanza, 1, 1120)
    except (age.HeaderError, ValueError, IndexError):
        return False
    right = stanza.type == "mlkem768x25519" and len(stanza.arguments) == 2 and len(stanza.body) == 32
    return right and is_framed(len(file) - end)


@pytest.mark.parametrize("size", SIZES)
def test_a_sealed_file_has_the_size_that_is_foretold(size: int) -> None:
    file = age.encrypt(bytes(size), [IDENTITY.recipient])

    assert len(file) == age.encrypted_size(size)
    age.check_envelope(file)
    age.check_envelope(file, sizes=frozenset({age.encrypted_size(size)}))


def test_an_upload_is_judged_by_its_head_and_length() -> None:
    size = age.encrypted_size(100_000_000)

    age.check_envelope(FILE[: age.HEADER_SIZE], size=size, sizes={size})

    with pytest.raises(age.EnvelopeError):
        age.check_envelope(FILE[: age.HEADER_SIZE], size=size + 1, sizes={size})
    with pytest.raises(age.EnvelopeError):
        age.check_envelope(FILE[: age.HEADER_SIZE - 1], size=size, sizes={size})


@given(size=st.integers(0, 4 * CHUNK_SIZE))
def test_a_payload_is_framed_where_some_plaintext_has_its_size(size: int) -> None:
    possible = {sealed_size(plaintext) for plaintext in range(max(0, size - 100), size)}

    assert is_framed(size) == (size in possible)


@pytest.mark.parametrize(
    ("chunks", "is_possible"),
    [
        (-1, False),  # a nonce that is cut
        (0, False),
        (1, False),
        (15, False),
        (16, True),  # an empty plaintext is one empty chunk
        (17, True),
        (CHUNK_SIZE + 16, True),
        (CHUNK_SIZE + 16 + 1, False),
        (CHUNK_SIZE + 16 + 16, False),  # an empty chunk behind another, which the format forbids
        (CHUNK_SIZE + 16 + 17, True),
    ],
)
def test_behind_the_nonce_stand_whole_chunks_each_with_its_tag(chunks: int, is_possible: bool) -> None:
    assert is_framed(16 + chunks) is is_possible


X25519_FILE = age.encrypt(b"words", [age.X25519Identity(os.urandom(32)).recipient])
TWO_STANZAS = age.encrypt(b"words", [IDENTITY.recipient, IDENTITY.recipient])
LINES = FILE.split(b"\n", 4)


@pytest.mark.parametrize(
    "file",
    [
        b"",
        FILE[:-1000],
        b" " + FILE,
        age.armor.encode(FILE),
        X25519_FILE,
        TWO_STANZAS,
        age.encrypt(b"words", [age.Passphrase("words", 4)]),
        FILE.replace(b"/v1", b"/v2"),
        FILE.replace(b"\n", b"\r\n", 4),
        FILE.replace(b"mlkem768x25519", b"MLKEM768X25519"),
        FILE.replace(b"--- ", b"---  "),
        FILE.replace(b"mlkem768x25519 ", b"mlkem768x25519 extra "),
        b"\n".join([*LINES[:1], b"-> grease", b"", *LINES[1:]]),
        b"\n".join([LINES[0], LINES[1] + b"=", *LINES[2:]]),
        b"\n".join([LINES[0], LINES[1][:-1] + b"B", *LINES[2:]]),
        b"\n".join([*LINES[:2], LINES[2][:-1] + b"B", *LINES[3:]]),
        b"\n".join([*LINES[:3], LINES[3][:-1] + b"B", *LINES[4:]]),
        FILE[: age.HEADER_SIZE],
        FILE[: age.HEADER_SIZE + 31],
    ],
)
def test_what_is_no_strict_envelope_is_refused(file: bytes) -> None:
    with pytest.raises(age.EnvelopeError):
        age.check_envelope(file)


def test_a_length_outside_the_size_classes_is_refused() -> None:
    with pytest.raises(age.EnvelopeError):
        age.check_envelope(FILE, sizes={len(FILE) + 1})


@given(place=st.integers(0, age.HEADER_SIZE + 40), letter=st.binary(max_size=2), dropped=st.integers(0, 2))
@settings(max_examples=300)
def test_the_quick_check_agrees_with_the_parser(place: int, letter: bytes, dropped: int) -> None:
    file = FILE[:place] + letter + FILE[place + dropped :]

    try:
        age.check_envelope(file)
        quick = True
    except age.EnvelopeError:
        quick = False

    assert quick == is_envelope(file)


@given(share=st.binary(min_size=1120, max_size=1120), body=st.binary(min_size=32, max_size=32))
def test_every_canonical_stanza_passes(share: bytes, body: bytes) -> None:
    stanza = header.Stanza(("mlkem768x25519", encoding.encode(share).decode()), body)
    head = header.serialize([stanza], os.urandom(16))

    assert len(head) == age.HEADER_SIZE
    age.check_envelope(head + bytes(32))


def test_a_file_that_nobody_sealed_has_the_same_head() -> None:
    head = age.envelope_of(share=bytes(range(224)) * 5, wrapped=bytes(32), mac=bytes(range(32)))

    assert len(head) == 1627
    age.check_envelope(head + bytes(32))


UNDER_PASSPHRASE = age.encrypt(b"a plaintext", [age.Passphrase("of a test", COPY_WORK_FACTOR)])


def test_a_file_under_a_passphrase_passes_where_its_size_is_allowed() -> None:
    assert len(UNDER_PASSPHRASE) == age.passphrase_encrypted_size(len(b"a plaintext")) == 193

    age.check_passphrase_envelope(UNDER_PASSPHRASE, sizes={193})
    with pytest.raises(age.EnvelopeError):
        age.check_passphrase_envelope(UNDER_PASSPHRASE, sizes={192, 194})


@pytest.mark.parametrize(
    "file",
    [
        FILE,
        UNDER_PASSPHRASE.replace(b" 10\n", b" 19\n"),
        UNDER_PASSPHRASE.replace(b" 10\n", b" 9\n"),
        UNDER_PASSPHRASE.replace(b"scrypt", b"Scrypt"),
        b"\n".join([*UNDER_PASSPHRASE.split(b"\n")[:3], *UNDER_PASSPHRASE.split(b"\n")[1:]]),
        UNDER_PASSPHRASE[1:],
    ],
)
def test_what_is_not_one_stanza_under_a_passphrase_is_refused(file: bytes) -> None:
    with pytest.raises(age.EnvelopeError):
        age.check_passphrase_envelope(file, sizes=range(10_000))
