"""Text that others wrote, as a terminal can show it without being commanded by it, and as programs can read it."""

import json
import unicodedata
from typing import Final

# Commands, text that runs backwards, letters without a meaning that all agree on, and breaks of lines and paragraphs.
_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# What has no width though its category is that of a letter or a mark (`Default_Ignorable_Code_Point` of Unicode 16),
# and the blank of braille.
_HIDDEN_LETTERS: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
    + "".join(map(chr, range(0xE0100, 0xE01F0)))
)
_JOINERS: Final = frozenset("\u200c\u200d")
_VIRAMA: Final = 9  # the combining class of what joins two consonants of an Indic script
_SIGN: Final = "<U+"


def visible(text: str) -> str:
    """The text with every control, format, bidi and zero-width character written out, as in `<U+202E>`.

    A terminal would obey an escape sequence, and a reader be misled by text that runs backwards. Lines and tabs stay,
    and the joiners without which Persian and Indic scripts are misspelt, where these have them. Nothing gets lost: `<`
    is written out where it would begin such a sign.
    """
    if text.isascii() and text.isprintable() and _SIGN not in text:  # as nearly all is
        return text
    return "".join(
        f"<U+{ord(letter):04X}>" if _is_written_out(text, place) else letter for place, letter in enumerate(text)
    )


def on_one_line(text: str) -> str:
    """The same, with lines and tabs written out too."""
    return visible(text).replace("\n", "<U+000A>").replace("\t", "<U+0009>")


def json_line(value: object) -> str:
    """The value as JSON on one line, with the same characters escaped: whoever parses it gets them back."""
    # Outside strings JSON has none of them.
    return "".join(
        json.dumps(letter)[1:-1] if _is_hidden(letter) else letter for letter in json.dumps(value, ensure_ascii=False)
    )


def _is_written_out(text: str, place: int) -> bool:
    letter = text[place]
    if letter in _JOINERS:
        return not _joins(text[place - 1 : place], text[place + 1 : place + 2])
    if letter == "<":
        return text.startswith(_SIGN, place)
    return letter not in "\n\t" and _is_hidden(letter)


def _is_hidden(letter: str) -> bool:
    return letter in _HIDDEN_LETTERS or unicodedata.category(letter) in _HIDDEN_CATEGORIES


def _joins(before: str, after: str) -> bool:
    """Whether a joiner has a meaning between these two (RFC 5892, appendix A, for the scripts that are common)."""
    if not before or not after:
        return False
    return unicodedata.combining(before) == _VIRAMA or {*map(unicodedata.bidirectional, (before, after))} == {"AL"}
