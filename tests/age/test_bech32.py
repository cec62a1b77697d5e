"""The checksum of a post-quantum recipient is computed by parities: it is the one of BIP 173, step by step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.age import bech32

LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
RECIPIENTS = st.binary(min_size=1216, max_size=1216)


def register(prefix: str, symbols: str) -> int:
    """BIP 173's `polymod`, a symbol at a time."""
    values = [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]
    checked = 1
    for value in values + [LETTERS.index(letter) for letter in symbols]:
        top = checked >> 25
        checked = (checked & 0x1FFFFFF) << 5 ^ value
        for bit, word in enumerate(GENERATOR):
            checked ^= word if top >> bit & 1 else 0
    return checked


@pytest.mark.parametrize("size", [0, 1, 32, 1215, 1216, 1217])
def test_what_is_written_has_the_checksum_of_the_standard(size: int) -> None:
    text = bech32.encode("age1pq", (bytes(range(256)) * 5)[:size])

    assert register("age1pq", text.removeprefix("age1pq1")) == 1


@given(RECIPIENTS)
def test_a_recipient_is_read_as_it_was_written(value: bytes) -> None:
    text = bech32.encode("age1pq", value)

    assert register("age1pq", text.removeprefix("age1pq1")) == 1
    assert bech32.decode("age1pq", text) == value


@given(RECIPIENTS, st.integers(0, 1951), st.integers(1, 31))
def test_one_changed_letter_of_a_recipient_is_noticed(value: bytes, place: int, change: int) -> None:
    symbols = bech32.encode("age1pq", value).removeprefix("age1pq1")
    other = LETTERS[LETTERS.index(symbols[place]) ^ change]

    with pytest.raises(ValueError, match="checksum"):
        bech32.decode("age1pq", f"age1pq1{symbols[:place]}{other}{symbols[place + 1 :]}")
