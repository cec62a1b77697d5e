"""Whatever somebody sends, the answer is a plaintext or an `age.Error`."""

import contextlib
import os

from hypothesis import given, settings
from hypothesis import strategies as st

from app import age

HYBRID = age.generate()
X25519 = age.X25519Identity(os.urandom(32))
# A limit that lets a changed work factor cost milliseconds.
PASSPHRASE = age.Passphrase("words", work_factor=4, work_factor_limit=10)
IDENTITIES: list[age.Identity] = [HYBRID, X25519, PASSPHRASE]

FILES = [
    age.encrypt(b"words", [HYBRID.recipient]),
    age.encrypt(b"words", [X25519.recipient, X25519.recipient]),
    age.encrypt(b"words", [PASSPHRASE]),
    age.armor.encode(age.encrypt(b"words", [X25519.recipient])),
    age.armor.encode(age.encrypt(b"words", [PASSPHRASE])),
]
PIECES = [
    b"\n",
    b"\r\n",
    b" ",
    b"=",
    b"-> ",
    b"---",
    b"-> X25519 ",
    b"-> scrypt ",
    b"age-encryption.org/v1\n",
    b"99999999999",
]


@st.composite
def changed_files(draw: st.DrawFn) -> bytes:
    """A real file, from which a few pieces are taken, and others put in their place."""
    file = draw(st.sampled_from(FILES))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(file)))
        end = draw(st.integers(start, min(start + 80, len(file))))
        file = file[:start] + draw(st.sampled_from(PIECES) | st.binary(max_size=8)) + file[end:]
    return file


@given(file=st.binary() | st.binary().map(lambda rest: b"age-encryption.org/v1\n" + rest) | changed_files())
@settings(max_examples=600)
def test_no_file_raises_anything_else(file: bytes) -> None:
    with contextlib.suppress(age.Error):
        assert age.decrypt(file, IDENTITIES) == b"words"


@given(text=st.binary() | st.binary().map(lambda body: age.armor.BEGIN + b"\n" + body + b"\n" + age.armor.END))
@settings(max_examples=300)
def test_no_armor_raises_anything_else(text: bytes) -> None:
    with contextlib.suppress(age.Error):
        assert age.armor.decode(text) == age.armor.decode(text.strip())


@given(file=st.binary() | changed_files(), size=st.none() | st.integers())
@settings(max_examples=300)
def test_no_envelope_raises_anything_else(file: bytes, size: int | None) -> None:
    with contextlib.suppress(age.Error):
        age.check_envelope(file, size=size)


@given(
    text=st.text()
    | st.text().map(lambda rest: "age1pq1" + rest)
    | st.text().map(lambda rest: "AGE-SECRET-KEY-1" + rest)
)
@settings(max_examples=300)
def test_no_text_raises_anything_else(text: str) -> None:
    with contextlib.suppress(age.Error):
        age.parse_recipient(text)
    with contextlib.suppress(age.Error):
        age.parse_identity(text)
    with contextlib.suppress(age.Error):
        age.parse_identities(text)
    with contextlib.suppress(age.Error):
        age.Passphrase(text)
