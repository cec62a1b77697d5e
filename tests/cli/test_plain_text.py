"""What strangers wrote commands no terminal and misleads no reader."""

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.plain_text import json_line, on_one_line, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;owned\x07", "<U+001B>]0;owned<U+0007>"),
        ("photo\u202egpj.exe", "photo<U+202E>gpj.exe"),
        ("\u2066a\u2069\u200b", "<U+2066>a<U+2069><U+200B>"),
        ("one\rtwo\x9b2J", "one<U+000D>two<U+009B>2J"),
        ("a\u200cnna, a\u3164, \ufe0f, \U000e0041", "a<U+200C>nna, a<U+3164>, <U+FE0F>, <U+E0041>"),
        ("<U+202E>", "<U+003C>U+202E>"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "text", ["line\n\tline", "می\u200cخواهم", "क्\u200dष", "我被跟踪了", "Ça va, Ayşe?", "[bold] <b>"]
)
def test_what_people_write_is_left_as_it_is(text: str) -> None:
    assert visible(text) == text


@given(st.text())
def test_nothing_that_commands_is_left(text: str) -> None:
    left = set(visible(text)) - set("\n\t\u200c\u200d")

    assert not [letter for letter in left if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")]


@given(st.text())
def test_a_line_stays_one(text: str) -> None:
    assert not {"\n", "\t"} & set(on_one_line(text))


@given(st.text() | st.from_regex(r"(<|<U\+[0-9A-F]{4}>|\u202e)*"))
def test_what_is_written_out_can_be_read_back(text: str) -> None:
    signs = re.compile(r"<U\+([0-9A-F]+)>")

    assert signs.sub(lambda sign: chr(int(sign[1], 16)), visible(text)) == text


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_a_program_gets_what_was_written_on_a_line_that_commands_nothing(value: object) -> None:
    line = json_line(value)

    assert json.loads(line) == value
    assert visible(line).replace("<U+003C>", "<") == line
