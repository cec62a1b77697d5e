"""Every vector of the standard's kit gives exactly the outcome that it names. See vectors/README.md."""

import hashlib
import io
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from app import age
from app.age import header
from app.age.source import Reader

FILES = sorted(path for path in (Path(__file__).parent / "vectors").iterdir() if path.suffix != ".md")
VECTOR_COUNT = 143

FAILURES: dict[str, type[age.Error]] = {
    "no match": age.NoMatchError,
    "HMAC failure": age.MacError,
    "header failure": age.HeaderError,
    "payload failure": age.PayloadError,
    "armor failure": age.ArmorError,
}
KNOWN_KEYS = {"expect", "payload", "identity", "passphrase", "armored", "compressed", "file key", "comment"}


@dataclass(frozen=True)
class Vector:
    """`expect` is "success" or a key of `FAILURES`; `payload` the SHA-256 of all that may come out, also on failure."""

    expect: str
    payload: str | None
    identities: list[age.Identity]
    armored: bool
    file: bytes


@dataclass(frozen=True)
class Outcome:
    failure: type[age.Error] | None
    plaintext: bytes


def read_vector(path: Path) -> Vector:
    fields, _, file = path.read_bytes().partition(b"\n\n")
    pairs = [line.split(": ", 1) for line in fields.decode().splitlines()]
    known = dict(pairs)
    assert set(known) <= KNOWN_KEYS
    assert known.get("compressed", "zlib") == "zlib"
    return Vector(
        expect=known["expect"],
        payload=known.get("payload"),
        identities=[
            *(age.parse_identity(value) for key, value in pairs if key == "identity"),
            *(age.Passphrase(value) for key, value in pairs if key == "passphrase"),
        ],
        armored=known.get("armored") == "yes",
        file=zlib.decompress(file) if "compressed" in known else file,
    )


def open_vector(vector: Vector) -> Outcome:
    plaintext = io.BytesIO()
    try:
        age.decrypt_stream(io.BytesIO(vector.file), plaintext, vector.identities)
    except age.Error as error:
        return Outcome(type(error), plaintext.getvalue())
    return Outcome(None, plaintext.getvalue())


def test_the_kit_is_whole() -> None:
    assert len(FILES) == VECTOR_COUNT


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_vector_has_its_expected_outcome(path: Path) -> None:
    vector = read_vector(path)

    outcome = open_vector(vector)

    assert outcome.failure is (None if vector.expect == "success" else FAILURES[vector.expect])
    if vector.payload is None:
        assert vector.expect != "success"
        assert outcome.plaintext == b""
    else:
        assert hashlib.sha256(outcome.plaintext).hexdigest() == vector.payload


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_form_for_memory_agrees_with_the_form_for_files(path: Path) -> None:
    vector = read_vector(path)
    streamed = open_vector(vector)

    if streamed.failure is None:
        assert age.decrypt(vector.file, vector.identities) == streamed.plaintext
    else:
        with pytest.raises(age.Error) as raised:
            age.decrypt(vector.file, vector.identities)
        assert raised.type is streamed.failure


@pytest.mark.parametrize("path", [path for path in FILES if not read_vector(path).armored], ids=lambda path: path.name)
def test_a_header_that_parses_is_written_again_byte_for_byte(path: Path) -> None:
    vector = read_vector(path)

    try:
        head = header.read(Reader(io.BytesIO(vector.file)))
    except age.HeaderError:
        assert vector.expect == "header failure"
        return

    stanzas = b"".join(stanza.serialize() for stanza in head.stanzas)
    assert header.VERSION_LINE + b"\n" + stanzas + b"---" == head.authenticated


ARMORED = [path for path in FILES if (vector := read_vector(path)).armored and vector.expect == "success"]


@pytest.mark.parametrize("path", ARMORED, ids=lambda path: path.name)
def test_armor_that_opens_is_written_again_but_for_whitespace(path: Path) -> None:
    text = read_vector(path).file

    file = age.armor.decode(text)

    assert age.armor.encode(file).strip() == text.replace(b"\r\n", b"\n").strip()
