"""Passwords and passphrases as RFC 8265 has them, so that two keyboards write the same one."""

import unicodedata


def opaque(text: str) -> str:
    """The profile OpaqueString (RFC 8265, section 4.2): every space is U+0020, composed as NFC; case stays."""
    spaces = "".join(" " if unicodedata.category(each) == "Zs" else each for each in text)
    return unicodedata.normalize("NFC", spaces)
