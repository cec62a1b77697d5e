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


def checksum(prefix: str, symbols: str) -> str:
    """The six symbols that make these a text whose checksum holds."""
    number = register(prefix, symbols + "qqqqqq") ^ 1
    return "".join(LETTERS[number >> 5 * (5 - place) & 31] for place in range(6))


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


@pytest.mark.parametrize("symbols", ["q", "qqq", "qqqqqq", "qp", "qqqp"])
def test_what_no_value_leaves_over_is_refused(symbols: str) -> None:
    """Five bits and more of padding, or some that are not zero, under a checksum that holds."""
    with pytest.raises(ValueError, match="padding"):
        bech32.decode("age", f"age1{symbols}{checksum('age', symbols)}")


def test_padding_has_four_bits_at_most() -> None:
    assert bech32.decode("age", f"age1qqqq{checksum('age', 'qqqq')}") == bytes(2)


def test_a_checksum_has_six_symbols() -> None:
    assert register("s", "vcsyn") == 1

    with pytest.raises(ValueError, match="character"):
        bech32.decode("s", "s1vcsyn")


@pytest.mark.parametrize(("letter", "other"), [("t", "b"), ("j", "i"), ("c", "o"), ("p", "1")])
def test_no_letter_is_read_as_another(letter: str, other: str) -> None:
    text = bech32.encode("age", bytes.fromhex("00443214c74254b635cf84653a56d7c675be77df"))  # each letter once
    place = text.index(letter, 4)

    with pytest.raises(ValueError, match="character"):
        bech32.decode("age", text[:place] + other + text[place + 1 :])
