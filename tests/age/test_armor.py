import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import age

IDENTITY = age.generate()
FILE = age.encrypt(b"words" * 100, [IDENTITY.recipient])
ARMORED = age.armor.encode(FILE)


@given(file=st.binary(max_size=200))
def test_armor_survives(file: bytes) -> None:
    assert age.armor.decode(age.armor.encode(file)) == file


@pytest.mark.parametrize("size", [200_000, 49_152, 49_151])
def test_armor_survives_in_more_than_one_block(size: int) -> None:
    plaintext = os.urandom(size)

    armored = age.armor.encode(age.encrypt(plaintext, [IDENTITY.recipient]))

    assert age.decrypt(armored, [IDENTITY]) == plaintext


def test_armor_is_recognised() -> None:
    assert age.decrypt(ARMORED, [IDENTITY]) == age.decrypt(FILE, [IDENTITY])


@pytest.mark.parametrize(
    "text",
    [
        b"Dear friend,\n" + ARMORED,
        ARMORED + b"Yours",
        ARMORED.replace(b"\n", b" \n"),
        ARMORED.replace(b"BEGIN AGE", b"BEGIN PGP"),
        ARMORED.replace(b"-----END AGE", b"-----END"),
        ARMORED.replace(b"=\n", b"\n"),
        ARMORED.replace(b"\n", b"\r"),
        b" " * 2000 + ARMORED.replace(b"\n", b""),
    ],
)
def test_what_mail_does_to_armor_is_an_armor_error(text: bytes) -> None:
    with pytest.raises(age.ArmorError):
        age.armor.decode(text)


def test_a_line_without_end_is_not_gathered() -> None:
    with pytest.raises(age.ArmorError, match="too long"):
        age.armor.decode(age.armor.BEGIN + b"\n" + b"A" * 1_000_000)


def test_a_last_line_of_spaces_may_have_1024() -> None:
    assert age.armor.decode(ARMORED + b" " * 1024) == FILE

    with pytest.raises(age.ArmorError, match="too long"):
        age.armor.decode(ARMORED + b" " * 1025)


def test_no_line_is_read_before_it_is_asked_for() -> None:
    unarmored = age.armor.Unarmored(io.BytesIO(age.armor.BEGIN + b"\n" + b"A" * 64 + b"\n?\n"))

    assert unarmored.read(48) == bytes(48)
    with pytest.raises(age.ArmorError):
        unarmored.read(1)


def test_a_file_that_is_not_armored_may_have_dashes() -> None:
    assert not age.armor.is_armored(b"age-encryption.org/v1\n-> an-----argument\n\n")
    assert age.armor.is_armored(b"Dear friend,\n-----BEGIN")
