"""Text that strangers wrote, as a terminal can show it without being commanded by it."""

import unicodedata
from typing import Final

# Persian and several Indian scripts are misspelt without the two joiners, which command nothing.
_SHOWN_AS_THEY_ARE: Final = frozenset("\n\t\u200c\u200d")
_COMMANDS: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def visible(text: str) -> str:
    """The text with every control, format and bidi character written out, as in `<U+202E>`.

    A terminal would obey an escape sequence, and a reader be misled by text that runs backwards.
    """
    return "".join(f"<U+{ord(letter):04X}>" if _commands(letter) else letter for letter in text)


def _commands(letter: str) -> bool:
    return letter not in _SHOWN_AS_THEY_ARE and unicodedata.category(letter) in _COMMANDS
