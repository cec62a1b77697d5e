"""Passwords of sign-in (Argon2id, RFC 9106's second recommended parameters). They unlock no key."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from app.problems import Problem
from app.protocol.opaque_string import opaque

# So many are made at once in a process: each takes 64 MiB, and what reporters need runs beside it.
_AT_ONCE = BoundedSemaphore(2)
_RETRY_SECONDS = 1

# Every service's. Only a test hands another to its application, in Python: no setting can name a weaker one.
HASHER = PasswordHasher()


class SignInBusy(Problem):
    """Passwords are checked a few at a time. Try again after `retry_after_seconds`."""

    type, status, title = "sign-in-busy", 503, "Too many passwords are being checked; try again in a moment"

    def __init__(self, *, retry_after_seconds: int) -> None:
        super().__init__()
        self.members["retry_after_seconds"] = retry_after_seconds


def hash_(hasher: PasswordHasher, password: str) -> str:
    """Takes some 50 ms: call it outside a transaction.

    Raises `SignInBusy` rather than wait: a thread that waits here is one that reporters lack.
    """
    with _turn():
        return hasher.hash(opaque(password))


def matches(hasher: PasswordHasher, password: str, password_hash: str | None) -> bool:
    """Whether the password is the one that was hashed; never for None. Takes some 50 ms either way.

    Whoever calls it sees to it that few do at once.
    """
    try:
        hasher.verify(password_hash or nobody(hasher), opaque(password))
    except VerifyMismatchError:
        return False
    return password_hash is not None


@cache
def nobody(hasher: PasswordHasher) -> str:
    """Checked where there is no such person, so that the answer takes as long as for one that is there.

    Made when the application is: at the first sign-in it would double the time.
    """
    return hasher.hash("")


@contextmanager
def _turn() -> Iterator[None]:
    if not _AT_ONCE.acquire(blocking=False):
        raise SignInBusy(retry_after_seconds=_RETRY_SECONDS)
    try:
        yield
    finally:
        _AT_ONCE.release()
