"""Passwords of sign-in (Argon2id, RFC 9106's second recommended parameters). They unlock no key."""

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

_HASHER = PasswordHasher()

# Checked where there is no such person, so that the answer takes as long as for one that is there.
_NOBODY = _HASHER.hash("")


def hash_(password: str) -> str:
    """Takes some 50 ms: call it outside a transaction."""
    return _HASHER.hash(password)


def matches(password: str, password_hash: str | None) -> bool:
    """Whether the password is the one that was hashed; never for None. Takes some 50 ms either way."""
    try:
        _HASHER.verify(password_hash or _NOBODY, password)
    except VerifyMismatchError:
        return False
    return password_hash is not None
