"""What strangers wrote commands no terminal and misleads no reader."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.plain_text import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;owned\x07", "<U+001B>]0;owned<U+0007>"),
        ("photo\u202egpj.exe", "photo<U+202E>gpj.exe"),
        ("\u2066a\u2069\u200b", "<U+2066>a<U+2069><U+200B>"),
        ("one\rtwo\x9b2J", "one<U+000D>two<U+009B>2J"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("text", ["line\n\tline", "می\u200cخواهم", "我被跟踪了", "Ça va, Ayşe?", "[bold]"])
def test_what_people_write_is_left_as_it_is(text: str) -> None:
    assert visible(text) == text


@given(st.text())
def test_nothing_that_commands_is_left(text: str) -> None:
    left = set(visible(text)) - set("\n\t\u200c\u200d")

    assert not [letter for letter in left if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
