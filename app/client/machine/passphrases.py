"""The passphrase under which keys lie on a machine: the same from every keyboard, and not to be guessed."""

import unicodedata
from collections.abc import Iterable
from typing import Final

from app import age
from app.protocol.opaque_string import opaque

# Of zxcvbn's scores the highest: ten thousand million guesses, each of which is a run of scrypt.
_STRONG: Final = 4
# What zxcvbn reads; a longer passphrase is as strong as its beginning.
_READ: Final = 72


class WrongPassphrase(Exception):
    """This passphrase does not unlock these keys."""


class WeakPassphrase(ValueError):
    """This passphrase would be guessed by whoever takes the machine. The message does not repeat it."""


def decrypt(sealed: bytes, passphrase: str) -> bytes:
    """What an age file under this passphrase holds, whatever keyboard typed it. Raises `WrongPassphrase`.

    Files that stock age made, or that are older than this rule, lie under what their keyboard wrote.
    """
    for form in dict.fromkeys([opaque(passphrase), passphrase, unicodedata.normalize("NFD", passphrase)]):
        try:
            return age.decrypt(sealed, [age.Passphrase(form)])
        except (age.NoMatchError, age.IdentityError):
            continue
    raise WrongPassphrase("this passphrase does not unlock the keys")


def check_strength(passphrase: str, *, known: Iterable[str] = ()) -> None:
    """`known` are words that others would try first, like the person's handle. Raises `WeakPassphrase`."""
    from zxcvbn import zxcvbn  # with its lists of words it takes as long to import as half of a client

    result = zxcvbn(opaque(passphrase)[:_READ] or " ", list(known))  # it cannot read nothing
    if result["score"] < _STRONG:
        advice = [result["feedback"]["warning"], *result["feedback"]["suggestions"]]
        more = " ".join(each for each in advice if each)
        raise WeakPassphrase(
            f"this passphrase would be guessed. {more} Five words of no sentence are enough.".replace("  ", " ")
        )
